import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decode } from '../../../src/data/pixels/decode.ts';
import { firstPicture } from '../../../src/data/pixels/tiff.ts';

const entry = (tag: number, type: number, value: number) => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(tag, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.writeUInt32LE(1, 4);
  bytes.writeUInt32LE(value, 8);
  return bytes;
};
const SIZE = 2 + 10 * 12 + 4;

/** Grey pictures of 4 x 4, each of one level; `next` says which directory follows which. */
function pictures(levels: readonly number[], next: (i: number) => number | null, colours = 1): Buffer {
  const data = Buffer.concat(levels.map((level) => Buffer.alloc(16, level)));
  const place = (i: number) => 8 + data.length + i * SIZE;
  const directories = levels.map((_, i) => {
    const tags = [
      [256, 4, 4],
      [257, 4, 4],
      [258, 3, 8],
      [259, 3, 1],
      [262, 3, colours],
      [273, 4, 8 + 16 * i],
      [277, 3, 1],
      [278, 4, 4],
      [279, 4, 16],
      [284, 3, 1],
    ];
    const bytes = Buffer.alloc(SIZE);
    bytes.writeUInt16LE(tags.length, 0);
    tags.forEach(([tag, type, value], k) => entry(tag, type, value).copy(bytes, 2 + 12 * k));
    const after = next(i);
    bytes.writeUInt32LE(after === null ? 0 : place(after), SIZE - 4);
    return bytes;
  });
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(place(0), 4);
  return Buffer.concat([head, data, ...directories]);
}

const shape = { height: 4, width: 4, channels: 1 } as const;
const read = async (bytes: Uint8Array) => [
  ...new Set((await decode({ kind: 'file', bytes }, shape, 'keras')).pixels),
];

it('of a file with many pictures the first alone is looked at, however they follow one another', async () => {
  const chain = pictures([10, 20, 30], (i) => (i < 2 ? i + 1 : null));
  const circle = pictures([10, 20, 30], (i) => (i + 1) % 3);
  for (const bytes of [chain, circle, pictures([10], () => 0), pictures([10], () => null)]) {
    expect(await read(bytes)).toEqual([10]);
    expect((await sharp(firstPicture(bytes)).metadata()).pages ?? 1).toBe(1);
  }
});

it('a file with one picture, or none, is left as it is', () => {
  const one = pictures([10], () => null);
  for (const bytes of [one, one.subarray(0, 3), one.subarray(0, 20), Buffer.from('no picture at all')])
    expect(firstPicture(bytes)).toBe(bytes);
});

it('of YCbCr without JPEG, or of Lab, is refused', async () => {
  for (const [colours, what] of [
    [6, 'YCbCr without JPEG'],
    [8, 'Lab'],
    [9, 'Lab'],
  ] as const)
    await expect(read(pictures([10], () => null, colours))).rejects.toThrow(
      `a TIFF of ${what}; save it as RGB`,
    );
  expect(await read(pictures([10], () => null, 1))).toEqual([10]);
});
