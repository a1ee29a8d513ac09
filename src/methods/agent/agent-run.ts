import { Random } from '../../graph/random.ts';
import { costsOf, type Costs } from '../budgets.ts';
import { BudgetRange } from '../rl/budget-range.ts';
import type { Sweep } from '../rl/sweep.ts';
import type { Snapshot } from '../../runtime/types.ts';
import type { MethodContext, MethodEvent, MethodImages, Outcome } from '../types.ts';
import { Agent } from './agent.ts';
import { finalists, type Option } from './finalists.ts';
import { sweepOf, uniformOf } from './rules.ts';
import { greedy, learn, play, type Played } from './rounds.ts';
import type { AgentMethodSettings } from './settings.ts';
import {
  joinSnapshots,
  newRunState,
  pointState,
  splitSnapshot,
  type AgentRunState,
  type Chosen,
} from './state.ts';
import type { World, WorldOf } from './world.ts';
import type { Architecture, Candidate, KeptChannels } from '../../terms/candidates.ts';
import type { Stage } from '../../terms/stages.ts';

type Events<T> = AsyncGenerator<MethodEvent, T, void>;

/** One run through its stages: warm-up, filling the buffer, joint epochs, the best of the finalists, aligned epochs. */
export class AgentRun {
  private readonly state: AgentRunState;
  private readonly costs: Costs;
  private readonly sweep: Sweep;
  private readonly agent: Agent;
  private readonly training: World['training'];
  private readonly environment: World['environment'];
  /** the budgets of all points, where one policy serves them */
  private readonly range: BudgetRange | undefined;
  /** a cheaper point, for which there is nothing left to learn */
  private readonly point: boolean;
  /** of the own budget, and of the points' */
  private readonly uniform: readonly Architecture[];

  constructor(
    context: MethodContext,
    images: MethodImages,
    private readonly settings: AgentMethodSettings,
    worldOf: WorldOf,
  ) {
    this.costs = costsOf(context.graph, context.dependencies, context.budgets);
    // refuses what can't be reached, before anything is trained
    this.sweep = sweepOf(context, this.costs, settings);
    const curve = settings.onePolicy ? context.curve : undefined;
    this.range = BudgetRange.of(curve);
    this.point = curve?.learned !== undefined;
    const shares = this.point ? [1] : (this.range?.shares ?? [1]);
    this.uniform = shares.map((share) => uniformOf(context, this.costs, share));
    const from = context.resume ?? curve?.learned;
    const resumed = from && splitSnapshot(from);
    this.state = !resumed
      ? newRunState([...context.random.state])
      : context.resume
        ? resumed.state
        : pointState(resumed.state);
    const { root } = this.state;
    const random = new Random(root).fork('agent');
    const hidden = [settings.hidden, settings.hidden];
    const learner = { ...settings, hidden };
    this.agent = new Agent(this.sweep, settings.joint + 1, learner, random, this.range, curve?.share);
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
    if (!state.settled) yield* this.settle();
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
        state.uniform = null;
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
    yield* this.compare();
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
    yield* this.compare();
    const played = yield* this.episodes('sampled', 'episodes', state.rounds, settings.joint);
    const updates = learn(agent, settings);
    let learned = await updates.next();
    for (; !learned.done; learned = await updates.next())
      yield { type: 'progress', stage: 'agent', ...learned.value, unit: 'updates' };
    const chosen = yield* this.choose(played);
    if (state.chosen) this.keepEarlier(state.chosen);
    state.chosen = chosen;
    state.round = null;
    state.rounds++;
    const mean = played.reduce((sum, { reward }) => sum + reward, 0) / Math.max(1, played.length);
    const values: Record<string, number | undefined> = {
      // what the policy's episodes came to, what the chosen sub-network did, and the uniform one: one chart
      'reward:episodes': mean,
      'reward:choice': chosen.accuracy / 100,
      'reward:uniform': state.uniform?.[0],
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
    const known = state.uniform;
    const uniform = known ? (budget: number) => this.range?.between(known, budget) ?? known[0] : undefined;
    while (round.length < settings.episodes) {
      const { architecture, reward } = await play(agent, environment, manner, uniform);
      round.push({ architecture: [...architecture], reward });
      yield this.candidate(manner === 'random' ? 'random' : 'policy', architecture, 100 * reward).event;
      const done = rounds * settings.episodes + round.length;
      yield { type: 'progress', stage, done, total: of * settings.episodes, unit: 'episodes' };
      yield this.checkpoint();
    }
    return round;
  }

  /** What the uniform networks come to at the weights as they are: what the epoch's rewards are compared with. */
  private async *compare(): Events<void> {
    const { state, settings, environment } = this;
    if (state.uniform || (settings.rewardScale !== 'uniform' && settings.select !== 'best')) return;
    const rewards: number[] = [];
    for (const architecture of this.uniform) {
      const { accuracy } = await environment.score(environment.kept(architecture));
      yield this.candidate('uniform', architecture, accuracy).event;
      rewards.push(accuracy / 100);
    }
    state.uniform = rewards;
  }

  private keepEarlier({ origin, architecture }: Chosen): void {
    const { state, settings } = this;
    const others = state.earlier.filter((one) => one.architecture.join() !== architecture.join());
    state.earlier = [{ origin, architecture: [...architecture] }, ...others].slice(0, settings.finalists);
  }

  /**
   * The sub-network to align to: the policy's own; or the best of that, of this round's, of the uniform one, and of the
   * last choice, all scored with the weights as they are now, since an old score would favour whatever was scored last.
   */
  private async *choose(played: readonly Played[]): Events<Chosen> {
    const { state, settings, agent, environment } = this;
    const learned = settings.widths === 'learned';
    const options = [learned ? { origin: 'greedy', architecture: greedy(agent, environment) } : this.given()];
    if (learned && settings.select === 'best') {
      if (state.chosen) options.unshift({ ...state.chosen, origin: 'incumbent' });
      const best = [...played].sort((a, b) => b.reward - a.reward)[0];
      if (best) options.push({ origin: 'policy', architecture: best.architecture });
      options.push({ origin: 'uniform', architecture: this.uniform[0] });
    }
    let chosen: Chosen | undefined;
    for (const { origin, architecture } of options) {
      const kept = environment.kept(architecture);
      const { accuracy } = await environment.score(kept);
      const { event, id } = this.candidate(origin, architecture, accuracy);
      yield event;
      if (!chosen || accuracy > chosen.accuracy)
        chosen = { id, origin, architecture: [...architecture], kept: kept.map((c) => [...c]), accuracy };
    }
    return chosen!;
  }

  /** The end of the search: of the last choice, those before and the uniform network, the one of the lowest loss now. */
  private async *settle(): Events<void> {
    const { state, settings, agent, environment } = this;
    if (this.range && !this.point) yield { type: 'learned', take: () => this.snapshot() };
    const all = { agent, environment, settings, uniform: this.uniform[0] };
    const { chosen, earlier } = state;
    const options = settings.widths === 'learned' ? finalists({ ...all, chosen, earlier }) : [];
    if (options.length > 1) {
      const message = `choosing among ${options.length} networks by their loss on the same validation images`;
      yield this.stage('finalists', message);
    }
    let best: { option: Option; id: number; accuracy: number; loss: number } | undefined;
    for (const option of options) {
      const { accuracy, loss } = await environment.score(option.kept);
      const { event, id } = this.candidate(option.origin, option.architecture, accuracy, option.kept);
      yield event;
      if (!best || loss < best.loss || Number.isNaN(best.loss)) best = { option, id, accuracy, loss };
    }
    if (best) {
      const { id, accuracy, option } = best;
      const { origin, architecture, kept } = option;
      state.chosen = {
        ...{ id, origin, accuracy },
        architecture: [...architecture],
        kept: kept.map((c) => [...c]),
      };
    }
    state.settled = true;
    yield this.checkpoint();
  }

  /** What the agent's choice is compared with: the same in every round. */
  private given(): { origin: string; architecture: Architecture } {
    const { settings, state, uniform, agent, environment } = this;
    if (settings.widths === 'uniform') return { origin: 'uniform', architecture: uniform[0] };
    const drawn = () => environment.sweep.architecture(agent.rollout('random').decided);
    return { origin: 'random', architecture: state.chosen?.architecture ?? drawn() };
  }

  private candidate(
    origin: string,
    architecture: Architecture,
    accuracy: number,
    kept = this.environment.kept(architecture),
  ): { id: number; event: MethodEvent } {
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
    const { origin, architecture, kept } = state.chosen!;
    if (costs.used(architecture) > 1) throw new Error('the chosen sub-network is over its budget');
    const { weights, accuracy } = await environment.cut(kept);
    const chosen = this.describe(state.candidates, origin, architecture, kept, accuracy);
    yield { type: 'candidate', candidate: chosen };
    const race = { finalists: [chosen], nextId: state.candidates + 1 };
    return { chosen, weights, ...(this.settings.raced ? { race } : {}) };
  }

  private stage(stage: Stage, message: string): MethodEvent {
    return { type: 'stage', stage, message };
  }

  private checkpoint(): MethodEvent {
    return { type: 'checkpoint', take: () => this.snapshot() };
  }

  private snapshot(): Snapshot {
    return joinSnapshots(this.state, this.agent.snapshot(), this.training.snapshot());
  }

  async dispose(): Promise<void> {
    await this.training.dispose();
  }
}

function epochs(count: number): string {
  return `${count} ${count === 1 ? 'epoch' : 'epochs'}`;
}
