import type { Head } from '../heads.ts';

/** What an output gives, of what its activation is applied to. */
export function activated(
  values: Float32Array,
  { activation, units }: Pick<Head, 'activation' | 'units'>,
): Float32Array {
  if (activation === 'softmax') return softmaxRows(values, units, 1);
  return activation === 'sigmoid' ? values.map(sigmoid) : values;
}

/** Softmax over each row of `width` values, each divided by the temperature first. */
export function softmaxRows(values: Float32Array, width: number, temperature: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (let i = 0; i < width; i++) sum += out[start + i] = Math.exp((row[i] - most) / temperature);
    for (let i = 0; i < width; i++) out[start + i] /= sum;
  }
  return out;
}

/** The class that logits are for: the largest's, or of one unit whether it says yes; -1 where they aren't numbers. */
export function classOf(logits: Float32Array): number {
  if (logits.length === 1) return Number.isFinite(logits[0]) ? Number(logits[0] > 0) : -1;
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return Number.isFinite(logits[best]) ? best : -1;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
