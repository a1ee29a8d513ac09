import { InputError } from '../graph/errors.ts';

/**
 * Class indices as rows [n, classes] of probabilities, with label smoothing: 1 - s + s / classes for the right class,
 * s / classes for every other (Szegedy et al. 2016).
 */
export function targetRows(labels: ArrayLike<number>, classes: number, smoothing: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  const off = smoothing / classes;
  if (off !== 0) rows.fill(off);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (!(label >= 0 && label < classes))
      throw new InputError(
        `an image has class ${label}, but the network has ${classes} classes (0 to ${classes - 1})`,
      );
    rows[i * classes + label] = 1 - smoothing + off;
  }
  return rows;
}
