import { InputError } from '../../graph/errors.ts';

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

/**
 * Class indices as rows [n * units, 2], each unit a question of its own: (1 - y, y), y being 1 for the unit of the right
 * class, smoothed to 1 - s / 2 and s / 2 as Keras' binary cross-entropy does. A single unit says yes to class 1 of two.
 */
export function unitRows(labels: ArrayLike<number>, units: number, smoothing: number): Float32Array {
  if (units === 1) return targetRows(labels, 2, smoothing);
  const rows = new Float32Array(labels.length * units * 2);
  const off = smoothing / 2;
  const on = 1 - smoothing + off;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (!(label >= 0 && label < units))
      throw new InputError(
        `an image has class ${label}, but the network has ${units} classes (0 to ${units - 1})`,
      );
    for (let k = 0; k < units; k++) {
      rows[2 * (i * units + k)] = k === label ? off : on;
      rows[2 * (i * units + k) + 1] = k === label ? on : off;
    }
  }
  return rows;
}

/** Probabilities as rows (1 - p, p). */
export function answerRows(probabilities: Float32Array): Float32Array {
  const rows = new Float32Array(2 * probabilities.length);
  for (let i = 0; i < probabilities.length; i++) {
    rows[2 * i] = 1 - probabilities[i];
    rows[2 * i + 1] = probabilities[i];
  }
  return rows;
}

/** Mean over rows of -sum p log p: what a cross-entropy with these targets can't go below. */
export function entropyOf(rows: Float32Array, width: number): number {
  let sum = 0;
  for (const p of rows) if (p > 0) sum -= p * Math.log(p);
  return (sum * width) / rows.length;
}

/**
 * Draws targets towards what a teacher answers, in place: (1 - share) * target + share * answer (Hinton et al. 2015, at
 * temperature 1).
 */
export function blend(targets: Float32Array, answers: Float32Array, share: number): void {
  for (let i = 0; i < targets.length; i++) targets[i] += share * (answers[i] - targets[i]);
}
