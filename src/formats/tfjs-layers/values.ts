import { InputError } from '../../graph/errors.ts';
import { sizeOf } from '../../graph/shapes.ts';
import { half } from '../keras-h5/floats.ts';
import { toHalf } from './half.ts';
import type { Quantization, WeightSpec } from './model-json.ts';

const sizes = { float32: 4, int32: 4, uint8: 1, bool: 1, uint16: 2, float16: 2 };

/** Bytes that a weight takes in its shard. */
export function byteLength(spec: WeightSpec): number {
  return sizeOf(spec.shape) * sizes[spec.quantization?.dtype ?? spec.dtype];
}

/**
 * A weight's values, dequantised as TensorFlow.js does it: q * scale + min, rounded to float32.
 * @param bytes exactly byteLength(spec), at any offset
 */
export function decode(spec: WeightSpec, bytes: Uint8Array): Float32Array {
  const raw = new Uint8Array(bytes).buffer; // a copy, since typed arrays need an aligned start
  const q = spec.quantization;
  if (!q) {
    if (spec.dtype === 'float32') return new Float32Array(raw);
    return Float32Array.from(spec.dtype === 'int32' ? new Int32Array(raw) : new Uint8Array(raw));
  }
  if (q.dtype === 'float16') return Float32Array.from(new Uint16Array(raw), half);
  const { scale, min } = grid(spec, q);
  const levels = q.dtype === 'uint8' ? new Uint8Array(raw) : new Uint16Array(raw);
  const integer = spec.dtype === 'int32';
  return Float32Array.from(levels, (v) => (integer ? Math.round(v * scale + min) : v * scale + min));
}

/**
 * A weight in its shard's form: as the source's spec stored it where that loses nothing, else as float32. A weight of
 * which channels were only removed stays on its quantisation grid, so it stays quantised with the same scale and min.
 * @param shape the new shape; values.length is its size
 */
export function encode(
  spec: WeightSpec,
  values: Float32Array,
  shape: readonly number[],
): { spec: WeightSpec; bytes: Uint8Array } {
  const kept = { ...spec, shape: [...shape] };
  const exact = pack(kept, values);
  if (exact) return { spec: kept, bytes: exact };
  const plain: WeightSpec = { ...kept, dtype: 'float32' };
  delete plain.quantization;
  return { spec: plain, bytes: bytesOf(values) };
}

/** The values in the spec's own form, or undefined where one of them can't be held exactly. */
function pack(spec: WeightSpec, values: Float32Array): Uint8Array | undefined {
  const q = spec.quantization;
  if (!q) {
    if (spec.dtype === 'float32') return bytesOf(values);
    const integers = spec.dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
    return values.every((v, i) => v === integers[i]) ? bytesOf(integers) : undefined;
  }
  const levels =
    q.dtype === 'uint8'
      ? new Uint8Array(values.length)
      : /* uint16, float16 */ new Uint16Array(values.length);
  const one = q.dtype === 'float16' ? toHalf : nearestLevel(grid(spec, q), q.dtype === 'uint8' ? 255 : 65535);
  for (let i = 0; i < values.length; i++) levels[i] = one(values[i]);
  const bytes = bytesOf(levels);
  const back = decode(spec, bytes);
  return values.every((v, i) => v === back[i]) ? bytes : undefined;
}

function nearestLevel({ scale, min }: { scale: number; min: number }, top: number): (v: number) => number {
  return (v) => (scale === 0 ? 0 : Math.min(top, Math.max(0, Math.round((v - min) / scale))));
}

function grid(spec: WeightSpec, q: Quantization): { scale: number; min: number } {
  if (q.scale === undefined || q.min === undefined)
    throw new InputError(`the weight "${spec.name}" is quantised to ${q.dtype} but has no scale and min`);
  return { scale: q.scale, min: q.min };
}

function bytesOf(array: Float32Array | Int32Array | Uint8Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
}
