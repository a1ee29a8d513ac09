import { describe, expect, it } from 'vitest';
import { half, toFloat32 } from '../../../src/formats/keras-h5/floats.ts';
import { FLOAT, INTEGER } from '../../../src/formats/keras-h5/hdf5-module.ts';

const meta = (type: number, size: number, littleEndian: boolean, total_size: number) => ({
  type,
  size,
  signed: true,
  littleEndian,
  vlen: false,
  shape: [total_size],
  total_size,
});

describe('stored numbers', () => {
  // numpy: np.array([1, -2, 65504, 0.1, 6e-8, inf], np.float16).view(np.uint16)
  it.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x2e66, 0.0999755859375],
    [0x0001, 2 ** -24],
    [0x7c00, Infinity],
    [0x8000, -0],
  ])('float16 %i', (bits, value) => {
    expect(half(bits)).toBe(value);
    const bytes = Uint8Array.of(bits & 255, bits >> 8);
    expect(toFloat32(bytes, meta(FLOAT, 2, true, 1))![0]).toBe(Math.fround(value));
    expect(toFloat32(bytes.reverse(), meta(FLOAT, 2, false, 1))![0]).toBe(Math.fround(value));
  });

  it('float64, big-endian float32, int64', () => {
    const doubles = new Uint8Array(Float64Array.of(0.1, -1e300).buffer);
    expect([...toFloat32(doubles, meta(FLOAT, 8, true, 2))!]).toEqual([Math.fround(0.1), -Infinity]);
    expect([...toFloat32(Uint8Array.of(0x3f, 0xc0, 0, 0), meta(FLOAT, 4, false, 1))!]).toEqual([1.5]);
    const longs = new Uint8Array(BigInt64Array.of(-7n).buffer);
    expect([...toFloat32(longs, meta(INTEGER, 8, true, 1))!]).toEqual([-7]);
    expect(toFloat32(longs, meta(FLOAT, 16, true, 1))).toBeUndefined();
    expect(toFloat32(longs, meta(INTEGER, 8, true, 2))).toBeUndefined();
  });
});
