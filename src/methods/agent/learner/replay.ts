import type { Random } from '../../../graph/random.ts';
import { restoreArray } from '../../rl/parameter.ts';
import type { Bounds } from '../../rl/sweep.ts';

/** One action of an episode. */
export interface Step {
  readonly state: Float32Array;
  readonly bounds: Bounds;
  /** the ratio as it was carried out: of a whole width */
  readonly action: number;
}

/** A finished episode: its steps, the state behind the last, and the widths in the order of decision. */
export interface Episode {
  readonly steps: readonly Step[];
  readonly last: Float32Array;
  readonly decided: readonly number[];
}

export interface Transitions {
  readonly n: number;
  /** [n, features] */
  readonly state: Float32Array;
  readonly next: Float32Array;
  readonly action: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly nextLow: Float32Array;
  readonly nextHigh: Float32Array;
  /** the reward of the whole episode, standardised (see `Replay.sample`) */
  readonly outcome: Float32Array;
  /** 1: the episode ends here */
  readonly done: Float32Array;
  readonly epoch: Int32Array;
}

/** How outcomes are brought to a common scale. */
export const rewardScales = ['plain', 'standard', 'epoch', 'uniform'] as const;
export type RewardScale = (typeof rewardScales)[number];

/** The last episodes, whole, each with the epoch that it was scored in. */
export class Replay {
  private readonly capacity: number;
  private readonly states: Float32Array;
  private readonly actions: Float32Array;
  private readonly lows: Float32Array;
  private readonly highs: Float32Array;
  private readonly outcomes: Float32Array;
  private readonly epochs: Float32Array;
  private readonly baselines: Float32Array;
  private added = 0;

  /** @param transitions most of them; whole episodes are kept, at least one */
  constructor(
    private readonly length: number,
    private readonly features: number,
    transitions: number,
  ) {
    this.capacity = Math.max(1, Math.floor(transitions / length));
    this.states = new Float32Array(this.capacity * (length + 1) * features);
    this.actions = new Float32Array(this.capacity * length);
    this.lows = new Float32Array(this.capacity * length);
    this.highs = new Float32Array(this.capacity * length);
    this.outcomes = new Float32Array(this.capacity);
    this.epochs = new Float32Array(this.capacity);
    this.baselines = new Float32Array(this.capacity);
  }

  /** Episodes that are there. */
  get size(): number {
    return Math.min(this.added, this.capacity);
  }

  /** @param baseline what the uniform network of the same budget has at the same weights, on the same images */
  add(episode: Episode, outcome: number, epoch: number, baseline = 0): void {
    const { length, features } = this;
    const slot = this.added++ % this.capacity;
    episode.steps.forEach(({ state, bounds, action }, i) => {
      this.states.set(state, (slot * (length + 1) + i) * features);
      this.actions[slot * length + i] = action;
      this.lows[slot * length + i] = bounds.low;
      this.highs[slot * length + i] = bounds.high;
    });
    this.states.set(episode.last, (slot * (length + 1) + length) * features);
    this.outcomes[slot] = outcome;
    this.epochs[slot] = epoch;
    this.baselines[slot] = baseline;
  }

  /**
   * Outcomes on a common scale. plain: as they are. standard: mean 0 and deviation 1 over all. epoch: mean 0 within
   * each epoch (weights improve from epoch to epoch, which no action earned), divided by the deviation that is left.
   * uniform: less the uniform network's, then as standard, so that a policy that improves is not held against itself.
   */
  scaled(scale: RewardScale): Float32Array {
    const n = this.size;
    const outcomes = this.outcomes.slice(0, n);
    if (scale === 'plain' || n < 2) return outcomes;
    if (scale === 'uniform') for (let i = 0; i < n; i++) outcomes[i] -= this.baselines[i];
    const all = outcomes.reduce((sum, v) => sum + v, 0) / n;
    const level = scale === 'epoch' ? this.means() : new Float64Array(n).fill(all);
    let square = 0;
    for (let i = 0; i < n; i++) {
      outcomes[i] -= level[i];
      square += outcomes[i] ** 2;
    }
    const deviation = Math.sqrt(square / n);
    return deviation > 1e-9 ? outcomes.map((v) => v / deviation) : outcomes;
  }

  /** The mean outcome of each episode's epoch. */
  private means(): Float64Array {
    const { size, outcomes, epochs } = this;
    const sums = new Map<number, { sum: number; count: number }>();
    for (let i = 0; i < size; i++) {
      const { sum, count } = sums.get(epochs[i]) ?? { sum: 0, count: 0 };
      sums.set(epochs[i], { sum: sum + outcomes[i], count: count + 1 });
    }
    return Float64Array.from({ length: size }, (_, i) => {
      const { sum, count } = sums.get(epochs[i])!;
      return sum / count;
    });
  }

  /** Uniformly drawn transitions; `terminal`: only those that end an episode. `outcomes` as `scaled` gave them. */
  sample(n: number, outcomes: Float32Array, random: Random, terminal = false): Transitions {
    const { length, features: f } = this;
    const result: Transitions = {
      n,
      state: new Float32Array(n * f),
      next: new Float32Array(n * f),
      action: new Float32Array(n),
      low: new Float32Array(n),
      high: new Float32Array(n),
      nextLow: new Float32Array(n),
      nextHigh: new Float32Array(n),
      outcome: new Float32Array(n),
      done: new Float32Array(n),
      epoch: new Int32Array(n),
    };
    for (let i = 0; i < n; i++) {
      const slot = random.integer(0, this.size - 1);
      const step = terminal ? length - 1 : random.integer(0, length - 1);
      const at = slot * length + step;
      const from = (slot * (length + 1) + step) * f;
      result.state.set(this.states.subarray(from, from + f), i * f);
      result.next.set(this.states.subarray(from + f, from + 2 * f), i * f);
      result.action[i] = this.actions[at];
      result.low[i] = this.lows[at];
      result.high[i] = this.highs[at];
      if (step + 1 < length) {
        result.nextLow[i] = this.lows[at + 1];
        result.nextHigh[i] = this.highs[at + 1];
      } else result.done[i] = 1;
      result.outcome[i] = outcomes[slot];
      result.epoch[i] = this.epochs[slot];
    }
    return result;
  }

  get state(): { added: number } {
    return { added: this.added };
  }

  private get arrays(): [string, Float32Array][] {
    const { states, actions, lows, highs, outcomes, epochs, baselines } = this;
    return Object.entries({ states, actions, lows, highs, outcomes, epochs, baselines });
  }

  save(): Map<string, Float32Array> {
    return new Map(this.arrays.map(([name, values]) => [name, values.slice()]));
  }

  restore(state: { added: number }, saved: ReadonlyMap<string, Float32Array>): void {
    // of an older version, which compared with the mean of the epoch
    const older = !saved.has('baselines');
    for (const [name, values] of this.arrays)
      if (!older || name !== 'baselines') restoreArray(values, saved, name);
    this.added = state.added;
    if (older) this.baselines.set(this.means());
  }
}
