import { sizeOf } from '../../../graph/ops/rules/sizes.ts';
import { constant, Unsaid } from '../reading/values.ts';
import type { Constant } from '../reading/values.ts';

/** Where the element at a place of a broadcast shape lies in an operand of this shape. */
export function position(at: number, whole: readonly number[], own: readonly number[]): number {
  let rest = at;
  let found = 0;
  let stride = 1;
  for (let a = whole.length - 1; a >= 0; a--) {
    const here = rest % whole[a];
    rest = Math.floor(rest / whole[a]);
    const axis = a - (whole.length - own.length);
    if (axis < 0) continue;
    if (own[axis] !== 1) found += here * stride;
    stride *= own[axis];
  }
  return found;
}

/** A constant broadcast to a shape. */
export function spread({ tensor, uniform }: Constant, dims: readonly number[]): Constant {
  const count = sizeOf(dims);
  if (uniform !== undefined)
    return constant(tensor.type, dims, () => new Float64Array(count).fill(uniform), { uniform });
  return constant(tensor.type, dims, () => {
    const own = tensor.values();
    return Float64Array.from({ length: count }, (_, k) => own[position(k, dims, tensor.dims)]);
  });
}

/** A constant with its axes in another order. */
export function moved({ tensor, uniform }: Constant, perm: readonly number[]): Constant {
  const { dims } = tensor;
  if ([...perm].sort((a, b) => a - b).join() !== [...dims.keys()].join())
    throw new Unsaid('a constant whose axes are moved to where none are');
  const to = perm.map((a) => dims[a]);
  if (uniform !== undefined)
    return constant(tensor.type, to, () => new Float64Array(sizeOf(to)).fill(uniform), { uniform });
  return constant(tensor.type, to, () => {
    const own = tensor.values();
    const strides = dims.map((_, a) => sizeOf(dims.slice(a + 1)));
    const out = own instanceof Float32Array ? new Float32Array(own.length) : new Float64Array(own.length);
    const counter = new Array<number>(to.length).fill(0);
    let from = 0;
    for (let k = 0; k < out.length; k++) {
      out[k] = own[from];
      for (let a = to.length - 1; a >= 0; a--) {
        from += strides[perm[a]];
        if (++counter[a] < to[a]) break;
        from -= counter[a] * strides[perm[a]];
        counter[a] = 0;
      }
    }
    return out;
  });
}
