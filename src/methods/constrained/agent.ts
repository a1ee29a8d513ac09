import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { Adam } from '../rl/adam.ts';
import { Mlp } from '../rl/mlp.ts';
import { parameter, restoreParameters, saveParameters } from '../rl/parameter.ts';
import { advantages } from './learner/advantages.ts';
import { bernoulli, clipped, mask, squashed } from './learner/distribution.ts';
import type { Distribution, RatioPolicy } from './learner/distribution.ts';
import type { Actions, Environment, Evaluation } from './environment.ts';
import { Multiplier, multiplierSchema } from './learner/multiplier.ts';
import type { MultiplierSettings } from './learner/multiplier.ts';
import { outputOf, ppo } from './learner/ppo.ts';
import type { Networks, PpoSettings, PpoStats } from './learner/ppo.ts';
import { Running, runningSchema } from './learner/running.ts';
import { randomState } from '../random-state.ts';

export interface AgentSettings extends PpoSettings, MultiplierSettings {
  readonly policy: RatioPolicy;
  /** width of the two hidden layers of policy and critics */
  readonly hidden: number;
  /** log of the Gaussian's deviation at the start */
  readonly logSigma: number;
  readonly updates: number;
  readonly episodesPerUpdate: number;
  readonly gamma: number;
  readonly lambda: number;
  readonly costGamma: number;
  readonly costLambda: number;
  /** observations get mean 0 and deviation 1 by what was seen so far (the paper) */
  readonly normaliseObservations: boolean;
}

const episodeSchema = z.strictObject({
  raw: z.array(z.array(z.number())),
  reward: z.number(),
  /** by the whole limits, whatever share of them the episode's budget is */
  costs: z.array(z.number().nullable()),
  /** of several budgets that are served, and the uniform network's reward there */
  budget: z.number().optional(),
  uniform: z.number().optional(),
});
type Episode = z.infer<typeof episodeSchema>;

const stateSchema = z.strictObject({
  kind: z.literal('ppo-lagrangian'),
  random: randomState,
  update: z.number().int().min(0),
  optimizerSteps: z.number().int().min(0),
  /** of the rollout under way */
  episodes: z.array(episodeSchema),
  multipliers: z.array(multiplierSchema),
  observations: runningSchema,
  /** of the discounted sums of the reward, and of every cost */
  returns: z.array(runningSchema),
});

/** What one update came to. */
export interface UpdateStats {
  readonly update: number;
  /** means over the episodes that ended well; NaN where there was none */
  readonly reward: number;
  readonly costs: readonly number[];
  readonly multipliers: readonly number[];
  readonly entropy: number;
  readonly kl: number;
  readonly stopped: boolean;
  /** episodes whose cost could not be measured: they teach nothing */
  readonly failed: number;
}

/** Scaled rewards and observations are cut off here (the paper). */
const FAR = 10;

/**
 * The learner: `propose` gives an episode's actions, `tell` takes what they came to, until `done`. Knows nothing of
 * networks or images. The policy changes after every whole number of episodes, so that all decisions count equally
 * often; multipliers follow the mean cost of whole episodes (docs/methods/constrained.md, "Update"). No gradient of a
 * cost enters anywhere.
 */
export class Agent {
  private readonly networks: Networks;
  private readonly distribution: Distribution;
  private readonly priors: (budget: number) => Float64Array[];
  private random: Random;
  private updateCount = 0;
  private episodes: Episode[] = [];
  private multipliers: Multiplier[];
  private observations: Running;
  private returns: Running[];
  private proposed: Float64Array[] | null = null;
  private drawn = 1;

  constructor(
    private readonly environment: Environment,
    private readonly settings: AgentSettings,
    random: Random,
  ) {
    const { features, limits, decisions, granularity } = environment;
    if (decisions === 0) throw new InputError('no channel of this network can be removed');
    const { hidden, rate } = settings;
    this.random = new Random(random.state).fork('episodes');
    const init = new Random(random.state).fork('policy');
    const widest = Math.max(...Array.from({ length: decisions }, (_, d) => environment.size(d)));
    const net = (name: string, outputs: number, last: number) =>
      new Mlp(name, [features, hidden, hidden, outputs], {
        activation: 'tanh',
        random: init,
        orthogonal: { hidden: Math.SQRT2, last },
      });
    const policy = net('policy', widest, 0.01);
    const critics = ['reward', ...limits.map((_, c) => `cost${c}`)].map((name) => net(name, 1, 1));
    const logSigma = parameter('logSigma', Float32Array.of(settings.logSigma));
    const parameters = [policy, ...critics].flatMap((one) => one.parameters).concat(logSigma);
    this.networks = {
      policy,
      critics,
      logSigma,
      optimizer: new Adam(parameters, { rate, epsilon: 1e-5 }),
    };
    const paper = settings.policy === 'clipped';
    this.distribution = granularity === 'keep' ? (paper ? mask : bernoulli) : paper ? clipped : squashed;
    const priors = (budget: number) =>
      Array.from({ length: decisions }, (_, d) => this.distribution.invert(environment.prior(d, budget)));
    const fixed = environment.range ? undefined : priors(1);
    this.priors = (budget) => fixed ?? priors(budget);
    this.multipliers = limits.map(() => Multiplier.start(settings));
    this.observations = Running.of(features);
    this.returns = [0, ...limits].map(() => Running.of(1));
  }

  /** Updates made so far. */
  get update(): number {
    return this.updateCount;
  }

  get done(): boolean {
    return this.updateCount >= this.settings.updates;
  }

  /** Share of the learning that is done; the same throughout a rollout. */
  get progress(): number {
    return this.updateCount / this.settings.updates;
  }

  /** Episodes evaluated so far. */
  get evaluatedEpisodes(): number {
    return this.updateCount * this.settings.episodesPerUpdate + this.episodes.length;
  }

  /** The budget of the episode that is proposed, as a share of the limits: drawn anew for each where there are several. */
  get budget(): number {
    return this.drawn;
  }

  /** The next episode's actions; the same until `tell` takes their outcome. */
  propose(): Actions {
    if (!this.proposed) {
      this.drawn = this.environment.range?.draw(this.random) ?? 1;
      this.proposed = this.play(
        (out) => this.distribution.sample(out, this.networks.logSigma.value[0], this.random),
        this.drawn,
      );
    }
    return this.executed(this.proposed, this.drawn);
  }

  /** An episode drawn from the policy that is not learned from, within a budget. */
  sample(random: Random, budget = 1): Actions {
    const raw = this.play(
      (out) => this.distribution.sample(out, this.networks.logSigma.value[0], random),
      budget,
    );
    return this.executed(raw, budget);
  }

  /** What the policy would do without chance within a budget. */
  greedy(budget = 1): Actions {
    return this.executed(
      this.play((out) => this.distribution.mode(out), budget),
      budget,
    );
  }

  /** The outcome of what was proposed. Returns what the update was like, where this ended a rollout. */
  tell({ reward, costs, uniform }: Evaluation): UpdateStats | null {
    if (!this.proposed) throw new Error('nothing was proposed');
    const budget = this.drawn;
    this.episodes.push({
      raw: this.proposed.map((a) => [...a]),
      reward,
      // what holds the limits of its own budget counts as much everywhere
      costs: costs.map((cost) => cost && cost / budget),
      ...(this.environment.range ? { budget, uniform } : {}),
    });
    this.proposed = null;
    if (this.episodes.length < this.settings.episodesPerUpdate) return null;
    const stats = this.learn();
    this.episodes = [];
    this.updateCount++;
    return stats;
  }

  snapshot(): Snapshot {
    const { optimizer } = this.networks;
    const json: z.infer<typeof stateSchema> = {
      kind: 'ppo-lagrangian',
      random: [...this.random.state],
      update: this.updateCount,
      optimizerSteps: optimizer.steps,
      episodes: structuredClone(this.episodes),
      multipliers: this.multipliers.map((one) => one.state),
      observations: this.observations.state,
      returns: this.returns.map((one) => one.state),
    };
    return { json, arrays: new Map([...saveParameters(optimizer.parameters), ...optimizer.save('adam/')]) };
  }

  /** Back to a snapshot, taken before `propose` or after `tell`. @throws InputError */
  restore({ json, arrays }: Snapshot): void {
    const parsed = stateSchema.safeParse(json);
    if (!parsed.success || parsed.data.multipliers.length !== this.multipliers.length)
      throw new InputError('the checkpoint of the constrained agent is damaged, or of another version');
    const state = parsed.data;
    const { optimizer } = this.networks;
    restoreParameters(optimizer.parameters, arrays);
    optimizer.restore(arrays, state.optimizerSteps, 'adam/');
    this.random = new Random(state.random);
    this.updateCount = state.update;
    this.episodes = state.episodes;
    this.multipliers = state.multipliers.map((one) => Multiplier.restore(this.settings, one));
    this.observations = new Running(state.observations);
    this.returns = state.returns.map((one) => new Running(one));
    this.proposed = null;
  }

  /** One sweep over the decisions. */
  private play(choose: (out: Float64Array) => Float64Array, budget: number): Float64Array[] {
    const { environment, networks } = this;
    const width = networks.policy.sizes.at(-1)!;
    const priors = this.priors(budget);
    const raw: Float64Array[] = [];
    for (let d = 0; d < environment.decisions; d++) {
      const observation = environment.observe(d, this.executed(raw, budget), budget);
      const pass = networks.policy.forward(Float32Array.from(this.normal(observation)), 1);
      raw.push(choose(outputOf(pass, 0, width, priors[d])));
    }
    return raw;
  }

  /** Raw actions as the environment is given them. */
  private executed(raw: readonly Float64Array[], budget: number): Float64Array[] {
    const most = this.environment.most(this.progress, budget);
    return raw.map((one) => {
      const action = this.distribution.action(one);
      return this.environment.granularity === 'ratio' ? action.map((a) => Math.min(a, most)) : action;
    });
  }

  private normal(observation: Float64Array): Float64Array {
    if (!this.settings.normaliseObservations) return observation;
    const { observations: o } = this;
    return observation.map((v, i) => Math.min(FAR, Math.max(-FAR, (v - o.mean(i)) / o.deviation(i))));
  }

  private learn(): UpdateStats {
    const { settings, environment, networks, distribution } = this;
    const { limits, decisions } = environment;
    const good = this.episodes.filter(({ costs }) => costs.every((c) => c !== null && Number.isFinite(c)));
    const mean = (of: (one: Episode) => number) => good.reduce((sum, e) => sum + of(e), 0) / good.length;
    const costs = limits.map((_, c) => mean((e) => e.costs[c]!));
    const result = {
      update: this.updateCount,
      reward: mean((e) => e.reward),
      costs,
      failed: this.episodes.length - good.length,
    };
    let update: PpoStats = { kl: 0, entropy: NaN, steps: 0, stopped: false };
    if (good.length) {
      const batch = this.batch(good);
      const nus = this.multipliers.map((one) => one.value);
      update = ppo(networks, distribution, batch, nus, settings, this.random);
    }
    this.multipliers.forEach((one, c) => one.update(costs[c], limits[c]));
    const { kl, entropy, stopped } = update;
    const multipliers = this.multipliers.map((one) => one.value);
    return { ...result, multipliers, kl, stopped, entropy: entropy * decisions };
  }

  private batch(good: readonly Episode[]): Parameters<typeof ppo>[2] {
    const { settings, environment, networks, distribution } = this;
    const { decisions, features } = environment;
    const n = good.length * decisions;
    const width = networks.policy.sizes.at(-1)!;
    const raw: Float64Array[] = [];
    const observed: Float64Array[] = [];
    const priors: Float64Array[] = [];
    for (const { raw: numbers, budget = 1 } of good) {
      const drawn = numbers.map((a) => Float64Array.from(a));
      const executed = this.executed(drawn, budget);
      for (let d = 0; d < decisions; d++) observed.push(environment.observe(d, executed.slice(0, d), budget));
      raw.push(...drawn);
      priors.push(...this.priors(budget));
    }
    const observations = new Float32Array(n * features);
    observed.forEach((one, i) => observations.set(this.normal(one), i * features));
    const pass = networks.policy.forward(observations, n);
    const sigma = networks.logSigma.value[0];
    const logProb = Float64Array.from(raw, (a, i) =>
      distribution.logProb(outputOf(pass, i, width, priors[i]), sigma, a),
    );
    const all: Float64Array[] = [];
    const targets: Float64Array[] = [];
    networks.critics.forEach((critic, c) => {
      const gamma = c ? settings.costGamma : settings.gamma;
      const ends = good.map((e) => (c ? e.costs[c - 1]! : e.reward - (e.uniform ?? 0)));
      const scale = this.scale(this.returns[c], ends, decisions);
      const values = critic.forward(observations, n).output;
      const advantage = new Float64Array(n);
      ends.forEach((end, e) => {
        const rewards = new Float64Array(decisions);
        rewards[decisions - 1] = Math.min(FAR, Math.max(-FAR, end / scale));
        const from = e * decisions;
        const own = values.subarray(from, from + decisions);
        advantage.set(advantages(rewards, own, gamma, c ? settings.costLambda : settings.lambda), from);
      });
      all.push(advantage);
      targets.push(advantage.map((a, i) => a + values[i]));
    });
    // what comes after sees this rollout's statistics; the rollout itself was played with the ones before
    for (const one of observed) this.observations.add(one);
    return { features, observations, raw, priors, logProb, advantages: all, targets };
  }

  /** Running deviation of the discounted sums, in which rewards and costs are measured (not centred: the paper). */
  private scale(returns: Running, ends: readonly number[], decisions: number): number {
    for (const end of ends) {
      for (let d = 1; d < decisions; d++) returns.add([0]);
      returns.add([end]);
    }
    return returns.deviation();
  }
}
