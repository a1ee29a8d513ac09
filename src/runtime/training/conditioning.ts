import { firstWorks } from '../../graph/op-facts.ts';
import type { Random } from '../../graph/random.ts';
import { inputSize } from '../../graph/shapes.ts';
import type { Graph, Node, Weights } from '../../graph/types.ts';

/** Differences up to this share of the largest value are rounding in any network. */
export const LEAST_TOLERANCE = 1e-4;

/** Another order of the same sums moves outputs by a few times as much as the last bits of weights and inputs do. */
const SAFETY = 10;

/** Beyond this share an output says nothing of whether two computations are the same. */
const MOST_TOLERANCE = 0.2;

/** How exact a network's outputs are. All numbers are shares of the largest value. */
export interface Conditioning {
  /** by how much outputs move where every weight and input moves by its last bit */
  readonly rounding: number;
  /** what two computations of the same may differ by */
  readonly tolerance: number;
  /** rounding alone moves the outputs by so much that comparing them tells nothing */
  readonly hopeless: boolean;
}

/** Outputs of one network for other weights and inputs. */
type Run = (
  weights: Weights,
  inputs: readonly Float32Array[],
) => readonly Float32Array[] | Promise<readonly Float32Array[]>;

/**
 * Measures a network's own rounding: deep networks can make of a last bit a hundredth, and then no two ways to compute
 * them agree better than that.
 */
export async function conditioning(
  run: Run,
  weights: Weights,
  inputs: readonly Float32Array[],
  random: Random,
): Promise<Conditioning> {
  const first = await run(weights, inputs);
  let rounding = 0;
  for (let i = 0; i < 2; i++) {
    const moved = new Map([...weights].map(([id, values]) => [id, nudged(values, random)]));
    const other = await run(
      moved,
      inputs.map((x) => nudged(x, random)),
    );
    rounding = Math.max(rounding, largestDifference(first, other));
  }
  const tolerance = Math.max(LEAST_TOLERANCE, SAFETY * rounding);
  return { rounding, tolerance, hopeless: !(tolerance <= MOST_TOLERANCE) };
}

/** Every number moved by up to its last bit, up or down. */
function nudged(values: Float32Array, random: Random): Float32Array {
  return values.map((v) => v * (1 + (2 * random.uniform() - 1) * 2 ** -23));
}

/**
 * Random inputs in a network's own range: whole numbers from 0 to 255 where it begins by scaling such down, what its
 * statistics say where it begins by normalising, else normal ones.
 */
export function ownInputs(graph: Graph, weights: Weights, n: number, random: Random): Float32Array[] {
  return graph.inputs.map((id) => {
    const size = n * inputSize(graph, id);
    const works = firstWorks(graph, id);
    const draw = drawn(works.length === 1 ? works[0] : undefined, weights, random);
    return Float32Array.from({ length: size }, (_, i) => draw(i));
  });
}

function drawn(reader: Node | undefined, weights: Weights, random: Random): (i: number) => number {
  if (reader?.op.kind === 'affine') {
    const scale = Math.max(...reader.op.scale.map(Math.abs));
    const offset = Math.max(...reader.op.offset.map(Math.abs));
    if (scale < 0.25 || offset >= 16) return () => random.integer(0, 255);
    if (scale > 16) return () => random.uniform();
  }
  const mean = weights.get(reader?.params.mean ?? '');
  const variance = weights.get(reader?.params.variance ?? '');
  if (mean && variance && mean.length === variance.length)
    return (i) => mean[i % mean.length] + Math.sqrt(variance[i % mean.length]) * random.normal();
  return () => random.normal();
}

/** Over all outputs, the largest |a - b| as a share of the output's largest |a|; infinite where shapes differ. */
export function largestDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let k = 0; k < a.length; k++) {
    if (a[k].length !== b[k].length) return Infinity;
    let scale = 0;
    let most = 0;
    for (let i = 0; i < a[k].length; i++) {
      const gap = Math.abs(a[k][i] - b[k][i]);
      // a NaN in both is the same; in one is not
      if (Number.isNaN(gap)) {
        if (!Object.is(a[k][i], b[k][i])) return Infinity;
        continue;
      }
      scale = Math.max(scale, Math.abs(a[k][i]));
      most = Math.max(most, gap);
    }
    worst = Math.max(worst, most / Math.max(scale, 1e-12));
  }
  return worst;
}
