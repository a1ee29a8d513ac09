import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyRun, withEvents } from '../../../src/terms/run-data.ts';
import { curves, heat, nearest, sampled, tableOf, thin } from '../../../webview/curves/series.ts';
import { listedEvent } from '../../../src/terms/run-events.ts';

const run = withEvents(
  emptyRun('/r'),
  [
    { type: 'arm', arm: 'constrained', control: false },
    { type: 'loss', arm: 'constrained', stage: 'train', epoch: 1, loss: 3 },
    { type: 'loss', arm: 'constrained', stage: 'train', epoch: 2, loss: 2, accuracy: 50 },
    { type: 'loss', arm: 'constrained', stage: 'train', epoch: 2, loss: 1.9, accuracy: 51 },
    { type: 'loss', arm: 'constrained', stage: 'fine-tune', epoch: 1, loss: 1 },
    { type: 'generation', arm: 'constrained', generation: 0, best: 3, reward: 7 },
    { type: 'metric', arm: 'constrained', name: 'cost:macs', step: 0, value: 1.6 },
    { type: 'metric', arm: 'constrained', name: 'cost:params', step: 0, value: 1.4 },
    { type: 'metric', arm: 'constrained', name: 'entropy', step: 0, value: 1 },
    { type: 'metric', arm: 'constrained', name: 'cost:macs', step: 1, value: 1.2 },
    { type: 'widths', arm: 'constrained', step: 0, architecture: [16, 32] },
    { type: 'widths', arm: 'constrained', step: 5, architecture: [8, 30] },
  ].map((event) => listedEvent.parse(event)),
);

describe('curves', () => {
  test('are grouped: stages, generations, metrics up to the colon', () => {
    const found = curves(run);
    expect(found.map(({ name, stage, series }) => [name, stage, series.length])).toEqual([
      ['loss', 'train', 1],
      ['accuracy', 'train', 1],
      ['loss', 'fine-tune', 1],
      ['best reward', '', 1],
      ['cost', '', 2],
      ['entropy', '', 1],
    ]);
    // told twice (after a resume): the later counts
    expect(found[0].series[0].points).toEqual([
      { x: 1, y: 3 },
      { x: 2, y: 1.9 },
    ]);
    expect(found[4].series.map(({ part }) => part)).toEqual(['macs', 'params']);
  });

  test('a choice that is made anew every time is drawn beside the episodes, not as the best so far', () => {
    const events = [
      { type: 'arm', arm: 'agent', control: false },
      { type: 'metric', arm: 'agent', name: 'reward:episodes', step: 1, value: 0.4 },
      { type: 'metric', arm: 'agent', name: 'reward:choice', step: 1, value: 0.5 },
      { type: 'generation', arm: 'agent', generation: 0, best: 3, reward: 0.5 },
    ].map((event) => listedEvent.parse(event));
    const found = curves(withEvents(emptyRun('/r'), events));
    expect(found.map(({ name, series }) => [name, series.map(({ part }) => part)])).toEqual([
      ['reward', ['episodes', 'choice']],
    ]);
  });

  test('their table has every x once', () => {
    expect(tableOf(curves(run)[4].series)).toEqual([
      { x: 0, values: [1.6, 1.4] },
      { x: 1, values: [1.2, undefined] },
    ]);
  });

  test('thinned, they keep their ends, peaks and order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 500 }),
        fc.integer({ min: 4, max: 100 }),
        (values, most) => {
          const points = values.map((y, x) => ({ x, y }));
          const made = thin(points, most);
          expect(made.length).toBeLessThanOrEqual(Math.max(most, 4));
          expect(made[0]).toEqual(points[0]);
          expect(made.at(-1)).toEqual(points.at(-1));
          expect(Math.max(...made.map(({ y }) => y))).toBe(Math.max(...values));
          expect(Math.min(...made.map(({ y }) => y))).toBe(Math.min(...values));
          for (let i = 1; i < made.length; i++) expect(made[i].x).toBeGreaterThan(made[i - 1].x);
        },
      ),
    );
  });

  test('the nearest point', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 10, y: 2 },
    ];
    expect(nearest(points, 4)).toBe(points[0]);
    expect(nearest(points, 6)).toBe(points[1]);
    expect(nearest([], 6)).toBeUndefined();
  });
});

test('widths over time, against the groups’ own', () => {
  expect(heat(run.arms[0], [16, 64])).toEqual({
    arm: 'constrained',
    steps: [0, 5],
    sizes: [16, 64],
    widths: [
      [16, 8],
      [32, 30],
    ],
  });
  expect(heat(run.arms[0], undefined)?.sizes).toEqual([16, 32]);
  expect(heat({ ...run.arms[0], widths: [] }, undefined)).toBeNull();
});

test('samples have both ends', () => {
  expect(sampled(3, 5)).toEqual([0, 1, 2]);
  expect(sampled(101, 5)).toEqual([0, 25, 50, 75, 100]);
});
