import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import type { ChannelGroup, Dependencies, Graph, Weights } from '../../graph/types.ts';
import type { Place } from './places.ts';
import { eachAlong, producerPlaces, scalePlaces } from './places.ts';

/** A value for every channel of every group; the larger, the more the network needs it. Frozen groups: all zeros. */
export type Importance = readonly Float64Array[];

/** What channels are ranked by, of the weights alone. */
export const criterion = z.enum(['l1', 'l2', 'geometric-median', 'bn-scale']);
export type Criterion = z.infer<typeof criterion>;
/** What searches that train may rank by: every convolution's filters, or their gradients too. */
export const searchCriterion = z.enum([...criterion.exclude(['bn-scale']).options, 'taylor']);
export type SearchCriterion = z.infer<typeof searchCriterion>;

/** A value for every position along a place's axis. */
export type Measure = (values: Float32Array, place: Place) => Float64Array;

/**
 * Importance by the weights alone: for every channel the sum, over all places where its group makes channels (all
 * convolutions that meet in an Add count), of the place's measure of that channel. Each place is first divided by its
 * own mean, so that a layer of large weights neither outvotes the others in its group nor in a global ranking; except
 * for bn-scale, whose scales are compared as they are (network slimming, Liu et al. 2017).
 *
 * l1, l2: norms of the filter (Li et al. 2017). geometric-median: the filter's distances to all others of its layer,
 * summed (FPGM, He et al. 2019). bn-scale: |gamma|; groups without one are ranked by l1 and named in `warnings`.
 *
 * @throws InputError for bn-scale where no prunable group has a batch-norm scale
 */
export function importanceOf(
  graph: Graph,
  dependencies: Dependencies,
  weights: Weights,
  criterion: Criterion,
): { importance: Importance; warnings: string[] } {
  const kernels = producerPlaces(graph, dependencies);
  if (criterion !== 'bn-scale')
    return { importance: gather(dependencies, weights, kernels, measures[criterion], true), warnings: [] };
  const scales = scalePlaces(graph, dependencies);
  const scaled = gather(dependencies, weights, scales, measures['bn-scale'], false);
  const without = withoutScales(graph, dependencies);
  if (without.length === 0) return { importance: scaled, warnings: [] };
  const fallback = gather(dependencies, weights, kernels, measures.l1, true);
  const names = without.map((g) => g.id).join(', ');
  return {
    importance: scaled.map((values, g) => (without.some(({ index }) => index === g) ? fallback[g] : values)),
    warnings: [`no batch-norm scale, so ranked by the filters' L1 norm instead: ${names}`],
  };
}

/**
 * The prunable groups of which no channel has a batch-norm scale.
 * @throws InputError where none has
 */
export function withoutScales(graph: Graph, dependencies: Dependencies): readonly ChannelGroup[] {
  const reached = new Set(scalePlaces(graph, dependencies).flatMap((p) => [...p.channels.group]));
  const prunable = dependencies.groups.filter((g) => g.frozen === undefined);
  const without = prunable.filter((g) => !reached.has(g.index));
  if (without.length === prunable.length)
    throw new InputError(
      'no channel of the network has a batch-norm scale to rank by; take l1 instead of bn-scale',
    );
  return without;
}

/** Sums the measures of all places by channel. */
export function gather(
  dependencies: Dependencies,
  weights: Weights,
  places: readonly Place[],
  measure: Measure,
  normalise: boolean,
): Importance {
  const result = dependencies.groups.map((g) => new Float64Array(g.size));
  for (const place of places) {
    const values = weights.get(place.param);
    if (!values) throw new InputError(`weight ${place.param} is missing`);
    const measured = measure(values, place);
    const { group, channel } = place.channels;
    let sum = 0;
    let count = 0;
    for (let i = 0; i < measured.length; i++) {
      if (group[i] < 0) continue;
      sum += measured[i];
      count++;
    }
    const scale = normalise && sum > 0 ? count / sum : 1;
    for (let i = 0; i < measured.length; i++)
      if (group[i] >= 0 && dependencies.groups[group[i]].frozen === undefined)
        result[group[i]][channel[i]] += measured[i] * scale;
  }
  return result;
}

const sums =
  (term: (v: number) => number, finish: (sum: number) => number): Measure =>
  (values, { shape, axis }) => {
    const result = new Float64Array(shape[axis]);
    eachAlong(shape, axis, (i, at) => (result[at] += term(values[i])));
    return result.map(finish);
  };

const same = (v: number): number => v;

const measures: Record<Criterion, Measure> = {
  l1: sums(Math.abs, same),
  l2: sums((v) => v * v, Math.sqrt),
  'bn-scale': sums(Math.abs, same),
  'geometric-median': (values, { shape, axis }) => {
    const n = shape[axis];
    const length = values.length / n;
    const filters = Array.from({ length: n }, () => new Float64Array(length));
    const filled = new Int32Array(n);
    eachAlong(shape, axis, (i, at) => (filters[at][filled[at]++] = values[i]));
    const result = new Float64Array(n);
    for (let a = 0; a < n; a++)
      for (let b = 0; b < a; b++) {
        let square = 0;
        for (let k = 0; k < length; k++) square += (filters[a][k] - filters[b][k]) ** 2;
        const distance = Math.sqrt(square);
        result[a] += distance;
        result[b] += distance;
      }
    return result;
  },
};
