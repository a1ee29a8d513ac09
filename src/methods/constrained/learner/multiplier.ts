import * as z from 'zod';
import { softplus } from '../../rl/sigmoid.ts';

/**
 * How a multiplier follows its constraint.
 * softplus-adam: nu = softplus(x), x by Adam on -softplus(x) (J - b) (2110.08558; overshoots, since Adam's steps don't
 * shrink with the excess). gradient: nu <- max(0, nu + rate * excess). pid: Stooke et al. 2020, as in OmniSafe.
 */
export const multiplierKinds = ['softplus-adam', 'gradient', 'pid'] as const;
export type MultiplierKind = (typeof multiplierKinds)[number];

export interface MultiplierSettings {
  readonly multiplier: MultiplierKind;
  /** nu at the start */
  readonly multiplierStart: number;
  /** softplus-adam: Adam's rate (the paper: 1); gradient: rise of nu for an excess of the whole budget */
  readonly multiplierRate: number;
  readonly pidProportional: number;
  readonly pidIntegral: number;
  readonly pidDerivative: number;
  /** share of the old in the smoothed excess and cost; 0: none */
  readonly pidSmoothing: number;
  /** updates between the two costs whose difference is the derivative */
  readonly pidDelay: number;
  readonly multiplierMost: number;
}

export const multiplierSchema = z.strictObject({
  nu: z.number(),
  /** softplus-adam: the parameter, Adam's moments and steps */
  x: z.number(),
  m: z.number(),
  v: z.number(),
  steps: z.number().int().min(0),
  /** pid */
  integral: z.number(),
  smoothExcess: z.number(),
  smoothCost: z.number(),
  history: z.array(z.number()),
});
export type MultiplierState = z.infer<typeof multiplierSchema>;

/** One constraint's multiplier nu >= 0, updated once a rollout by the mean cost of the episodes that ended in it. */
export class Multiplier {
  private constructor(
    private readonly settings: MultiplierSettings,
    private s: MultiplierState,
  ) {}

  static start(settings: MultiplierSettings): Multiplier {
    const nu = settings.multiplierStart;
    return new Multiplier(settings, {
      nu,
      x: Math.log(Math.expm1(Math.max(nu, 1e-8))),
      m: 0,
      v: 0,
      steps: 0,
      integral: settings.multiplier === 'pid' ? nu : 0,
      smoothExcess: 0,
      smoothCost: 0,
      history: [],
    });
  }

  static restore(settings: MultiplierSettings, state: MultiplierState): Multiplier {
    return new Multiplier(settings, structuredClone(state));
  }

  get state(): MultiplierState {
    return structuredClone(this.s);
  }

  get value(): number {
    return this.s.nu;
  }

  /**
   * @param cost mean over finished episodes, in the budget's unit; NaN (no episode had a cost) changes nothing
   * @param budget above 0
   */
  update(cost: number, budget: number): void {
    if (!Number.isFinite(cost)) return;
    const { s, settings } = this;
    if (settings.multiplier === 'softplus-adam') {
      const gradient = -(cost - budget) / (1 + Math.exp(-s.x));
      s.steps++;
      s.m = 0.9 * s.m + 0.1 * gradient;
      s.v = 0.999 * s.v + 0.001 * gradient ** 2;
      const m = s.m / (1 - 0.9 ** s.steps);
      const v = s.v / (1 - 0.999 ** s.steps);
      s.x -= (settings.multiplierRate * m) / (Math.sqrt(v) + 1e-8);
      // the paper's floor of nu, 1e-8: below it softplus has no gradient left to come back by
      s.x = Math.max(s.x, Math.log(Math.expm1(1e-8)));
      s.nu = softplus(s.x);
    } else if (settings.multiplier === 'gradient')
      s.nu = Math.max(0, s.nu + (settings.multiplierRate * (cost - budget)) / budget);
    else this.pid((cost - budget) / budget, cost / budget);
    s.nu = Math.min(s.nu, settings.multiplierMost);
    if (settings.multiplier === 'softplus-adam') s.x = Math.min(s.x, settings.multiplierMost);
  }

  private pid(excess: number, cost: number): void {
    const { s, settings } = this;
    const { pidSmoothing: old, pidDelay } = settings;
    const first = s.history.length === 0;
    s.integral = Math.min(settings.multiplierMost, Math.max(0, s.integral + settings.pidIntegral * excess));
    s.smoothExcess = first ? excess : old * s.smoothExcess + (1 - old) * excess;
    s.smoothCost = first ? cost : old * s.smoothCost + (1 - old) * cost;
    const before = s.history[0] ?? s.smoothCost;
    // only a rising cost is held against: a falling one must not buy patience
    const rise = Math.max(0, s.smoothCost - before);
    s.history.push(s.smoothCost);
    while (s.history.length > pidDelay) s.history.shift();
    s.nu = Math.max(
      0,
      settings.pidProportional * s.smoothExcess + s.integral + settings.pidDerivative * rise,
    );
  }
}
