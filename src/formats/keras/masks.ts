import type { Hdf5 } from '../keras-h5/hdf5.ts';
import { FLOAT } from '../keras-h5/hdf5-module.ts';

/**
 * The masks of pruning wrappers, in a store: beside the wrapped layer ("layer/vars"), the wrapper keeps its own arrays
 * ("vars"), a weight and its mask of the same shape; the mask is the one of zeros and ones.
 * @param arrays parameter id -> path of its dataset, from findArrays
 * @returns path of a dataset -> its mask's values
 */
export function findMasks(
  h5: Hdf5,
  arrays: ReadonlyMap<string, string>,
  wrappers: ReadonlyMap<string, string>,
): Map<string, Float32Array> {
  const masks = new Map<string, Float32Array>();
  for (const [param, path] of arrays) {
    const layer = param.slice(0, param.lastIndexOf('/'));
    const inner = path.lastIndexOf('/layer/vars/');
    if (!wrappers.has(layer) || inner < 0) continue;
    const own = `${path.slice(0, inner)}/vars`;
    const shape = h5.dataset(path).shape?.join();
    for (const name of h5.kind(own) === 'group' ? h5.names(own) : []) {
      const at = `${own}/${name}`;
      if (h5.kind(at) !== 'dataset') continue;
      const meta = h5.dataset(at);
      if (meta.type !== FLOAT || meta.shape?.join() !== shape) continue;
      const values = h5.floats(at, meta);
      if (values.every((v) => v === 0 || v === 1)) masks.set(path, values);
    }
  }
  return masks;
}

/** Zero where the mask is. */
export function maskedBy(values: Float32Array, mask: Float32Array | undefined): Float32Array {
  return mask ? values.map((v, i) => v * mask[i]) : values;
}
