import type * as tfc from '@tensorflow/tfjs-core';
import type { AxisChannels, Dependencies } from '../../../graph/types.ts';
import type { Tf } from '../../../runtime/types.ts';
import type { KeptChannels } from '../../../terms/candidates.ts';

/**
 * Cuts a full-size parameter to the kept channels, differentiably: gradients of what is cut away are zero.
 *
 * @returns a function of a parameter's id and full tensor, for use inside a tidy
 */
export function cropper(
  tf: Tf,
  dependencies: Dependencies,
  kept: KeptChannels,
): (paramId: string, full: tfc.Tensor) => tfc.Tensor {
  const masks = kept.map((channels, g) => {
    const mask = new Uint8Array(dependencies.groups[g].size);
    for (const c of channels) mask[c] = 1;
    return mask;
  });
  const known = new Map<AxisChannels, Int32Array>();
  const positions = (axis: AxisChannels): Int32Array => {
    let found = known.get(axis);
    if (found) return found;
    const stay: number[] = [];
    for (let i = 0; i < axis.group.length; i++)
      if (axis.group[i] < 0 || masks[axis.group[i]][axis.channel[i]] === 1) stay.push(i);
    known.set(axis, (found = Int32Array.from(stay)));
    return found;
  };
  return (paramId, full) => {
    const axes = dependencies.params[paramId] ?? [];
    const size = [...full.shape];
    let result = full;
    axes.forEach((axis, a) => {
      if (!axis) return;
      const stay = positions(axis);
      if (stay.length === full.shape[a]) return;
      if (stay[stay.length - 1] === stay.length - 1) size[a] = stay.length;
      else result = take(tf, result, stay, a);
    });
    // all leading crops at once
    const cut = result.shape.map((n, a) => Math.min(n, size[a]));
    return cut.some((n, a) => n < result.shape[a])
      ? tf.slice(
          result,
          cut.map(() => 0),
          cut,
        )
      : result;
  };
}

/**
 * tf.gather of ascending, distinct positions, with a gradient that is a gather too (of dy with a row of zeros behind
 * it): the stock one sums by segment, which wasm has no kernel for.
 */
function take(tf: Tf, x: tfc.Tensor, positions: Int32Array, axis: number): tfc.Tensor {
  const size = x.shape[axis];
  const run = tf.customGrad((x: tfc.Tensor | tfc.GradSaveFunc) => ({
    value: tf.gather(x as tfc.Tensor, tf.tensor1d(positions, 'int32'), axis),
    gradFunc: (dy: tfc.Tensor) => {
      const back = new Int32Array(size).fill(positions.length);
      positions.forEach((p, i) => (back[p] = i));
      const row = dy.shape.map((n, a) => (a === axis ? 1 : n));
      return tf.gather(tf.concat([dy, tf.zeros(row)], axis), tf.tensor1d(back, 'int32'), axis);
    },
  }));
  return run(x);
}
