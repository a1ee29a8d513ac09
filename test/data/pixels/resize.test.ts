import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/data/pixels/decode.ts';
import { parseResize, resized } from '../../../src/data/pixels/resize.ts';
import { resizes } from '../../../src/terms/images.ts';
import type { Resize } from '../../../src/terms/images.ts';

interface Case {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly name: Resize;
  /** PIL's bytes, to the last bit */
  readonly bytes?: string;
  /** TensorFlow's floats, in 128ths */
  readonly parts?: string;
}

const cases = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../reference/resize.json'), 'utf8'),
) as Case[];

function source([height, width]: readonly [number, number]) {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (7919 * i + i * i) % 256);
  return { data, height, width, channels: 3 };
}

/** One row of greys. */
const row = (values: readonly number[], width: number, resize: Resize): number[] => [
  ...resized(
    { data: Uint8Array.from(values), height: 1, width: values.length, channels: 1 },
    1,
    width,
    resize,
  ),
];

describe('resizing', () => {
  for (const name of new Set(cases.map((one) => one.name)))
    it(`${name} is what its reference gives`, () => {
      for (const { from, to, bytes, parts } of cases.filter((one) => one.name === name)) {
        const found = resized(source(from), to[0], to[1], name);
        if (bytes) expect(Buffer.from(found).toString('base64'), `${from} to ${to}`).toBe(bytes);
        if (!parts) continue;
        const raw = Buffer.from(parts, 'base64');
        found.forEach((value, i) =>
          expect(Math.abs(value - raw.readUInt16LE(2 * i) / 128)).toBeLessThan(0.52),
        );
      }
    });

  it('gives what can be worked out by hand', () => {
    expect(row([0, 100], 4, 'keras')).toEqual([0, 25, 75, 100]);
    expect(row([0, 100], 4, 'pil')).toEqual([0, 25, 75, 100]);
    expect(row([0, 100], 4, 'area')).toEqual([0, 0, 100, 100]);
    expect(row([0, 100], 4, 'nearest')).toEqual([0, 0, 100, 100]);
    // no antialias: pixels 1 and 4 alone
    expect(row([0, 10, 20, 30, 40, 50], 2, 'keras')).toEqual([10, 40]);
    // triangles of two pixels to each side: (10 * 3 + 20 * 3 + 30) / 7
    expect(row([10, 20, 30, 40], 2, 'pil')).toEqual([17, 33]);
    expect(row([0, 90, 180], 2, 'area')).toEqual([30, 150]);
    // the middle two of four
    const wide = { data: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), height: 2, width: 4, channels: 1 };
    expect([...resized(wide, 2, 2, 'keras-crop')]).toEqual([2, 3, 6, 7]);
    expect([...resized(wide, 4, 4, 'keras-pad')]).toEqual([0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0]);
  });

  it('is not shifted: a ramp keeps its place, enlarged or made smaller', () => {
    // what libvips' resize did: 0.35 source pixels from 24 to 32
    const ramp = Array.from({ length: 24 }, (_, i) => 10 * i);
    // bars are added where proportions differ, and one row has others than any picture
    for (const name of resizes.filter((one) => one !== 'keras-pad' && !/crop|centre/.test(one)))
      for (const width of [20, 32, 48, 224]) {
        const there = row(ramp, width, name);
        const back = row([...ramp].reverse(), width, name).reverse();
        const middle = there
          .slice(2, -2)
          .reduce((sum, v, k) => sum + (v - (((k + 2.5) * 24) / width) * 10 + 5), 0);
        expect(Math.abs(middle / (width - 4)), `${name} to ${width}`).toBeLessThan(
          name.includes('nearest') ? 6 : 1,
        );
        if (!name.includes('nearest'))
          there.forEach((v, k) =>
            expect(Math.abs(v - back[k]), `${name} to ${width}`).toBeLessThanOrEqual(1),
          );
      }
  });

  it('PyTorch shows the middle of what it made an eighth larger', () => {
    // 37 of 32: a picture of one step, and the step stays in the middle
    const data = Uint8Array.from({ length: 64 * 128 }, (_, i) => (i % 128 < 64 ? 0 : 255));
    const out = resized({ data, height: 64, width: 128, channels: 1 }, 32, 32, 'pil-centre');
    expect([out[0], out[15 * 32 + 13], out[15 * 32 + 18], out[31]]).toEqual([0, 0, 255, 255]);
  });

  it('leaves images of the network’s size as they are', async () => {
    const shape = { height: 24, width: 20, channels: 3 };
    const found = { kind: 'pixels' as const, ...source([24, 20]) };
    for (const name of [...resizes.filter((one) => !one.endsWith('centre')), 'as-before'] as const) {
      const { pixels, other } = await decode(found, shape, name);
      expect(other).toBe(false);
      expect(pixels).toEqual(found.data);
    }
  });

  it('takes grey of colour before it resizes, as PIL and Keras do', async () => {
    const found = { kind: 'pixels' as const, ...source([24, 20]) };
    const grey = await decode(found, { height: 24, width: 20, channels: 1 }, 'pil');
    const { pixels } = await decode(found, { height: 9, width: 9, channels: 1 }, 'pil');
    const wanted = resized({ data: grey.pixels, height: 24, width: 20, channels: 1 }, 9, 9, 'pil');
    expect(pixels).toEqual(wanted);
  });

  it('reads a name, and refuses others by naming them', () => {
    expect(parseResize(' Keras ')).toBe('keras');
    expect(() => parseResize('bilinear')).toThrow(
      /called "bilinear": it is auto or one of keras, keras-crop/,
    );
  });
});
