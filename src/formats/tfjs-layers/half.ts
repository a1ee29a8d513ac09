const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);

/** A float32 that a half can hold exactly, to its 16 bits; any other is cut towards zero, so it won't read back. */
export function toHalf(v: number): number {
  value[0] = v;
  const sign = (bits[0] >>> 16) & 0x8000;
  const exponent = ((bits[0] >>> 23) & 0xff) - 127;
  const fraction = bits[0] & 0x7fffff;
  if (exponent === 128) return sign | 0x7c00 | (fraction ? 0x200 : 0);
  if (exponent > 15) return sign | 0x7c00;
  if (exponent >= -14) return sign | ((exponent + 15) << 10) | (fraction >> 13);
  if (exponent < -24) return sign;
  return sign | ((fraction | 0x800000) >> (-exponent - 1));
}
