import fc from 'fast-check';
import { expect, test } from 'vitest';
import { place } from '../../../webview/charts/labels.ts';

const bounds = { left: 0, top: 0, right: 600, bottom: 300 };

test('a lone label stands to the right of its mark, and to the left at the right edge', () => {
  expect(place([{ x: 100, y: 50, width: 40, height: 12 }], bounds)).toEqual([
    { left: 109, top: 44, far: false },
  ]);
  expect(place([{ x: 590, y: 50, width: 40, height: 12 }], bounds)[0].left).toBe(541);
});

test('eight names of marks anywhere never cover each other and stay inside', () => {
  const label = fc.record({
    x: fc.integer({ min: 10, max: 590 }),
    y: fc.integer({ min: 10, max: 290 }),
    width: fc.constant(60),
    height: fc.constant(12),
  });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 8 }), (labels) => {
      const placed = place(labels, bounds);
      placed.forEach((a, i) => {
        expect(a.left).toBeGreaterThanOrEqual(0);
        expect(a.left + 60).toBeLessThanOrEqual(600);
        expect(a.top).toBeGreaterThanOrEqual(0);
        expect(a.top + 12).toBeLessThanOrEqual(300);
        for (const b of placed.slice(i + 1))
          expect(Math.abs(a.left - b.left) >= 60 || Math.abs(a.top - b.top) >= 12).toBe(true);
      });
    }),
  );
});
