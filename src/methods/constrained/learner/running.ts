import * as z from 'zod';

export const runningSchema = z.strictObject({
  count: z.number().min(0),
  mean: z.array(z.number()),
  /** sum of squared distances from the mean */
  square: z.array(z.number()),
});
export type RunningState = z.infer<typeof runningSchema>;

/** Mean and deviation of everything seen so far, number by number (Welford); JSON-safe state. */
export class Running {
  constructor(private s: RunningState) {}

  static of(size: number): Running {
    return new Running({ count: 0, mean: new Array<number>(size).fill(0), square: new Array(size).fill(0) });
  }

  get state(): RunningState {
    return { count: this.s.count, mean: [...this.s.mean], square: [...this.s.square] };
  }

  add(values: ArrayLike<number>): void {
    const { s } = this;
    s.count++;
    for (let i = 0; i < s.mean.length; i++) {
      const before = values[i] - s.mean[i];
      s.mean[i] += before / s.count;
      s.square[i] += before * (values[i] - s.mean[i]);
    }
  }

  mean(i = 0): number {
    return this.s.mean[i];
  }

  /** 1 where nothing is known, or nothing varies, so that dividing by it is safe. */
  deviation(i = 0): number {
    const { count, square } = this.s;
    if (count < 2) return 1;
    const deviation = Math.sqrt(square[i] / count);
    return deviation > 1e-8 ? deviation : 1;
  }
}
