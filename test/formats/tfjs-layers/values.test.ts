import { expect, test } from 'vitest';
import { half } from '../../../src/formats/keras-h5/floats.ts';
import type { WeightSpec } from '../../../src/formats/tfjs-layers/model-json.ts';
import { toHalf } from '../../../src/formats/tfjs-layers/half.ts';
import { matchNames } from '../../../src/formats/tfjs-layers/names.ts';
import { byteLength, decode, encode } from '../../../src/formats/tfjs-layers/values.ts';

const spec = (dtype: WeightSpec['dtype'], quantization?: WeightSpec['quantization']): WeightSpec => ({
  name: 'w',
  shape: [4],
  dtype,
  quantization,
});

/** Bytes at an odd offset of a larger buffer, as in a shard. */
function shard(array: ArrayLike<number> & { buffer: ArrayBufferLike }): Uint8Array {
  const bytes = new Uint8Array(array.buffer);
  const whole = Buffer.alloc(bytes.length + 3);
  whole.set(bytes, 3);
  return whole.subarray(3);
}

test.each([
  ['float32', spec('float32'), new Float32Array([1.5, -2, 0, 1e-9]), [1.5, -2, 0, Math.fround(1e-9)]],
  ['int32', spec('int32'), new Int32Array([-7, 0, 5, 70000]), [-7, 0, 5, 70000]],
  ['bool', spec('bool'), new Uint8Array([0, 1, 1, 0]), [0, 1, 1, 0]],
  [
    'uint8',
    spec('float32', { dtype: 'uint8', scale: 0.5, min: -3 }),
    new Uint8Array([0, 1, 6, 255]),
    [-3, -2.5, 0, 124.5],
  ],
  [
    'uint16',
    spec('float32', { dtype: 'uint16', scale: 0.25, min: 1 }),
    new Uint16Array([0, 1, 4, 65535]),
    [1, 1.25, 2, 16384.75],
  ],
  [
    'uint8 to int32',
    spec('int32', { dtype: 'uint8', scale: 1.6, min: -1 }),
    new Uint8Array([0, 1, 2, 3]),
    [-1, 1, 2, 4],
  ],
  [
    'float16',
    spec('float32', { dtype: 'float16' }),
    new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff]),
    [1, -2, 2 ** -24, 65504],
  ],
] as const)('%s: decoded by hand, encoded to the same bytes', (_, s, stored, values) => {
  const bytes = shard(stored);
  expect(byteLength(s)).toBe(bytes.length);
  const found = decode(s, bytes);
  expect([...found].map((v) => v + 0)).toEqual(values.map((v) => v + 0));
  const back = encode(s, found, [4]);
  expect(back.spec).toEqual(s);
  expect(Buffer.from(back.bytes).equals(Buffer.from(bytes))).toBe(true);
});

test('what left its grid becomes float32', () => {
  for (const s of [
    spec('float32', { dtype: 'uint8', scale: 0.5, min: -3 }),
    spec('float32', { dtype: 'float16' }),
    spec('int32'),
  ]) {
    const values = new Float32Array([-3, -2.5, 0, 0.1]);
    const { spec: after, bytes } = encode(s, values, [2, 2]);
    expect(after).toEqual({ name: 'w', shape: [2, 2], dtype: 'float32' });
    expect([...decode(after, bytes)]).toEqual([...values]);
  }
});

test('every half survives', () => {
  const lost = [];
  for (let h = 0; h < 65536; h++) if (!Number.isNaN(half(h)) && toHalf(half(h)) !== h) lost.push(h);
  expect(lost).toEqual([]);
});

const layer = (path: string, ...variables: string[]) => ({
  path,
  names: path.split('/'),
  className: 'Conv2D',
  params: variables.map((v) => `${path}/${v}`),
});

test('names are matched by layer, nested or prefixed, and never guessed', () => {
  const match = (paths: string[], names: string[]) =>
    Object.fromEntries(
      matchNames(
        paths.map((p) => layer(p, 'kernel', 'bias')),
        names,
        'f',
      ),
    );
  const both = (owner: string) => [`${owner}/kernel`, `${owner}/bias`];
  expect(match(['a', 'b'], [...both('b'), ...both('a')])['a/kernel']).toBe('a/kernel');
  expect(match(['m/a', 'n/a'], [...both('n/a'), ...both('m/a')])['m/a/bias']).toBe('m/a/bias');
  expect(match(['m/a'], both('a'))['m/a/kernel']).toBe('a/kernel');
  expect(match(['a', 'b'], [...both('model/a'), ...both('model/b')])['b/kernel']).toBe('model/b/kernel');
  expect(match(['a'], ['a/bias', 'a/kernel'])['a/kernel']).toBe('a/kernel');
  expect(() => match(['m/a', 'n/a'], both('a'))).toThrow(/could be those of layer/);
  expect(() => match(['a'], [...both('x/a'), ...both('y/a')])).toThrow(/could be "x\/a/);
  expect(() => match(['a'], both('b'))).toThrow(/no weights for layer "a"/);
  expect(() => match(['a'], [...both('a'), 'c/kernel'])).toThrow(/belongs to no layer/);
  expect(() => match(['a'], ['a/kernel'])).toThrow(/needs 2/);
  expect(() => match(['a'], ['a/kernel', 'a/gamma'])).toThrow(/needs kernel, bias/);
});
