import { describe, expect, it } from 'vitest';
import { batchCount, batches } from '../../src/data/batches.ts';
import { PREPROCESSES, parsePreprocess } from '../../src/data/pixels/preprocess.ts';
import { thumbnails } from '../../src/data/sample.ts';
import type { Batch, Split } from '../../src/data/types.ts';
import { Random, type RandomState } from '../../src/graph/random.ts';
import type { Augmentation } from '../../src/terms/choices.ts';
import type { Preprocess } from '../../src/terms/images.ts';

/** A split of seeded noise in memory; `reads` tells what was asked for and when. */
function noiseSplit(
  size: number,
  height: number,
  width: number,
  channels: number,
): Split & { reads: number[][] } {
  const random = new Random(11);
  const image = height * width * channels;
  const pixels = Uint8Array.from({ length: size * image }, () => random.uint32() & 255);
  const reads: number[][] = [];
  return {
    name: 'train',
    size,
    height,
    width,
    channels,
    labels: Int32Array.from({ length: size }, (_, i) => i % 3),
    reads,
    async read(indices, out) {
      reads.push(Array.from(indices));
      for (let k = 0; k < indices.length; k++)
        out.set(pixels.subarray(indices[k] * image, (indices[k] + 1) * image), k * image);
    },
  };
}

async function collect(epoch: AsyncIterable<Batch>): Promise<Batch[]> {
  const result: Batch[] = [];
  for await (const batch of epoch) result.push(batch);
  return result;
}

/** Pixel by pixel: what the docstrings say, with no cleverness. */
async function bruteForce(
  split: Split,
  index: number,
  preprocess: Preprocess,
  mirror: boolean,
  down: number,
  right: number,
): Promise<number[]> {
  const { height, width, channels } = split;
  const source = new Uint8Array(height * width * channels);
  await split.read([index], source);
  const out: number[] = [];
  for (let h = 0; h < height; h++)
    for (let w = 0; w < width; w++)
      for (let c = 0; c < channels; c++) {
        const sh = h - down;
        const shifted = w - right;
        const sw = mirror ? width - 1 - shifted : shifted;
        const inside = sh >= 0 && sh < height && shifted >= 0 && shifted < width;
        const plane = preprocess.bgr ? channels - 1 - c : c;
        const value = inside ? source[(sh * width + sw) * channels + plane] : 0;
        const at = (list: readonly number[]): number => list[list.length === 1 ? 0 : c];
        out.push(Math.fround(value * at(preprocess.scale) + at(preprocess.offset)));
      }
  return out;
}

const COMMON = ['unit', 'signed', 'raw', 'imagenet', 'caffe'].map((name) => PREPROCESSES[name]);

describe('without augmentation', () => {
  it('applies every preprocessing as x * scale + offset, after BGR', async () => {
    const split = noiseSplit(5, 4, 6, 3);
    for (const preprocess of COMMON) {
      const [first, second] = await collect(
        batches(split, preprocess, { batchSize: 3, order: 'sequential' }),
      );
      expect([first.n, second.n]).toEqual([3, 2]);
      expect(Array.from(second.y)).toEqual([0, 1]);
      const expected = [
        ...(await bruteForce(split, 3, preprocess, false, 0, 0)),
        ...(await bruteForce(split, 4, preprocess, false, 0, 0)),
      ];
      expect(Array.from(second.x)).toEqual(expected);
    }
  });

  it('takes every image once in a shuffled epoch, by the seed', async () => {
    const split = noiseSplit(50, 2, 2, 1);
    const run = async (seed: number): Promise<number[]> => {
      split.reads.length = 0;
      await collect(batches(split, PREPROCESSES.raw, { batchSize: 8, order: new Random(seed) }));
      return split.reads.flat();
    };
    const order = await run(4);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(await run(4)).toEqual(order);
    expect(await run(5)).not.toEqual(order);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('drops a last batch that is not full when told, and counts alike', async () => {
    const split = noiseSplit(10, 2, 2, 1);
    for (const [dropLast, sizes] of [
      [false, [4, 4, 2]],
      [true, [4, 4]],
    ] as const) {
      const list = await collect(
        batches(split, PREPROCESSES.raw, { batchSize: 4, order: 'sequential', dropLast }),
      );
      expect(list.map((b) => b.n)).toEqual(sizes);
      expect(batchCount(10, 4, dropLast)).toBe(sizes.length);
    }
    await expect(async () =>
      collect(batches(split, PREPROCESSES.raw, { batchSize: 0, order: 'sequential' })),
    ).rejects.toThrow(RangeError);
  });
});

describe('augmentation', () => {
  it.each([
    ['flip', { flip: true, shift: 0 }],
    ['shift', { flip: false, shift: 3 }],
    ['both', { flip: true, shift: 2 }],
    ['shifts beyond the image', { flip: true, shift: 6 }],
  ] satisfies [string, Augmentation][])(
    'is what a pixel-by-pixel twin gives: %s',
    async (_, augmentation) => {
      for (const channels of [1, 3]) {
        const split = noiseSplit(14, 4, 5, channels);
        for (const preprocess of channels === 3 ? COMMON : COMMON.slice(0, 3)) {
          const list = await collect(
            batches(split, preprocess, {
              batchSize: 6,
              order: 'sequential',
              augmentation,
              random: new Random(2),
            }),
          );
          const seen = new Set<string>();
          for (let i = 0; i < split.size; i++) {
            const size = 4 * 5 * channels;
            const { x } = list[Math.floor(i / 6)];
            const got = Array.from(x.subarray((i % 6) * size, ((i % 6) + 1) * size)).join();
            // exactly one of all possible flips and shifts (those that leave nothing are alike)
            const matches: string[] = [];
            const s = augmentation.shift;
            for (const mirror of augmentation.flip ? [false, true] : [false])
              for (let down = -s; down <= s; down++)
                for (let right = -s; right <= s; right++)
                  if ((await bruteForce(split, i, preprocess, mirror, down, right)).join() === got)
                    matches.push(`${mirror} ${down} ${right}`);
            expect(matches.length, `image ${i}`).toBeGreaterThan(0);
            if (s < 4) expect(matches).toHaveLength(1);
            seen.add(matches[0]);
          }
          // it does move
          expect(seen.size).toBeGreaterThan(1);
        }
      }
    },
  );

  it('draws flips and shifts evenly', async () => {
    const split = noiseSplit(3000, 3, 3, 1);
    const [{ x }] = await collect(
      batches(split, PREPROCESSES.raw, {
        batchSize: 3000,
        order: 'sequential',
        augmentation: { flip: true, shift: 0 },
        random: new Random(1),
      }),
    );
    let flips = 0;
    for (let i = 0; i < 3000; i++) {
      const same = (await bruteForce(split, i, PREPROCESSES.raw, false, 0, 0)).join();
      if (Array.from(x.subarray(i * 9, i * 9 + 9)).join() !== same) flips++;
    }
    // 1500 and 4 standard deviations of 27
    expect(Math.abs(flips - 1500)).toBeLessThan(110);
  });

  it('resumes at any batch with the same batches, from the state at the start of the epoch', async () => {
    const split = noiseSplit(50, 4, 4, 3);
    const start: RandomState = new Random(9).state;
    const epoch = (from: number): { list: Promise<Batch[]>; after: RandomState } => {
      const random = new Random(start);
      const generator = batches(split, PREPROCESSES.imagenet, {
        batchSize: 8,
        order: random,
        augmentation: { flip: true, shift: 2 },
        from,
      });
      // drawn already, before the first batch is asked for
      const after = random.state;
      return { list: collect(generator), after };
    };
    const whole = epoch(0);
    const full = await whole.list;
    expect(full).toHaveLength(7);
    for (const from of [1, 4, 6, 7]) {
      const rest = epoch(from);
      expect(rest.after).toEqual(whole.after);
      expect(await rest.list).toEqual(full.slice(from));
    }
  });

  it('needs a generator', () => {
    expect(() =>
      batches(noiseSplit(4, 2, 2, 1), PREPROCESSES.raw, {
        batchSize: 2,
        order: 'sequential',
        augmentation: { flip: true, shift: 0 },
      }),
    ).toThrow(TypeError);
  });
});

describe('reading ahead', () => {
  it('asks for the next batch before it hands out this one, and never for more', async () => {
    const split = noiseSplit(40, 2, 2, 1);
    const epoch = batches(split, PREPROCESSES.raw, { batchSize: 10, order: 'sequential' });
    expect(split.reads).toHaveLength(0);
    for (let k = 0; k < 4; k++) {
      const { value } = await epoch.next();
      expect((value as Batch).n).toBe(10);
      expect(split.reads.map((r) => r[0] / 10)).toEqual([0, 1, 2, 3].slice(0, Math.min(4, k + 2)));
    }
    expect((await epoch.next()).done).toBe(true);
  });

  it('gives fresh arrays, and errors at the batch that has them', async () => {
    const split = noiseSplit(30, 2, 2, 1);
    const failing: Split = {
      ...split,
      read: async (indices, out) => {
        if (indices[0] === 20) throw new Error('disk gone');
        await split.read(indices, out);
      },
    };
    const epoch = batches(failing, PREPROCESSES.raw, { batchSize: 10, order: 'sequential' });
    const first = (await epoch.next()).value as Batch;
    const second = (await epoch.next()).value as Batch;
    expect(second.x.buffer).not.toBe(first.x.buffer);
    await expect(epoch.next()).rejects.toThrow('disk gone');
    // stopping early, with a failing batch ahead, ends quietly
    const early = batches(failing, PREPROCESSES.raw, { batchSize: 10, order: 'sequential', from: 1 });
    await early.next();
    await early.return();
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('thumbnails', () => {
  it('are the images, as PNG', async () => {
    const { default: sharp } = await import('sharp');
    for (const channels of [1, 3]) {
      const split = noiseSplit(4, 5, 6, channels);
      const uris = await thumbnails(split, [2, 0]);
      expect(uris).toHaveLength(2);
      const expected = new Uint8Array(30 * channels);
      await split.read([2], expected);
      const prefix = 'data:image/png;base64,';
      expect(uris[0].startsWith(prefix)).toBe(true);
      const png = Buffer.from(uris[0].slice(prefix.length), 'base64');
      const image = sharp(png);
      const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([6, 5]);
      for (let i = 0; i < 30; i++)
        for (let c = 0; c < channels; c++)
          expect(data[i * info.channels + c]).toBe(expected[i * channels + c]);
      const [large] = await thumbnails(split, [1], 3);
      const meta = await sharp(Buffer.from(large.slice(prefix.length), 'base64')).metadata();
      expect([meta.width, meta.height]).toEqual([18, 15]);
    }
  });
});

it('refuses a preprocessing of three channels for grey images', () => {
  for (const name of ['imagenet', 'caffe'])
    expect(() =>
      batches(noiseSplit(4, 2, 2, 1), parsePreprocess(name) as Preprocess, {
        batchSize: 2,
        order: 'sequential',
      }),
    ).toThrow(/3 channels|red and blue/);
});
