import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextShare, targetsOf } from '../../../src/run/plan/accuracy-goal.ts';
import type { Tried } from '../../../src/run/plan/accuracy-goal.ts';

const seek = (isWithin: (share: number) => boolean, least: number, tries: number): Tried[] => {
  const tried: Tried[] = [];
  for (;;) {
    const share = nextShare(tried, least, tries);
    if (share === null) return tried;
    tried.push({ share, within: isWithin(share) });
  }
};

test('halves the range by factors: a network of 0.3 of the dearest is found from 0.25 to 1', () => {
  // by hand: the root of 0.25; of 0.25 × 0.5; of 0.25 × 0.354, and so on
  const tried = seek((share) => share >= 0.3, 0.25, 5);
  expect(tried.map(({ share }) => Number(share.toFixed(3)))).toEqual([0.5, 0.354, 0.297, 0.324, 0.31]);
});

test('where all is accurate enough, or nothing, the last try is the end of the range', () => {
  expect(
    seek(() => true, 0.25, 4)
      .map(({ share }) => share)
      .at(-1),
  ).toBe(0.25);
  expect(
    seek(() => false, 0.25, 4)
      .map(({ share }) => share)
      .at(-1),
  ).toBe(1);
});

test('of any range, the border is held between two tries, nearer with every one, and none is tried twice', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.02, max: 0.95, noNaN: true }),
      fc.double({ min: 0, max: 1.1, noNaN: true }),
      fc.integer({ min: 2, max: 20 }),
      (least, border, tries) => {
        const tried = seek((share) => share >= border, least, tries);
        expect(tried.length).toBeLessThanOrEqual(tries);
        expect(new Set(tried.map(({ share }) => share)).size).toBe(tried.length);
        for (const { share } of tried) {
          expect(share).toBeGreaterThanOrEqual(least);
          expect(share).toBeLessThanOrEqual(1);
        }
        const good = Math.min(...tried.flatMap(({ share, within }) => (within ? share : [])), Infinity);
        if (border > 1) expect(good).toBe(Infinity);
        else if (border <= least) expect(good).toBe(least);
        else if (good < Infinity)
          expect(good / border).toBeLessThanOrEqual(
            Math.max(1.05, (1 / least) ** (2 ** -(tried.length - 1))) + 1e-9,
          );
      },
    ),
  );
});

test('a budget that was given stays; without one the dearest network is 80 % of the MACs', () => {
  const given = [{ metric: 'params' as const, value: 30, relative: true }];
  expect(targetsOf(given, 1)).toEqual(given);
  expect(targetsOf([], 1)).toEqual([{ metric: 'macs', value: 80, relative: true }]);
  expect(() => targetsOf([], undefined)).toThrow(/accuracy-drop=1/);
});
