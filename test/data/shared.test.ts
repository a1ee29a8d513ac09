import { afterAll, describe, expect, it } from 'vitest';
import { openImages } from '../../src/data/open.ts';
import { measure } from '../../src/data/pixels/preprocess.ts';
import { needs, shared, sharedPath } from '../support/needs.ts';

const fashion = sharedPath('data/fashion-mnist');
const cifar = sharedPath('data/cifar10-jpeg');
const needFashion = needs(shared('data/fashion-mnist'));
const needCifar = needs(shared('data/cifar10-jpeg'));

function counts(labels: Int32Array): number[] {
  const result = new Array<number>(10).fill(0);
  for (const label of labels) result[label]++;
  return result;
}

describe.skipIf(needFashion.skip)(needFashion.name('Fashion-MNIST'), () => {
  it('opens with the published mean and standard deviation', async () => {
    const set = await openImages(fashion);
    afterAll(() => set.close());
    expect([set.form, set.height, set.width, set.channels]).toEqual(['idx', 28, 28, 1]);
    expect([set.train.size, set.validation.size, set.test!.size]).toEqual([54_000, 6_000, 10_000]);
    expect(counts(set.train.labels)).toEqual(new Array(10).fill(5_400));
    expect(counts(set.validation.labels)).toEqual(new Array(10).fill(600));
    expect(counts(set.test!.labels)).toEqual(new Array(10).fill(1_000));
    const parts = [await measure(set.train, Infinity), await measure(set.validation, Infinity)];
    // of all 60,000: the split's sums together
    const n = parts.reduce((a, p) => a + p.images, 0);
    const mean = parts.reduce((a, p) => a + p.images * p.mean[0], 0) / n;
    const square = parts.reduce((a, p) => a + p.images * (p.std[0] ** 2 + p.mean[0] ** 2), 0) / n;
    expect(n).toBe(60_000);
    expect(mean / 255).toBeCloseTo(0.286, 4);
    expect(Math.sqrt(square - mean ** 2) / 255).toBeCloseTo(0.353, 4);
  });
});

describe.skipIf(needCifar.skip)(needCifar.name('CIFAR-10 as JPEG'), () => {
  it('opens from one archive a split', async () => {
    const set = await openImages(cifar, { limit: 300 });
    afterAll(() => set.close());
    expect([set.form, set.height, set.width, set.channels]).toEqual(['tar', 32, 32, 3]);
    expect(set.classes).toEqual('airplane automobile bird cat deer dog frog horse ship truck'.split(' '));
    for (const split of [set.train, set.validation, set.test!])
      expect(counts(split.labels)).toEqual(new Array(10).fill(30));
    expect(set.broken).toEqual([]);
    const { mean } = await measure(set.train);
    // CIFAR-10's mean is 0.491, 0.482, 0.447; 300 images know it to about 0.03
    [0.491, 0.482, 0.447].forEach((m, c) => expect(Math.abs(mean[c] / 255 - m)).toBeLessThan(0.04));
  });

  it('has 5,000 training and 1,000 test images a class, decoded only when read past the memory limit', async () => {
    const set = await openImages(cifar, { memoryLimitMB: 100 });
    afterAll(() => set.close());
    expect(counts(set.train.labels)).toEqual(new Array(10).fill(4_500));
    expect(counts(set.validation.labels)).toEqual(new Array(10).fill(500));
    expect(counts(set.test!.labels)).toEqual(new Array(10).fill(1_000));
    const out = new Uint8Array(64 * 3072);
    await set.train.read(
      Array.from({ length: 64 }, (_, i) => i * 700),
      out,
    );
    expect(out.some((v) => v > 200)).toBe(true);
  });
});
