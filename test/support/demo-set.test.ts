import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  DEMO,
  DEMO_CLASSES,
  DEMO_SIZE,
  demoImages,
  demoZip,
  drawDemoImage,
} from '../../scripts/demo-data/set.ts';
import { openImages } from '../../src/data/open.ts';
import { Random } from '../../src/graph/random.ts';

const file = path.resolve('media/demo/garden.zip');

describe('the demo set', () => {
  it('is committed, small, whole and balanced', async () => {
    expect(statSync(file).size).toBeLessThan(1.2e6);
    const set = await openImages(file);
    afterAll(() => set.close());
    expect(set.classes).toEqual([...DEMO_CLASSES]);
    expect([set.height, set.width, set.channels]).toEqual([DEMO_SIZE, DEMO_SIZE, 3]);
    expect(set.broken).toEqual([]);
    expect(set.warnings).toEqual([]);
    expect([set.train.size + set.validation.size, set.test!.size]).toEqual([DEMO.train, DEMO.test]);
    for (let c = 0; c < 10; c++) {
      expect(set.test!.labels.filter((l) => l === c)).toHaveLength(DEMO.test / 10);
      expect(set.validation.labels.filter((l) => l === c)).toHaveLength(DEMO.train / 100);
    }
  });

  it('is what the generator draws, up to what WebP loses', async () => {
    const set = await openImages(file, { limit: 50 });
    afterAll(() => set.close());
    const size = DEMO_SIZE * DEMO_SIZE * 3;
    const drawn = new Map<number, Uint8Array[]>();
    // the test split, as drawn
    for (const { name, pixels } of demoImages({ ...DEMO, train: 0 })) {
      const label = DEMO_CLASSES.indexOf(name.split('/')[1]);
      drawn.set(label, [...(drawn.get(label) ?? []), pixels]);
    }
    const read = new Uint8Array(size);
    for (const k of [0, 13, 29, 49]) {
      await set.test!.read([k], read);
      const differences = drawn.get(set.test!.labels[k])!.map((pixels) => {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += Math.abs(pixels[i] - read[i]);
        return sum / size;
      });
      // one of its class is nearly the same, and no other
      const [best, next] = [...differences].sort((a, b) => a - b);
      expect(best).toBeLessThan(12);
      expect(next).toBeGreaterThan(20);
    }
  });

  it('comes out the same each time, and no two images are alike', async () => {
    const options = { ...DEMO, train: 40, test: 20 };
    const first = await demoZip(options);
    expect(first.equals(await demoZip(options))).toBe(true);
    expect(first.equals(await demoZip({ ...options, seed: 2 }))).toBe(false);
    const images = [...demoImages(options)].map(({ pixels }) => Buffer.from(pixels).toString('hex'));
    expect(new Set(images).size).toBe(60);
  });

  it('draws every class differently on average', () => {
    // with one seed, the ground and the light are alike: only the glyph differs
    const pictures = DEMO_CLASSES.map((_, label) =>
      Buffer.from(drawDemoImage(label, new Random(5))).toString('hex'),
    );
    expect(new Set(pictures).size).toBe(10);
  });
});
