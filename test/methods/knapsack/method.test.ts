import { beforeAll, describe, expect, test } from 'vitest';
import { costModel } from '../../../src/graph/cost.ts';
import { importanceOf } from '../../../src/methods/importance/importance.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import { cutsOf } from '../../../src/methods/sensitivity/levels.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import type { Backend } from '../../../src/runtime/types.ts';
import { contextFor, toEnd } from '../proposers.ts';
import type { ContextOptions } from '../proposers.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

const knapsack = methodNamed('knapsack');
const contextOf = (options: ContextOptions = {}) =>
  contextFor(knapsack, backend, { ...options, given: { levels: 3, ...options.given } });

describe('knapsack', () => {
  test('measures every group at every level, then gives one network within the budget', async () => {
    const context = contextOf();
    const { events, outcome } = await toEnd(knapsack, context);
    const total = 1 + cutsOf(context.dependencies, 3, 1, true).length;
    const progress = events.flatMap((e) => (e.type === 'progress' ? [e] : []));
    expect(progress.map(({ done }) => done)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    expect(progress.every((e) => e.stage === 'sensitivity' && e.total === total)).toBe(true);
    expect(outcome.chosen.cost.macs).toBeLessThanOrEqual(context.budgets[0].limit);
    expect(events.at(-1)).toEqual({ type: 'candidate', candidate: outcome.chosen });
    expect(outcome.chosen.accuracies.recalibrated).toBeGreaterThanOrEqual(0);
  });

  test('by importance nothing is measured, and no other widths keep more of it', async () => {
    const context = contextOf({ given: { value: 'importance' }, budgets: [['macs', 60]] });
    const { graph, dependencies, weights, budgets } = context;
    const { events, outcome } = await toEnd(knapsack, context);
    expect(events.filter((e) => e.type === 'progress')).toEqual([]);
    const { importance } = importanceOf(graph, dependencies, weights, 'l1');
    const sorted = importance.map((values) => [...values].sort((a, b) => b - a));
    const kept = (widths: readonly number[]) =>
      widths.reduce(
        (sum, width, g) =>
          dependencies.groups[g].frozen === undefined
            ? sum + sorted[g].slice(0, width).reduce((a, b) => a + b, 0)
            : sum,
        0,
      );
    const cost = costModel(graph, dependencies);
    const open = dependencies.groups.filter(({ frozen }) => frozen === undefined);
    let best = 0;
    (function tryAll(at: number[], g: number): void {
      if (g === open.length) {
        if (cost(at).macs <= budgets[0].limit) best = Math.max(best, kept(at));
        return;
      }
      const { index, size } = open[g];
      for (let width = 1; width <= size; width++)
        tryAll(
          at.map((w, i) => (i === index ? width : w)),
          g + 1,
        );
    })(
      dependencies.groups.map(({ size }) => size),
      0,
    );
    expect(kept(outcome.chosen.architecture)).toBeGreaterThan(0.995 * best);
  });

  test.each([{}, { importance: 'taylor' }])(
    '%o: interrupted anywhere and gone on, the same to the byte',
    async (given) => {
      const whole = await toEnd(knapsack, contextOf({ given }));
      for (const i of [0, 3, whole.checkpoints.length - 1]) {
        const resumed = await toEnd(knapsack, contextOf({ given, resume: whole.checkpoints[i], seed: 99 }));
        expect(JSON.stringify(resumed.outcome)).toBe(JSON.stringify(whole.outcome));
        expect(resumed.events).toEqual(whole.events.slice(whole.at[i]));
        expect(resumed.checkpoints).toEqual(whole.checkpoints.slice(i + 1));
      }
    },
  );

  test('refuses what no network meets, settings that there are not, checkpoints of others, a lack of images', async () => {
    await expect(toEnd(knapsack, contextOf({ budgets: [['params', 0.01]] }))).rejects.toThrow(
      /can't be reached/,
    );
    expect(() => contextOf({ given: { nope: 1 } })).toThrow(/nope/);
    const resume = { json: { kind: 'greedy-slimming' }, arrays: new Map<string, Float32Array>() };
    await expect(toEnd(knapsack, contextOf({ resume }))).rejects.toThrow(/checkpoint/);
    await expect(toEnd(knapsack, { ...contextOf(), images: undefined })).rejects.toThrow(/--data/);
  });
});
