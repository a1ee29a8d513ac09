import { endianness } from 'node:os';
import type { Meta } from './hdf5-module.ts';
import { FLOAT, INTEGER } from './hdf5-module.ts';

const littleEndianHere = endianness() === 'LE';

/**
 * Stored numbers as float32: float16, float32, float64 and integers, of either byte order.
 * Undefined for any other type.
 */
export function toFloat32(bytes: Uint8Array, meta: Meta): Float32Array | undefined {
  if (bytes.byteLength !== meta.total_size * meta.size) return undefined;
  const out = new Float32Array(meta.total_size);
  return intoFloat32(bytes, meta, out) ? out : undefined;
}

/** Whether numbers stored so can be read as float32. */
export function isNumeric(meta: Meta): boolean {
  return reader(new DataView(new ArrayBuffer(0)), meta) !== undefined;
}

/** The same into `out`, as many numbers as it holds; false where they are no numbers. */
export function intoFloat32(bytes: Uint8Array, meta: Meta, out: Float32Array): boolean {
  if (
    meta.type === FLOAT &&
    meta.size === 4 &&
    meta.littleEndian &&
    littleEndianHere &&
    bytes.byteOffset % 4 === 0
  ) {
    out.set(new Float32Array(bytes.buffer, bytes.byteOffset, out.length));
    return true;
  }
  const read = reader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), meta);
  if (!read) return false;
  for (let i = 0; i < out.length; i++) out[i] = read(i * meta.size);
  return true;
}

function reader(view: DataView, { type, size, signed, littleEndian: le }: Meta) {
  if (type === FLOAT) {
    if (size === 4) return (at: number) => view.getFloat32(at, le);
    if (size === 8) return (at: number) => view.getFloat64(at, le);
    if (size === 2) return (at: number) => half(view.getUint16(at, le));
  }
  if (type === INTEGER) {
    if (size === 8)
      return (at: number) => Number(signed ? view.getBigInt64(at, le) : view.getBigUint64(at, le));
    if (size === 4) return (at: number) => (signed ? view.getInt32(at, le) : view.getUint32(at, le));
    if (size === 2) return (at: number) => (signed ? view.getInt16(at, le) : view.getUint16(at, le));
    if (size === 1) return (at: number) => (signed ? view.getInt8(at) : view.getUint8(at));
  }
  return undefined;
}

/** IEEE 754 binary16. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
