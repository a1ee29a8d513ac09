import type { Random } from '../../graph/random.ts';
import type { Curve } from '../types.ts';

/**
 * The budgets that one policy serves, as shares of the goal's limits. The policy sees where its episode's budget lies,
 * each episode has one of its own, and the networks of all points are read off it (docs/methods/agent.md, "Points").
 */
export class BudgetRange {
  /** of every point, in falling order: first the goal's own, 1 */
  readonly shares: readonly number[];

  /** @param points of the others, each below 1 */
  constructor(points: readonly number[]) {
    this.shares = [1, ...[...points].sort((a, b) => b - a)];
  }

  /** Of a run with points; undefined where it has none. */
  static of(curve: Curve | undefined): BudgetRange | undefined {
    return curve?.points.length ? new BudgetRange(curve.points) : undefined;
  }

  /** An episode's budget: from the goal's to the cheapest, every factor between two of them as likely. */
  draw(random: Random): number {
    return this.shares.at(-1)! ** random.uniform();
  }

  /** Where a budget lies, as a policy sees it: 0 is the goal's, 1 the cheapest. */
  place(share: number): number {
    return Math.log(share) / Math.log(this.shares.at(-1)!);
  }

  /** What is known at every point, at any budget: on the line between its neighbours, over the logarithm of the budget. */
  between(values: readonly number[], share: number): number {
    const { shares } = this;
    const next = Math.max(
      1,
      shares.findIndex((one) => one <= share),
    );
    const [above, below] = [shares[next - 1], shares[next]];
    const part = Math.log(share / above) / Math.log(below / above);
    return values[next - 1] + part * (values[next] - values[next - 1]);
  }
}
