import fc from 'fast-check';
import { expect, test } from 'vitest';
import { solveKnapsack } from '../../../src/methods/knapsack/solve.ts';
import type { Item } from '../../../src/methods/knapsack/solve.ts';

/** The least that can be lost within a capacity, by trying every choice; Infinity where none fits. */
function bruteForce(rows: readonly (readonly Item[])[], capacity: number): number {
  if (rows.length === 0) return capacity >= 0 ? 0 : Infinity;
  const [row, ...rest] = rows;
  return Math.min(...row.map(({ cost, lost }) => lost + bruteForce(rest, capacity - cost)));
}

const sum = (rows: readonly (readonly Item[])[], chosen: readonly number[], key: keyof Item) =>
  chosen.reduce((total, item, r) => total + rows[r][item][key], 0);

const rowsOf = (cost: fc.Arbitrary<number>) =>
  fc.array(
    fc.array(fc.record({ cost, lost: fc.integer({ min: 0, max: 50 }) }), { minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: 5 },
  );

test('whole numbers, also below zero: as good as the best of all choices', () => {
  fc.assert(
    fc.property(
      rowsOf(fc.integer({ min: -20, max: 30 })),
      fc.integer({ min: -60, max: 120 }),
      (rows, capacity) => {
        const best = bruteForce(rows, capacity);
        const chosen = solveKnapsack(rows, capacity);
        if (!chosen) return void expect(best).toBe(Infinity);
        expect(sum(rows, chosen, 'cost')).toBeLessThanOrEqual(capacity);
        expect(sum(rows, chosen, 'lost')).toBe(best);
      },
    ),
    { seed: 1, numRuns: 500 },
  );
});

test('any costs in few cells: fits, and is no worse than the best that fits into a cell a row less', () => {
  fc.assert(
    fc.property(
      rowsOf(fc.double({ min: 0.1, max: 10, noNaN: true })),
      fc.double({ min: 0, max: 40, noNaN: true }),
      fc.integer({ min: 1, max: 60 }),
      (rows, capacity, cells) => {
        const chosen = solveKnapsack(rows, capacity, cells);
        const floor = rows.reduce((total, row) => total + Math.min(...row.map(({ cost }) => cost)), 0);
        if (!chosen) return void expect(floor).toBeGreaterThan(capacity);
        expect(sum(rows, chosen, 'cost')).toBeLessThanOrEqual(capacity + 1e-6);
        const cell = (capacity - floor) / cells;
        expect(sum(rows, chosen, 'lost')).toBeLessThanOrEqual(
          bruteForce(rows, capacity - rows.length * cell - 1e-9),
        );
      },
    ),
    { seed: 2, numRuns: 500 },
  );
});

test('costs that share a divisor are counted in it, however large they are', () => {
  const million = 1_000_000;
  const rows = [
    [
      { cost: 3 * million, lost: 0 },
      { cost: 1 * million, lost: 5 },
    ],
    [
      { cost: 4 * million, lost: 0 },
      { cost: 2 * million, lost: 4 },
    ],
  ];
  // exactly full: a cell that is rounded up would not fit
  expect(solveKnapsack(rows, 5 * million, 3)).toEqual([0, 1]);
  expect(solveKnapsack(rows, 3 * million)).toEqual([1, 1]);
  expect(solveKnapsack(rows, 3 * million - 1)).toBeNull();
});
