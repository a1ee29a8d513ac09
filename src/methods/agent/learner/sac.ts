import type { Random } from '../../../graph/random.ts';
import { Adam } from '../../rl/adam.ts';
import { Mlp, type Pass } from '../../rl/mlp.ts';
import { restoreParameters, saveParameters, type Parameter } from '../../rl/parameter.ts';
import type { Bounds } from '../../rl/sweep.ts';
import type { Transitions } from './replay.ts';
import { squash, type EntropyOver, type Squashed } from './squashed.ts';

/** When an episode's reward counts: at its end, or at every action. */
export const occasions = ['terminal', 'every-action'] as const;
export type Occasion = (typeof occasions)[number];

export interface SacSettings {
  readonly hidden: readonly number[];
  readonly actorRate: number;
  readonly criticRate: number;
  /** weight of the policy's entropy */
  readonly alpha: number;
  readonly entropyOver: EntropyOver;
  readonly gamma: number;
  readonly tau: number;
  /** at the episode's end only (the paper), or a share of it at every action, which sums to the same */
  readonly credit: Occasion;
}

export interface SacLosses {
  readonly critic: number;
  readonly actor: number;
  /** mean of -log density of fresh actions that have a choice */
  readonly entropy: number;
}

/**
 * Soft actor-critic with two critics (Haarnoja et al. 2018; docs/methods/agent.md, "Learner"). Policy and critics see
 * the state and the environment's representation z, which is a constant to them. Actions are ratios, mapped into the
 * bounds that are stored with every transition, in the actor's loss and in the critics' targets alike.
 */
export class Sac {
  readonly actor: Mlp;
  readonly critics: readonly Mlp[];
  readonly targets: readonly Mlp[];
  private readonly actorAdam: Adam;
  private readonly criticAdam: Adam;

  /** @param length actions in an episode */
  constructor(
    private readonly features: number,
    private readonly size: number,
    private readonly length: number,
    private readonly settings: SacSettings,
    random: Random,
  ) {
    const { hidden } = settings;
    const options = { activation: 'relu' as const, random };
    const critic = (name: string) => new Mlp(name, [features + size + 1, ...hidden, 1], options);
    this.actor = new Mlp('actor', [features + size, ...hidden, 2], options);
    this.critics = [critic('critic1'), critic('critic2')];
    this.targets = [critic('target1'), critic('target2')];
    this.targets.forEach((target, k) => this.follow(target, this.critics[k], 1));
    this.actorAdam = new Adam(this.actor.parameters, { rate: settings.actorRate, epsilon: 1e-8 });
    this.criticAdam = new Adam(
      this.critics.flatMap((c) => c.parameters),
      { rate: settings.criticRate, epsilon: 1e-8 },
    );
  }

  /** An action: drawn by this noise (standard normal), or the mean's without. */
  act(state: Float32Array, z: Float32Array, { low, high }: Bounds, noise = 0): number {
    const x = new Float32Array(this.features + this.size);
    x.set(state);
    x.set(z, this.features);
    const [mean, logSigma] = this.actor.forward(x, 1).output;
    return squash(mean, logSigma, noise, low, high).action;
  }

  /** One update of critics, actor and targets. @param z of every transition's epoch, [n, size] */
  update(batch: Transitions, z: Float32Array, random: Random): SacLosses {
    const critic = this.criticGradients(batch, z, random);
    this.criticAdam.step();
    const { actor, entropy } = this.actorGradients(batch, z, random);
    this.actorAdam.step();
    this.targets.forEach((target, k) => this.follow(target, this.critics[k], this.settings.tau));
    return { critic, actor, entropy };
  }

  /** Gathers the critics' gradients: the mean squared distance to r + gamma (min Q' - alpha log pi). @returns the loss */
  criticGradients(batch: Transitions, z: Float32Array, random: Random): number {
    const { n } = batch;
    const { gamma, alpha, credit } = this.settings;
    const { actions } = this.fresh(batch.next, z, batch.nextLow, batch.nextHigh, n, random);
    const nextX = this.withAction(
      batch.next,
      z,
      actions.map((a) => a.action),
      n,
    );
    const [q1, q2] = this.targets.map((target) => target.forward(nextX, n).output);
    const goal = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      const reward =
        credit === 'terminal' ? batch.done[i] * batch.outcome[i] : batch.outcome[i] / this.length;
      const future = Math.min(q1[i], q2[i]) - alpha * actions[i].logDensity;
      goal[i] = reward + gamma * (1 - batch.done[i]) * future;
    }
    const x = this.withAction(batch.state, z, batch.action, n);
    let loss = 0;
    for (const critic of this.critics) {
      const pass = critic.forward(x, n);
      const dy = pass.output.map((q, i) => {
        loss += (q - goal[i]) ** 2 / n;
        return (2 * (q - goal[i])) / n;
      });
      critic.backward(pass, dy);
    }
    return loss / 2;
  }

  /** Gathers the actor's gradients: the mean of alpha log pi - min Q over fresh actions, through the action. */
  actorGradients(batch: Transitions, z: Float32Array, random: Random): { actor: number; entropy: number } {
    const { n } = batch;
    const { alpha } = this.settings;
    const { actions, pass } = this.fresh(batch.state, z, batch.low, batch.high, n, random);
    const x = this.withAction(
      batch.state,
      z,
      actions.map((a) => a.action),
      n,
    );
    const passes = this.critics.map((critic) => critic.forward(x, n));
    const lower = passes[0].output.map((q, i) => (q <= passes[1].output[i] ? 0 : 1));
    const width = this.features + this.size + 1;
    const byAction = new Float32Array(n);
    passes.forEach((one, k) => {
      const mine = lower.map((which) => (which === k ? 1 : 0));
      const dx = this.critics[k].backward(one, mine, { parameters: false, input: true });
      for (let i = 0; i < n; i++) byAction[i] += dx[(i + 1) * width - 1];
    });
    let loss = 0;
    let entropy = 0;
    let choices = 0;
    const dHead = new Float32Array(2 * n);
    actions.forEach(({ logDensity, logDensityBy, actionBy }, i) => {
      loss += (alpha * logDensity - passes[lower[i]].output[i]) / n;
      if (actionBy[0] !== 0 || logDensity !== 0) {
        entropy -= logDensity;
        choices++;
      }
      for (const k of [0, 1]) dHead[2 * i + k] = (alpha * logDensityBy[k] - byAction[i] * actionBy[k]) / n;
    });
    this.actor.backward(pass, dHead);
    return { actor: loss, entropy: choices ? entropy / choices : 0 };
  }

  /** Fresh actions of the policy at these states. */
  private fresh(
    state: Float32Array,
    z: Float32Array,
    low: Float32Array,
    high: Float32Array,
    n: number,
    random: Random,
  ): { actions: Squashed[]; pass: Pass } {
    const { features, size } = this;
    const x = new Float32Array(n * (features + size));
    for (let i = 0; i < n; i++) {
      x.set(state.subarray(i * features, (i + 1) * features), i * (features + size));
      x.set(z.subarray(i * size, (i + 1) * size), i * (features + size) + features);
    }
    const pass = this.actor.forward(x, n);
    const head = pass.output;
    const actions = Array.from({ length: n }, (_, i) =>
      squash(head[2 * i], head[2 * i + 1], random.normal(), low[i], high[i], this.settings.entropyOver),
    );
    return { actions, pass };
  }

  /** [n, features + size + 1]: the action last. */
  private withAction(
    state: Float32Array,
    z: Float32Array,
    action: ArrayLike<number>,
    n: number,
  ): Float32Array {
    const { features, size } = this;
    const width = features + size + 1;
    const x = new Float32Array(n * width);
    for (let i = 0; i < n; i++) {
      x.set(state.subarray(i * features, (i + 1) * features), i * width);
      x.set(z.subarray(i * size, (i + 1) * size), i * width + features);
      x[(i + 1) * width - 1] = action[i];
    }
    return x;
  }

  private follow(target: Mlp, online: Mlp, tau: number): void {
    target.parameters.forEach(({ value }, k) => {
      const from = online.parameters[k].value;
      for (let i = 0; i < value.length; i++) value[i] += tau * (from[i] - value[i]);
    });
  }

  private get parameters(): readonly Parameter[] {
    return [this.actor, ...this.critics, ...this.targets].flatMap((net) => net.parameters);
  }

  get state(): { actorSteps: number; criticSteps: number } {
    return { actorSteps: this.actorAdam.steps, criticSteps: this.criticAdam.steps };
  }

  save(): Map<string, Float32Array> {
    return new Map([
      ...saveParameters(this.parameters),
      ...this.actorAdam.save('adam/'),
      ...this.criticAdam.save('adam/'),
    ]);
  }

  restore(
    state: { actorSteps: number; criticSteps: number },
    saved: ReadonlyMap<string, Float32Array>,
  ): void {
    restoreParameters(this.parameters, saved);
    this.actorAdam.restore(saved, state.actorSteps, 'adam/');
    this.criticAdam.restore(saved, state.criticSteps, 'adam/');
  }
}
