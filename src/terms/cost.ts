import * as z from 'zod';
import type { Frozen } from './frozen.ts';
import { isStatic } from './goals.ts';
import type { Metric, StaticMetric } from './goals.ts';

/** What an architecture costs, for one image (batch 1). */
export const cost = z.object({
  /** multiply-accumulates of convolutions and dense layers */
  macs: z.number(),
  /** all parameters, batch-norm statistics too */
  params: z.number(),
  /** params * 4: float32 */
  bytes: z.number(),
  /** largest sum, in bytes of float32, of values alive at once, executing in order */
  peakActivationBytes: z.number(),
});
export type Cost = Frozen<z.infer<typeof cost>>;

/** Which of the costs. */
export type CostKey = keyof Cost;
export const costKeys = cost.keyof().options;

/** The cost that a metric is of. */
export function costKeyOf(metric: StaticMetric): CostKey {
  return metric === 'memory' ? 'peakActivationBytes' : metric;
}

/** The metric that a cost is of. */
export function metricOf(key: CostKey): StaticMetric {
  return key === 'peakActivationBytes' ? 'memory' : key;
}

/** `costKeyOf` of any metric; undefined where it is no function of the widths: it is measured. */
export function costPart(metric: Metric): CostKey | undefined {
  return isStatic(metric) ? costKeyOf(metric) : undefined;
}

/** A cost by a metric, in its unit. */
export function costBy(cost: Cost, metric: StaticMetric): number {
  return cost[costKeyOf(metric)];
}
