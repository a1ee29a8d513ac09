import { batches } from '../../data/batches.ts';
import { spread } from '../../data/splits/subset.ts';
import type { Split } from '../../data/types.ts';
import { hasStatistics } from '../../graph/op-facts.ts';
import type { Model } from '../../graph/types.ts';
import { recalibrate } from '../../runtime/training/recalibrate.ts';
import type { Backend } from '../../runtime/types.ts';
import type { Preprocess } from '../../terms/images.ts';

/** Images that statistics are taken of. */
const IMAGES = 256;

/**
 * The preprocessing under which what comes to the network's batch norms is most like what came to them when it was
 * trained, as their moving statistics hold it; null where it has none.
 */
export async function byStatistics(
  backend: Backend,
  { graph, weights }: Model,
  train: Split,
  candidates: readonly Preprocess[],
  signal?: AbortSignal,
): Promise<{ preprocess: Preprocess; found: string } | null> {
  const norms = graph.nodes.filter(({ op }) => hasStatistics(op));
  if (norms.length === 0) return null;
  const split = spread(train, IMAGES);
  const table: { preprocess: Preprocess; away: number }[] = [];
  for (const preprocess of candidates) {
    const measured = await recalibrate(backend, graph, weights, {
      batches: batches(split, preprocess, { batchSize: 64, order: 'sequential' }),
      signal,
    });
    const each = norms.flatMap(({ params: { mean, variance }, op }) =>
      hasStatistics(op)
        ? divergences(
            weights.get(mean)!,
            weights.get(variance)!,
            measured.get(mean)!,
            measured.get(variance)!,
            op.epsilon,
          )
        : [],
    );
    table.push({ preprocess, away: each.reduce((sum, one) => sum + one, 0) / each.length });
  }
  const [best, next] = table.sort((a, b) => worth(a.away) - worth(b.away));
  const figure = ({ preprocess, away }: (typeof table)[number]) =>
    `${preprocess.name} ${away.toPrecision(2)}`;
  return {
    preprocess: best.preprocess,
    found: `${best.preprocess.name}, as the statistics of its batch norms are nearest with it (KL divergence ${figure(best)}, then ${figure(next)})`,
  };
}

const worth = (away: number): number => (Number.isFinite(away) ? away : Infinity);

/** KL divergence of normal distributions, channel by channel: of what is measured from what is stored. */
function divergences(
  mean: Float32Array,
  variance: Float32Array,
  measuredMean: Float32Array,
  measuredVariance: Float32Array,
  epsilon: number,
): number[] {
  return Array.from(mean, (m, i) => {
    const [stored, now] = [variance[i] + epsilon, measuredVariance[i] + epsilon];
    return (Math.log(stored / now) + (now + (measuredMean[i] - m) ** 2) / stored - 1) / 2;
  });
}
