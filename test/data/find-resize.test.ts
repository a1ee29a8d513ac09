import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { findResize } from '../../src/data/find-resize.ts';
import { openImages } from '../../src/data/open.ts';
import type { Sizes } from '../../src/data/sample-sizes.ts';
import { Interrupted } from '../../src/graph/errors.ts';
import { classFolders, freshFolders, writeFolder, type Files } from './fixtures.ts';
import type { Resize } from '../../src/terms/images.ts';

const fresh = freshFolders();

/** A network that gets so many right by each way, as many as `other` by those that aren't named. */
function knows(right: Partial<Record<Resize, number>>, other = 30) {
  const asked: Resize[] = [];
  const scoreWith = async (resize: Resize) => {
    asked.push(resize);
    const accuracy = right[resize] ?? other;
    return { accuracy, loss: 3 - accuracy / 50, images: 1000 };
  };
  return { asked, scoreWith };
}
const shrinking = { shrinks: true, stretched: false };

describe('how images are resized is found', () => {
  it('by accuracy', async () => {
    for (const name of ['keras', 'pil', 'area', 'nearest', 'pil-bicubic'] as const) {
      const found = await findResize(knows({ [name]: 60 }).scoreWith, shrinking, 10);
      expect(found.by).toBe(name);
      expect(found.why).toMatch(new RegExp(`^${name} gets 60.0 % of 1000 images right`));
    }
  });

  it('ties go to the commonest, and so do networks that know nothing', async () => {
    expect((await findResize(knows({}, 50).scoreWith, shrinking, 10)).by).toBe('keras');
    expect((await findResize(knows({ pil: 60, area: 60.2 }).scoreWith, shrinking, 10)).by).toBe('pil');
    const nothing = await findResize(knows({ area: 12 }, 10).scoreWith, shrinking, 10);
    expect(nothing.by).toBe('keras');
    expect(nothing.why).toMatch(/no way of resizing does better than guessing/);
  });

  it('with what is done about proportions, only where those change', async () => {
    const stretched = { shrinks: true, stretched: true };
    const cropped = knows({ 'keras-crop': 80, keras: 55 });
    expect((await findResize(cropped.scoreWith, stretched, 10)).by).toBe('keras-crop');
    expect(new Set(cropped.asked).size).toBe(cropped.asked.length);
    // by another kernel than the one that did best stretched
    const pil = knows({ area: 58, pil: 55, 'area-crop': 75, 'pil-crop': 85 });
    expect((await findResize(pil.scoreWith, stretched, 10)).by).toBe('pil-crop');
    const square = knows({ 'keras-crop': 80, keras: 55 });
    expect((await findResize(square.scoreWith, shrinking, 10)).by).toBe('keras');
    expect(square.asked.some((name) => name.includes('crop'))).toBe(false);
  });

  it('without asking for what is alike where nothing shrinks', async () => {
    const { asked, scoreWith } = knows({ 'pil-bicubic': 60 });
    expect((await findResize(scoreWith, { shrinks: false, stretched: false }, 10)).by).toBe('pil-bicubic');
    expect(asked).toEqual(['keras', 'nearest', 'pil-bicubic']);
  });
});

describe('a set', () => {
  const striped = async (count: number, side: number): Promise<Files> => {
    const files: Files = {};
    for (let i = 0; i < count; i++) {
      const data = Buffer.from(
        Array.from({ length: side * side * 3 }, (_, k) => (k % 2 ? 255 : (i * 9) % 256)),
      );
      files[`${'ab'[i % 2]}/${i}.png`] = await sharp(data, {
        raw: { width: side, height: side, channels: 3 },
      })
        .png()
        .toBuffer();
    }
    return files;
  };
  const size = { height: 8, width: 8, carveTest: false };
  const pixelsOf = async (where: string, resize: Resize | 'as-before', more: object = {}) => {
    const set = await openImages(where, { ...size, resize, ...more });
    const out = new Uint8Array(set.train.size * 192);
    await set.train.read(
      Array.from({ length: set.train.size }, (_, i) => i),
      out,
    );
    return { out, set };
  };

  it('asks only where images have other sizes, gives samples, and says what was chosen', async () => {
    let asked: Sizes | undefined;
    const resize = async (sizes: Sizes) => {
      asked = sizes;
      const out = new Uint8Array(192);
      await sizes.sample('area').validation.read([0], out);
      expect(out.some((v) => v > 0)).toBe(true);
      return { by: 'area' as const, why: 'it was told so' };
    };
    const alike = await openImages(writeFolder(fresh(), await classFolders('', ['a', 'b'], 6)), {
      ...size,
      resize,
    });
    expect(asked).toBeUndefined();
    expect(alike.resized).toBeUndefined();
    const where = writeFolder(fresh(), await striped(12, 20));
    const set = await openImages(where, { ...size, resize });
    expect(asked).toMatchObject({ shrinks: true, stretched: false, classes: ['a', 'b'], height: 8 });
    expect(set.resized).toEqual({ by: 'area', why: 'it was told so' });
    const { out } = await pixelsOf(where, 'area');
    const tight = await pixelsOf(where, 'area', { memoryLimitMB: 0.001 });
    expect(tight.out).toEqual(out);
    expect(tight.set.resized?.by).toBe('area');
    const own = new Uint8Array(out.length);
    await set.train.read(
      Array.from({ length: set.train.size }, (_, i) => i),
      own,
    );
    expect(own).toEqual(out);
  });

  it('tells how far the search for the way is, and stops in the middle of it', async () => {
    const where = writeFolder(fresh(), await striped(40, 20));
    const told: [done: number, most: number][] = [];
    const resize = async (sizes: Sizes) => {
      const { train } = sizes.sample('keras');
      const order = Array.from({ length: train.size }, (_, i) => i);
      await train.read(order, new Uint8Array(train.size * 192));
      return { by: 'keras' as const, why: 'the first' };
    };
    const onTried = (done: number, most: number) => told.push([done, most]);
    const set = await openImages(where, { ...size, resize, onTried });
    expect(told[0]).toEqual([0, set.train.size + 5 * set.validation.size]);

    const stop = new AbortController();
    told.length = 0;
    const stopped = openImages(where, {
      ...size,
      signal: stop.signal,
      resize: (sizes) => (stop.abort(), resize(sizes)),
      onTried,
    });
    await expect(stopped).rejects.toBeInstanceOf(Interrupted);
    expect(told).toEqual([]);
  });

  it('has other pixels by each way, and none from another way’s cache', async () => {
    const where = writeFolder(fresh(), await striped(2010, 11));
    const cache = fresh();
    const ways = ['keras', 'as-before'] as const;
    const seen = new Set<string>();
    for (const way of ways) {
      const first = await pixelsOf(where, way, { cache });
      const again = await pixelsOf(where, way, { cache });
      expect(again.out).toEqual(first.out);
      for (const { set } of [first, again]) expect(set.resized?.by).toBe(way);
      seen.add(Buffer.from(first.out).toString('latin1'));
    }
    expect(seen.size).toBe(ways.length);
  });
});
