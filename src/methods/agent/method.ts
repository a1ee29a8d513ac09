import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import { costsOf, type Costs } from '../budgets.ts';
import { imagesOf } from '../images.ts';
import type { Sweep } from '../rl/sweep.ts';
import type { Snapshot } from '../../runtime/types.ts';
import type { Method, MethodContext, MethodEvent, MethodImages, Outcome } from '../types.ts';
import { Agent } from './agent.ts';
import { NetworkEnvironment } from './network-environment.ts';
import { sweepOf } from './rules.ts';
import { greedy, learn, play, type Played } from './rounds.ts';
import { agentSettings, parseAgentSettings, type AgentMethodSettings } from './settings.ts';
import { joinSnapshots, splitSnapshot, type AgentRunState, type Chosen } from './state.ts';
import { WeightTraining } from './weights.ts';
import { agentWork } from './work.ts';
import type { Architecture, Candidate, KeptChannels } from '../../terms/candidates.ts';
import type { Stage } from '../../terms/stages.ts';

type Events<T> = AsyncGenerator<MethodEvent, T, void>;

/** Joint training and pruning with a learnable agent (Ganjdanesh, Gao, Huang: CVPR 2024, arXiv 2403.19490). */
export const agent: Method<AgentMethodSettings> = {
  name: 'agent',
  summary:
    'a learnable agent that prunes the network while it is trained, and aligns the weights to its choice',
  needsImages: true,
  weights: 'joint',
  settings: agentSettings,
  raced: ({ raced }) => raced,
  work: agentWork,
  async *run(context) {
    const images = imagesOf(context, 'agent');
    if (images.set.validation.size === 0)
      throw new InputError('the method agent needs validation images to score on');
    return yield* search(context, images, networkWorld);
  },
};

/** What choices are cut from and scored in. */
export interface World {
  readonly training: Pick<WeightTraining, 'epoch' | 'snapshot' | 'distance' | 'dispose'>;
  readonly environment: Pick<NetworkEnvironment, 'sweep' | 'reward' | 'accuracy' | 'kept' | 'cut' | 'moved'>;
}

/** A whole run of the method. `worldOf`: the network in training, or a table of accuracies (bench/search.ts). */
export async function* search(
  context: MethodContext,
  images: MethodImages,
  worldOf: (...given: Parameters<typeof networkWorld>) => World,
): AsyncGenerator<MethodEvent, Outcome, void> {
  const run = new AgentRun(context, images, parseAgentSettings(context.settings), worldOf);
  try {
    return yield* run.stages();
  } finally {
    await run.dispose();
  }
}

function networkWorld(
  context: MethodContext,
  images: MethodImages,
  settings: AgentMethodSettings,
  sweep: Sweep,
  { root, chosen }: AgentRunState,
  from: Snapshot | undefined,
): World {
  const training = new WeightTraining(context, images, settings, root, from, chosen?.kept);
  const environment = new NetworkEnvironment(context, images, training, sweep, settings, root);
  return { training, environment };
}

/** One run through its stages: warm-up, filling the buffer, joint epochs, aligned epochs. */
class AgentRun {
  private readonly state: AgentRunState;
  private readonly costs: Costs;
  private readonly sweep: Sweep;
  private readonly agent: Agent;
  private readonly training: World['training'];
  private readonly environment: World['environment'];

  constructor(
    context: MethodContext,
    images: MethodImages,
    private readonly settings: AgentMethodSettings,
    worldOf: (...given: Parameters<typeof networkWorld>) => World,
  ) {
    this.costs = costsOf(context.graph, context.dependencies, context.budgets);
    // refuses what can't be reached, before anything is trained
    this.sweep = sweepOf(context, this.costs, settings);
    const resumed = context.resume && splitSnapshot(context.resume);
    this.state = resumed?.state ?? {
      kind: 'agent-method',
      root: [...context.random.state],
      epoch: 0,
      filled: 0,
      rounds: 0,
      round: null,
      candidates: 0,
      chosen: null,
    };
    const { root } = this.state;
    const random = new Random(root).fork('agent');
    const hidden = [settings.hidden, settings.hidden];
    this.agent = new Agent(this.sweep, settings.joint + 1, { ...settings, hidden }, random);
    if (resumed) this.agent.restore(resumed.agent);
    const world = worldOf(context, images, settings, this.sweep, this.state, resumed?.training);
    this.training = world.training;
    this.environment = world.environment;
  }

  async *stages(): Events<Outcome> {
    const { state, settings } = this;
    const joint = settings.warmUp + settings.joint;
    const total = joint + settings.align;
    if (state.epoch === 0 && settings.warmUp > 0)
      yield this.stage('warm-up', `training the whole network for ${epochs(settings.warmUp)}`);
    while (state.epoch < settings.warmUp) yield* this.weights();
    if (state.filled === 0 && !state.round && settings.fill > 0)
      yield this.stage('fill', `${settings.fill * settings.episodes} random episodes, for a start`);
    while (state.filled < settings.fill) yield* this.fill();
    if (state.epoch === settings.warmUp && state.rounds === 0 && !state.round)
      yield this.stage(
        'joint',
        `training agent and weights in turn for ${epochs(settings.joint)}, ${settings.episodes} episodes each`,
      );
    while (state.epoch < joint) {
      if (state.rounds <= state.epoch - settings.warmUp) yield* this.round();
      yield* this.weights();
    }
    if (state.epoch === joint && settings.align > 0)
      yield this.stage(
        'align',
        `aligning the weights to the chosen sub-network for ${epochs(settings.align)}`,
      );
    while (state.epoch < total) yield* this.weights();
    return yield* this.outcome();
  }

  /** An epoch of weights: plain before anything is chosen, then aligned. */
  private async *weights(): Events<void> {
    const { state, settings, training, environment } = this;
    const aligning = state.epoch >= settings.warmUp + settings.joint;
    const rest = !aligning
      ? undefined
      : settings.alignCut
        ? ('cut' as const)
        : settings.hardZero
          ? ('zeroed' as const)
          : undefined;
    const towards = state.chosen ? { kept: state.chosen.kept, rest } : undefined;
    for await (const event of training.epoch(towards)) {
      if (event.type === 'loss') {
        state.epoch++;
        const value = training.distance;
        if (value !== undefined) yield { type: 'metric', name: 'alignment', step: state.epoch, value };
      }
      yield event.type === 'checkpoint' ? this.checkpoint() : event;
    }
    environment.moved();
  }

  /** A round of random episodes; the weights are as they were, so all of them are of one epoch. */
  private async *fill(): Events<void> {
    const { state, agent } = this;
    if (state.filled === 0 && !state.round) agent.begin();
    yield* this.episodes('random', 'fill', state.filled, this.settings.fill);
    state.round = null;
    state.filled++;
    yield this.checkpoint();
  }

  /** The agent's part of a joint epoch: episodes, updates, and the choice of a sub-network. */
  private async *round(): Events<void> {
    const { state, agent, settings } = this;
    const step = state.rounds + 1;
    if (!state.round) agent.begin();
    const played = yield* this.episodes('sampled', 'episodes', state.rounds, settings.joint);
    const updates = learn(agent, settings);
    let learned = await updates.next();
    for (; !learned.done; learned = await updates.next())
      yield { type: 'progress', stage: 'agent', ...learned.value, unit: 'updates' };
    const chosen = yield* this.choose(played);
    state.chosen = chosen;
    state.round = null;
    state.rounds++;
    const mean = played.reduce((sum, { reward }) => sum + reward, 0) / Math.max(1, played.length);
    const values: Record<string, number | undefined> = {
      // what the policy's episodes came to, and what the chosen sub-network did: one chart
      'reward:episodes': mean,
      'reward:choice': chosen.accuracy / 100,
      cost: this.costs.used(chosen.architecture),
      ...learned.value,
    };
    for (const [name, value] of Object.entries(values))
      if (value !== undefined) yield { type: 'metric', name, step, value };
    yield { type: 'widths', step, architecture: chosen.architecture };
    yield { type: 'generation', generation: step - 1, best: chosen.id, reward: chosen.accuracy / 100 };
    yield this.checkpoint();
  }

  /** The rest of a round's episodes; returns all of them. */
  private async *episodes(
    manner: 'random' | 'sampled',
    stage: Stage,
    rounds: number,
    of: number,
  ): Events<readonly Played[]> {
    const { state, settings, agent, environment } = this;
    const round = (state.round ??= []);
    while (round.length < settings.episodes) {
      const { architecture, reward } = await play(agent, environment, manner);
      round.push({ architecture: [...architecture], reward });
      yield this.candidate(manner === 'random' ? 'random' : 'policy', architecture, 100 * reward).event;
      const done = rounds * settings.episodes + round.length;
      yield { type: 'progress', stage, done, total: of * settings.episodes, unit: 'episodes' };
      yield this.checkpoint();
    }
    return round;
  }

  /**
   * The sub-network to align to: the policy's own; or the best of that, of this round's, and of the last choice, all
   * scored with the weights as they are now, since an old score would favour whatever was scored last.
   */
  private async *choose(played: readonly Played[]): Events<Chosen> {
    const { state, settings, agent, environment } = this;
    const own = greedy(agent, environment);
    const options: { origin: string; architecture: Architecture }[] = [
      { origin: 'greedy', architecture: own },
    ];
    if (settings.select === 'best') {
      if (state.chosen) options.unshift({ ...state.chosen, origin: 'incumbent' });
      const best = [...played].sort((a, b) => b.reward - a.reward)[0];
      if (best) options.push({ origin: 'policy', architecture: best.architecture });
    }
    let chosen: Chosen | undefined;
    for (const { origin, architecture } of options) {
      const kept = environment.kept(architecture);
      const accuracy = await environment.accuracy(kept);
      const { event, id } = this.candidate(origin, architecture, accuracy);
      yield event;
      if (!chosen || accuracy > chosen.accuracy)
        chosen = { id, origin, architecture: [...architecture], kept: kept.map((c) => [...c]), accuracy };
    }
    return chosen!;
  }

  private candidate(
    origin: string,
    architecture: Architecture,
    accuracy: number,
  ): { id: number; event: MethodEvent } {
    const kept = this.environment.kept(architecture);
    const candidate = this.describe(this.state.candidates++, origin, architecture, kept, accuracy);
    return { id: candidate.id, event: { type: 'candidate', candidate } };
  }

  private describe(
    id: number,
    origin: string,
    architecture: Architecture,
    kept: KeptChannels,
    accuracy: number,
  ): Candidate {
    return {
      id,
      origin,
      architecture,
      kept,
      cost: this.costs.cost(architecture),
      accuracies: { recalibrated: accuracy },
      reward: accuracy / 100,
    };
  }

  /** The chosen sub-network, cut from the weights as they ended up. */
  private async *outcome(): Events<Outcome> {
    const { state, environment, costs } = this;
    const { architecture, kept } = state.chosen!;
    if (costs.used(architecture) > 1) throw new Error('the chosen sub-network is over its budget');
    const { weights, accuracy } = await environment.cut(kept);
    const chosen = this.describe(state.candidates, 'greedy', architecture, kept, accuracy);
    yield { type: 'candidate', candidate: chosen };
    const race = { finalists: [chosen], nextId: state.candidates + 1 };
    return { chosen, weights, ...(this.settings.raced ? { race } : {}) };
  }

  private stage(stage: Stage, message: string): MethodEvent {
    return { type: 'stage', stage, message };
  }

  private checkpoint(): MethodEvent {
    const { state, agent, training } = this;
    return {
      type: 'checkpoint',
      take: () => joinSnapshots(state, agent.snapshot(), training.snapshot()),
    };
  }

  async dispose(): Promise<void> {
    await this.training.dispose();
  }
}

function epochs(count: number): string {
  return `${count} ${count === 1 ? 'epoch' : 'epochs'}`;
}
