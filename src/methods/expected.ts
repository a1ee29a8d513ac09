import type { Architecture } from '../terms/candidates.ts';
import { fitSurrogate, leastToModel } from './surrogate.ts';
import type { Expectation } from './surrogate.ts';

/** A network that was scored. */
export interface Tried {
  readonly architecture: Architecture;
  /** noisy: larger is better */
  readonly score: number;
}

/**
 * What all scores together tell of any widths: a score is noisy, and the highest of many is mostly lucky. Null where
 * there are too few.
 * @param sizes channels of every group
 */
export function expectedOf(
  sizes: readonly number[],
  tried: readonly Tried[],
): ((architecture: Architecture) => Expectation) | null {
  if (tried.length < leastToModel) return null;
  const point = (architecture: Architecture) =>
    sizes.flatMap((size, g) => (size > 1 ? [Math.log2(architecture[g] / size)] : []));
  const model = fitSurrogate(
    tried.map(({ architecture }) => point(architecture)),
    tried.map(({ score }) => score),
  );
  return (architecture) => model.expect(point(architecture));
}
