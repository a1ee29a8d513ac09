import { sizeOf } from '../../../graph/ops/rules/sizes.ts';
import { axisOf } from '../reading/reading.ts';
import type { Step } from '../reading/reading.ts';
import { constant, Unsaid } from '../reading/values.ts';
import type { Constant } from '../reading/values.ts';

/** Multiplications that are done while a file is read: tables of positions are small. */
const MAX_PRODUCTS = 2 ** 24;

type Inputs = readonly (Constant | undefined)[];

/** What exporters leave of tables that a network computes anew each time: positions, windows' masks, biases. */

export function matmul(_: Step, [a, b]: Inputs): Constant {
  const [x, y] = [a!.tensor, b!.tensor];
  const k = x.dims[x.dims.length - 1];
  if (x.dims.length < 2 || y.dims.length !== 2 || y.dims[0] !== k) throw new Unsaid('a product of constants');
  const rows = sizeOf(x.dims.slice(0, -1));
  const n = y.dims[1];
  if (rows * n * k > MAX_PRODUCTS) throw new Unsaid('a large product of constants');
  return constant(x.type, [...x.dims.slice(0, -1), n], () => {
    const [p, q] = [x.values(), y.values()];
    const out = new Float64Array(rows * n);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < k; j++) for (let c = 0; c < n; c++) out[i * n + c] += p[i * k + j] * q[j * n + c];
    return out;
  });
}

export function scatter(step: Step, [data, indices, updates]: Inputs): Constant {
  if (step.string('reduction', 'none') !== 'none') throw new Unsaid('a reduction');
  const { dims, type } = data!.tensor;
  const places = indices!.tensor.dims;
  const depth = places[places.length - 1];
  const run = sizeOf(dims.slice(depth));
  const strides = dims.map((__, a) => sizeOf(dims.slice(a + 1)));
  return constant(type, dims, () => {
    const out = Float64Array.from(data!.tensor.values());
    const [at, from] = [indices!.tensor.values(), updates!.tensor.values()];
    for (let i = 0; i * depth < at.length; i++) {
      let place = 0;
      for (let a = 0; a < depth; a++) {
        const p = at[i * depth + a];
        place += (p < 0 ? p + dims[a] : p) * strides[a];
      }
      if (!(place >= 0 && place + run <= out.length)) throw new Unsaid('places that are not there');
      for (let k = 0; k < run; k++) out[place + k] = from[i * run + k];
    }
    return out;
  });
}

/** Over some axes of a constant. */
export const reduced =
  (act: (sum: number, value: number) => number, start: number, mean = false) =>
  (step: Step, [x]: Inputs): Constant => {
    const { dims, type } = x!.tensor;
    const given = step.list('axes', 1);
    const over = new Set((given?.length ? given : [...dims.keys()]).map((a) => axisOf(a, dims.length)));
    const kept = dims.map((d, a) => (over.has(a) ? 1 : d));
    const count = sizeOf(dims) / sizeOf(kept);
    const strides = kept.map((_, a) => sizeOf(kept.slice(a + 1)));
    const out = step.int('keepdims', 1) ? kept : dims.filter((_, a) => !over.has(a));
    return constant(type, out, () => {
      const values = x!.tensor.values();
      const sums = new Float64Array(sizeOf(kept)).fill(start);
      for (let i = 0; i < values.length; i++) {
        let at = 0;
        let rest = i;
        for (let a = dims.length - 1; a >= 0; a--) {
          if (!over.has(a)) at += (rest % dims[a]) * strides[a];
          rest = Math.floor(rest / dims[a]);
        }
        sums[at] = act(sums[at], values[i]);
      }
      return mean ? sums.map((v) => v / count) : sums;
    });
  };
