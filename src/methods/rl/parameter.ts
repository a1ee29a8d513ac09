import { InputError } from '../../graph/errors.ts';
import type { Random } from '../../graph/random.ts';

/** Trained numbers by name, with the gradient that is gathering for them. */
export interface Parameter {
  readonly name: string;
  readonly value: Float32Array;
  readonly gradient: Float32Array;
}

export function parameter(name: string, value: Float32Array): Parameter {
  return { name, value, gradient: new Float32Array(value.length) };
}

export function clearGradients(parameters: readonly Parameter[]): void {
  for (const { gradient } of parameters) gradient.fill(0);
}

/** Xavier's (Glorot's) uniform initialisation of a matrix [rows, columns]. */
export function xavier(rows: number, columns: number, random: Random): Float32Array {
  const limit = Math.sqrt(6 / (rows + columns));
  return Float32Array.from({ length: rows * columns }, () => limit * (2 * random.uniform() - 1));
}

/** A matrix [rows, columns] with orthonormal rows or columns (whichever are fewer), times a gain (Saxe et al. 2014). */
export function orthogonal(rows: number, columns: number, gain: number, random: Random): Float32Array {
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const v = Float64Array.from({ length }, () => random.normal());
    // twice: once leaves what rounding lost
    for (let again = 0; again < 2; again++)
      for (const u of basis) {
        let dot = 0;
        for (let i = 0; i < length; i++) dot += u[i] * v[i];
        for (let i = 0; i < length; i++) v[i] -= dot * u[i];
      }
    const norm = Math.hypot(...v);
    if (norm > 1e-6) basis.push(v.map((x) => x / norm));
  }
  const result = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      result[i * columns + j] = gain * (rows < columns ? basis[i][j] : basis[j][i]);
  return result;
}

/** Copies of all values, by `<prefix><name>`. */
export function saveParameters(parameters: readonly Parameter[], prefix = ''): Map<string, Float32Array> {
  return new Map(parameters.map(({ name, value }) => [prefix + name, value.slice()]));
}

/** Back to saved values, bit for bit. @throws InputError where one is missing or of another size */
export function restoreParameters(
  parameters: readonly Parameter[],
  saved: ReadonlyMap<string, Float32Array>,
  prefix = '',
): void {
  for (const { name, value } of parameters) restoreArray(value, saved, prefix + name);
}

/** One saved array, put back in place. @throws InputError where it is missing or of another size */
export function restoreArray(
  value: Float32Array,
  saved: ReadonlyMap<string, Float32Array>,
  name: string,
): void {
  const from = saved.get(name);
  if (from?.length !== value.length)
    throw new InputError(
      `the checkpoint does not fit: ${name} has ${from?.length ?? 'no'} values instead of ${value.length}`,
    );
  value.set(from);
}
