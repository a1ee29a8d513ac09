import { beforeAll, expect, test } from 'vitest';
import { methodNamed } from '../../../src/methods/index.ts';
import type { Work } from '../../../src/methods/types.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import type { Backend } from '../../../src/runtime/types.ts';
import { contextFor, toEnd } from '../proposers.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

const images = { train: 64, validation: 40 };
const sum = (parts: Work['trained']) => parts.reduce((total, part) => total + part.images, 0);

test.each([
  ['knapsack', { levels: 4 }, 50],
  ['knapsack', { value: 'importance' }, 50],
  ['greedy-slimming', { slices: 4 }, 60],
  ['greedy-slimming', { slices: 4 }, 20],
  ['greedy-slimming', { slices: 6, scoredAStep: 2 }, 30],
] as const)('%s %o at %d percent: the forecast is about what is scored', async (name, given, percent) => {
  const method = methodNamed(name);
  const context = contextFor(method, backend, { given, budgets: [['macs', percent]] });
  const work = method.work!(context.settings, { ...context, images });
  const { events } = await toEnd(method, context);
  const progress = events.filter((e) => e.type === 'progress').length;
  if (name === 'knapsack') expect(work.opened).toBe(progress + 1);
  else {
    // whole before and filled behind; which groups go, and so how many slices, nobody knows
    expect(work.opened).toBeGreaterThan(0.6 * (progress + 2));
    expect(work.opened).toBeLessThan(1.7 * (progress + 2));
  }
  expect(sum(work.scored)).toBe(40 * work.opened);
  expect(sum(work.recalibrated)).toBe(32 * work.opened);
  expect(work.scored[0].share).toBeGreaterThan(0.15);
  expect(work.scored[0].share).toBeLessThanOrEqual(1);
  expect(work.trained).toEqual([]);
});

test('gradients count where channels are ranked by them; a budget out of reach is refused', () => {
  for (const name of ['knapsack', 'greedy-slimming']) {
    const method = methodNamed(name);
    const context = contextFor(method, backend, { given: { importance: 'taylor' } });
    expect(sum(method.work!(context.settings, { ...context, images }).trained)).toBe(64);
    const tight = contextFor(method, backend, { budgets: [['params', 0.001]] });
    expect(() => method.work!(tight.settings, { ...tight, images })).toThrow(/can't be reached/);
  }
});
