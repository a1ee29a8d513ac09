import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import type { Random } from '../../graph/random.ts';
import type { Snapshot } from '../../runtime/types.ts';
import type { BudgetRange } from '../rl/budget-range.ts';
import type { Bounds, Sweep } from '../rl/sweep.ts';
import { Replay, type Episode, type RewardScale, type Step } from './learner/replay.ts';
import { Representation } from './learner/representation.ts';
import { Sac, type SacLosses, type SacSettings } from './learner/sac.ts';
import { randomState } from '../random-state.ts';
import type { Occasion } from './learner/sac.ts';

export interface AgentSettings extends SacSettings {
  /** whether there is an environment representation; without one z is zeros */
  readonly representation: boolean;
  /** length of embeddings and of z */
  readonly embedding: number;
  readonly decoderRate: number;
  /** what the decoder reconstructs: the outcome from the last action, or from every action of an episode */
  readonly decoderTargets: Occasion;
  /** epochs that the decoder's gradients go back through */
  readonly window: number;
  /** transitions in a mini-batch, and in the replay buffer */
  readonly agentBatch: number;
  readonly replay: number;
  readonly rewardScale: RewardScale;
}

/** How actions of an episode are found. */
export type Manner = 'random' | 'sampled' | 'greedy';

const word = z.number().int().min(0);
const stateSchema = z.object({
  kind: z.literal('agent'),
  random: randomState,
  replay: z.object({ added: word }),
  sac: z.object({ actorSteps: word, criticSteps: word }),
  representation: z.object({ epochs: word, steps: word }),
});

/** What an action's bounds add to a sweep's state: the policy's map depends on them. */
export const BOUNDS = 2;

/**
 * The pruning agent (docs/methods/agent.md): runs episodes over a sweep, remembers what came of them, and learns. It
 * knows nothing of networks: rewards come from outside, and `begin` says that the world has moved on.
 */
export class Agent {
  readonly sac: Sac;
  readonly representation: Representation;
  readonly replay: Replay;
  private readonly random: Random;

  /**
   * @param epochs how often `begin` will be called at most
   * @param range of budgets that it serves; absent: the sweep's own alone
   * @param own the sweep's budget, as a share of the range's goal
   */
  constructor(
    private readonly sweep: Sweep,
    epochs: number,
    private readonly settings: AgentSettings,
    random: Random,
    private readonly range?: BudgetRange,
    private readonly own = 1,
  ) {
    this.random = random;
    const features = sweep.features + BOUNDS + (range ? 1 : 0);
    this.sac = new Sac(
      features,
      settings.embedding,
      sweep.length,
      settings,
      random.fork('actor and critics'),
    );
    this.representation = new Representation(features, epochs, settings, random.fork('representation'));
    this.replay = new Replay(sweep.length, features, settings.replay);
  }

  /** A new epoch: the network that rewards come from has changed since the last. */
  begin(): void {
    this.representation.begin(this.random);
  }

  private get epoch(): number {
    return this.representation.state.epochs - 1;
  }

  /** The next episode's budget, as a share of the goal's: drawn anew where there is a range. */
  budget(): number {
    return this.range ? this.range.draw(this.random) : this.own;
  }

  /** One episode. @param budget a share of the goal's; the sweep's own by default */
  rollout(manner: Manner, budget = this.own): Episode {
    const sweep = this.sweep.within(budget / this.own);
    const decided: number[] = [];
    const steps: Step[] = [];
    const z = this.zOf([this.epoch]);
    const seen = (bounds: Bounds) => this.observe(sweep, decided, bounds, budget);
    while (decided.length < sweep.length) {
      const bounds = sweep.bounds(decided);
      const state = seen(bounds);
      const ratio = this.choose(manner, state, z, bounds);
      const width = sweep.width(decided.length, ratio, bounds);
      // as it is carried out: whole widths are all that critics ever see
      steps.push({ state, bounds, action: sweep.ratio(decided.length, width) });
      decided.push(width);
    }
    return { steps, last: seen({ low: 0, high: 0 }), decided };
  }

  private choose(manner: Manner, state: Float32Array, z: Float32Array, bounds: Bounds): number {
    if (manner === 'random') return bounds.low + this.random.uniform() * (bounds.high - bounds.low);
    return this.sac.act(state, z, bounds, manner === 'greedy' ? 0 : this.random.normal());
  }

  private observe(
    sweep: Sweep,
    decided: readonly number[],
    { low, high }: Bounds,
    budget: number,
  ): Float32Array {
    const place = this.range ? [this.range.place(budget)] : [];
    return Float32Array.from([...sweep.state(decided), low, high, ...place]);
  }

  /** Keeps an episode of this epoch with its reward, and what the uniform network of its budget has there. */
  remember(episode: Episode, reward: number, uniform = 0): void {
    this.replay.add(episode, reward, this.epoch, uniform);
  }

  /** One update of decoder, recurrent model and embeddings. @returns the error of reconstruction, 1: knows nothing */
  learnRepresentation(): number {
    const { settings, replay, random } = this;
    const outcomes = replay.scaled(settings.rewardScale === 'plain' ? 'plain' : 'standard');
    const batch = replay.sample(
      settings.agentBatch,
      outcomes,
      random,
      settings.decoderTargets === 'terminal',
    );
    return this.representation.update({ ...batch, reward: batch.outcome });
  }

  /** One update of actor and critics. */
  learnPolicy(): SacLosses {
    const { settings, replay, random } = this;
    const batch = replay.sample(settings.agentBatch, replay.scaled(settings.rewardScale), random);
    return this.sac.update(batch, this.zOf(batch.epoch), random);
  }

  /** z of each of these epochs, [epochs, size], as numbers without a past. */
  private zOf(epochs: ArrayLike<number>): Float32Array {
    const { size } = this.representation;
    const result = new Float32Array(epochs.length * size);
    if (!this.settings.representation) return result;
    const all = this.representation.all();
    for (let i = 0; i < epochs.length; i++)
      result.set(all.subarray(epochs[i] * size, (epochs[i] + 1) * size), i * size);
    return result;
  }

  /** Everything that further episodes and updates depend on. */
  snapshot(): Snapshot {
    const { sac, representation, replay, random } = this;
    const arrays = new Map<string, Float32Array>();
    for (const [part, saved] of Object.entries({ sac, representation, replay }))
      for (const [name, values] of saved.save()) arrays.set(`${part}/${name}`, values);
    const json: z.infer<typeof stateSchema> = {
      kind: 'agent',
      random: [...random.state],
      replay: replay.state,
      sac: sac.state,
      representation: representation.state,
    };
    return { json, arrays };
  }

  /** Back to a snapshot, bit for bit. @throws InputError where it is of another agent */
  restore({ json, arrays }: Snapshot): void {
    const state = stateSchema.safeParse(json);
    if (!state.success) throw new InputError('the checkpoint is not one of an agent');
    const part = (name: string) =>
      new Map(
        [...arrays].flatMap(([key, values]) =>
          key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), values] as const] : [],
        ),
      );
    this.sac.restore(state.data.sac, part('sac'));
    this.representation.restore(state.data.representation, part('representation'));
    this.replay.restore(state.data.replay, part('replay'));
    this.random.state = state.data.random;
  }
}
