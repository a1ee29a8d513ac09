import type { PrunedConfig } from './schema.ts';

/** "constrained, seed 1, 8.60 M MACs": enough to tell one result from another. */
export function describeConfig({ method, cost }: PrunedConfig): string {
  const candidate = method.candidate === undefined ? '' : `, candidate ${method.candidate}`;
  return `${method.name}${candidate}, seed ${method.seed}, ${(cost.after.macs / 1e6).toPrecision(3)} M MACs`;
}
