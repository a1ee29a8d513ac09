import { describe, expect, it } from 'vitest';
import { commonPreprocesses, findPreprocess, type Score } from '../../../src/data/find-preprocess.ts';
import {
  lookup,
  measure,
  parsePreprocess,
  PREPROCESSES,
  standardise,
} from '../../../src/data/pixels/preprocess.ts';
import type { Split } from '../../../src/data/types.ts';
import { InputError } from '../../../src/graph/errors.ts';
import { Random } from '../../../src/graph/random.ts';
import type { Preprocess } from '../../../src/terms/images.ts';

/** y of pixel value v in output channel c */
function value(preprocess: Preprocess, v: number, c: number, channels = 3): number {
  return lookup(preprocess, channels)[c * 256 + v];
}

function split(size: number, channels: number): { split: Split; pixels: Uint8Array } {
  const random = new Random(3);
  const image = 9 * channels;
  const pixels = Uint8Array.from(
    { length: size * image },
    (_, i) => (random.uint32() & 127) + 20 * (i % channels),
  );
  return {
    pixels,
    split: {
      name: 'train',
      size,
      height: 3,
      width: 3,
      channels,
      labels: new Int32Array(size),
      read: async (indices, out) => {
        for (let k = 0; k < indices.length; k++)
          out.set(pixels.subarray(indices[k] * image, (indices[k] + 1) * image), k * image);
      },
    },
  };
}

describe('named preprocessings', () => {
  it('give the published numbers', () => {
    expect(value(PREPROCESSES.unit, 255, 1)).toBeCloseTo(1, 6);
    expect(value(PREPROCESSES.signed, 0, 0)).toBe(-1);
    expect(value(PREPROCESSES.signed, 255, 2)).toBeCloseTo(1, 6);
    expect(value(PREPROCESSES.raw, 77, 0)).toBe(77);
    // (128 / 255 - mean) / std by hand
    expect(value(PREPROCESSES.imagenet, 128, 0)).toBeCloseTo((128 / 255 - 0.485) / 0.229, 5);
    expect(value(PREPROCESSES.imagenet, 128, 2)).toBeCloseTo((128 / 255 - 0.406) / 0.225, 5);
    // caffe: output channel 0 is blue
    expect(PREPROCESSES.caffe.bgr).toBe(true);
    expect(value(PREPROCESSES.caffe, 100, 0)).toBeCloseTo(100 - 103.939, 4);
    expect(value(PREPROCESSES.caffe, 100, 2)).toBeCloseTo(100 - 123.68, 4);
  });
});

describe('the option', () => {
  it('reads names, and numbers in either form', () => {
    expect(parsePreprocess(' ImageNet ')).toBe(PREPROCESSES.imagenet);
    expect(parsePreprocess('standardize')).toBe('standardise');
    expect(parsePreprocess('auto')).toBe('auto');
    const cifar = parsePreprocess('mean=125.3,123,113.9,std=63,62.1,66.7') as Preprocess;
    expect(cifar.name).toBe('custom');
    [125.3, 123, 113.9].forEach((m, c) =>
      expect(value(cifar, 200, c)).toBeCloseTo((200 - m) / [63, 62.1, 66.7][c], 4),
    );
    const torch = parsePreprocess('mean=0.485,0.456,0.406,std=0.229,0.224,0.225') as Preprocess;
    for (let c = 0; c < 3; c++)
      expect(value(torch, 99, c)).toBeCloseTo(value(PREPROCESSES.imagenet, 99, c), 5);
    const scaled = parsePreprocess('scale=0.5,offset=-3') as Preprocess;
    expect(value(scaled, 10, 0, 1)).toBe(2);
    expect(parsePreprocess('mean=1e2 , bgr')).toEqual({
      name: 'custom',
      scale: [1],
      offset: [-100],
      bgr: true,
    });
    expect(parsePreprocess('offset=1,2,3')).toEqual({
      name: 'custom',
      scale: [1, 1, 1],
      offset: [1, 2, 3],
      bgr: false,
    });
  });

  it.each([
    'keras',
    'mean=',
    'mean=1,2',
    'mean=1,2,3,std=1,2',
    'mean=a',
    'std=0',
    'scale=0',
    'mean=1,scale=2',
    'mean=1,mean=2',
    '=3',
    'bgr=1',
    '3,mean=1',
    'scale=1e999',
    'constructor',
    '',
  ])('refuses "%s" in one sentence', (text) => {
    expect(() => parsePreprocess(text)).toThrow(InputError);
  });
});

describe("this set's own mean and standard deviation", () => {
  it('are those of a plain two-pass sum', async () => {
    for (const channels of [1, 3]) {
      const { split: train, pixels } = split(300, channels);
      const { mean, std, images } = await measure(train);
      expect(images).toBe(300);
      for (let c = 0; c < channels; c++) {
        const values = pixels.filter((_, i) => i % channels === c);
        const m = values.reduce((a, b) => a + b, 0) / values.length;
        const variance = Array.from(values).reduce((a, b) => a + (b - m) ** 2, 0) / values.length;
        expect(mean[c]).toBeCloseTo(m, 9);
        expect(std[c]).toBeCloseTo(Math.sqrt(variance), 9);
      }
      const own = await standardise(train);
      expect(value(own, 0, channels - 1, channels)).toBeCloseTo(-mean[channels - 1] / std[channels - 1], 5);
    }
  });

  it('survive a channel that never changes', async () => {
    const { split: train, pixels } = split(10, 1);
    pixels.fill(0);
    const own = await standardise(train);
    expect(Array.from(lookup(own, 1)).every(Number.isFinite)).toBe(true);
  });
});

describe('finding it out', () => {
  const score = (table: Record<string, [number, number]>, images = 500) => {
    const calls: string[] = [];
    const scoreWith = async (p: Preprocess): Promise<Score> => {
      calls.push(p.name);
      const [accuracy, loss] = table[p.name];
      return { accuracy, loss, images };
    };
    return { calls, scoreWith };
  };
  const names = (...list: string[]): Preprocess[] => list.map((name) => PREPROCESSES[name]);

  it('takes a clear winner and is sure', async () => {
    const { scoreWith, calls } = score({ unit: [31, 4], signed: [91, 0.3], raw: [10, 900] });
    const found = await findPreprocess(scoreWith, names('unit', 'signed', 'raw'), 10);
    expect(calls).toEqual(['unit', 'signed', 'raw']);
    expect(found.preprocess.name).toBe('signed');
    expect(found.sureness).toBe('sure');
    // by hand: 60 / sqrt(100^2 (0.91 * 0.09 + 0.31 * 0.69) / 500)
    expect(found.lead).toBeCloseTo(60 / (100 * Math.sqrt((0.91 * 0.09 + 0.31 * 0.69) / 500)), 6);
    expect(found.table.map((row) => row.preprocess.name)).toEqual(['signed', 'unit', 'raw']);
  });

  it('lets the loss decide between close ones, and says that it is only likely', async () => {
    const { scoreWith } = score({ unit: [90.4, 0.9], imagenet: [90, 0.31], raw: [12, Infinity] });
    const found = await findPreprocess(scoreWith, names('unit', 'imagenet', 'raw'), 10);
    expect(found.preprocess.name).toBe('imagenet');
    expect(found.sureness).toBe('likely');
    expect(found.reason).toMatch(/too close/);
  });

  it('is unsure of an untrained network, and falls back to unit', async () => {
    const { scoreWith } = score({ signed: [12.5, 2.31], unit: [10.2, 2.3], raw: [9, NaN] });
    const found = await findPreprocess(scoreWith, names('signed', 'unit', 'raw'), 10);
    expect(found.preprocess.name).toBe('unit');
    expect(found.sureness).toBe('unsure');
    expect(found.lead).toBe(0);
    expect(found.reason).toMatch(/untrained/);
    const own = await findPreprocess(scoreWith, names('signed', 'unit', 'raw'), 10, 'raw');
    expect([own.preprocess.name, own.sureness]).toEqual(['raw', 'unsure']);
    expect(own.reason).toMatch(/took raw, because its first layer scales pixels/);
  });

  it('offers only what the channels allow', async () => {
    const grey = await commonPreprocesses(split(20, 1).split);
    expect(grey.map((p) => p.name)).toEqual(['unit', 'signed', 'raw', 'standardise']);
    const colour = await commonPreprocesses(split(20, 3).split);
    expect(colour.map((p) => p.name)).toEqual(['unit', 'signed', 'raw', 'imagenet', 'caffe', 'standardise']);
  });
});
