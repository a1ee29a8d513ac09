import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { leastArchitecture, roundWidth } from '../../../src/graph/budget.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { costsOf } from '../../../src/methods/budgets.ts';
import { Allocation } from '../../../src/methods/knapsack/allocate.ts';
import { lostByImportance, lostBySensitivity } from '../../../src/methods/knapsack/lost.ts';
import { openGroups } from '../../../src/methods/sensitivity/levels.ts';
import { costBy } from '../../../src/terms/cost.ts';
import type { StaticMetric } from '../../../src/terms/goals.ts';
import { randomNetwork } from '../../graph/random-network.ts';
import { smallNet } from '../nets.ts';

/** A sum for each group that grows as it gets narrower. */
function randomLosses(sizes: readonly number[], seed: number) {
  const random = new Random(seed);
  return lostByImportance(
    sizes.map((size) => Float64Array.from({ length: size }, () => random.uniform() ** 3)),
  );
}

test('MACs are no sum over the groups: still as good as the best of all widths, or within 2 %', () => {
  const { graph } = smallNet(3, 4);
  const dependencies = findGroups(graph);
  const full = fullArchitecture(dependencies);
  const original = costsOf(graph, dependencies, [{ metric: 'macs', limit: 1, original: 1 }]).cost(full).macs;
  const open = openGroups(dependencies);
  // every choice of widths, by counting
  const all = open.reduce<number[][]>(
    (some, { index, size }) =>
      some.flatMap((one) =>
        Array.from({ length: size }, (_, w) => one.map((v, g) => (g === index ? w + 1 : v))),
      ),
    [[...full]],
  );
  let exact = 0;
  for (let seed = 0; seed < 20; seed++) {
    const limit = (original * (20 + 3 * seed)) / 100;
    const budgets = [{ metric: 'macs' as const, limit, original }];
    const costs = costsOf(graph, dependencies, budgets);
    const lost = randomLosses(full, seed);
    const allocation = new Allocation({ dependencies, budgets, roundTo: 1 }, costs, lost, 4096);
    const found = allocation.solve();
    const best = Math.min(
      ...all.filter((one) => costs.cost(one).macs <= limit).map((one) => allocation.total(one)),
    );
    expect(costs.cost(found).macs).toBeLessThanOrEqual(limit);
    expect(allocation.total(found)).toBeLessThanOrEqual(best * 1.02 + 1e-9);
    if (allocation.total(found) <= best + 1e-9) exact++;
  }
  expect(exact).toBeGreaterThanOrEqual(15);
});

test('random networks, several budgets, any rounding: all hold, and no group could get a step wider', () => {
  const metrics: StaticMetric[] = ['macs', 'params', 'bytes', 'memory'];
  let runs = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.integer({ min: 2, max: 12 }),
      fc.subarray(metrics, { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom(1, 2, 3),
      (seed, steps, chosen, between, roundTo) => {
        const { graph } = randomNetwork(seed, steps);
        const dependencies = findGroups(graph);
        const full = fullArchitecture(dependencies);
        const { cost } = costsOf(graph, dependencies, [{ metric: 'macs', limit: 1, original: 1 }]);
        const [most, least] = [cost(full), cost(leastArchitecture(dependencies, roundTo))];
        const budgets = chosen.map((metric) => ({
          metric,
          original: costBy(most, metric),
          limit: costBy(least, metric) + between * (costBy(most, metric) - costBy(least, metric)),
        }));
        const costs = costsOf(graph, dependencies, budgets);
        const lost = randomLosses(full, seed);
        const widths = new Allocation({ dependencies, budgets, roundTo }, costs, lost, 256).solve();
        dependencies.groups.forEach(({ frozen, size }, g) => {
          if (frozen !== undefined) expect(widths[g]).toBe(size);
          else expect(widths[g] === size || widths[g] % roundTo === 0).toBe(true);
        });
        expect(costs.used(widths)).toBeLessThanOrEqual(1);
        for (const { index, size } of openGroups(dependencies)) {
          if (widths[index] === size) continue;
          const wider = widths.map((w, g) => (g === index ? roundWidth(w + 1, size, roundTo) : w));
          expect(costs.used(wider)).toBeGreaterThan(1);
        }
        runs++;
      },
    ),
    { seed: 3, numRuns: Number(process.env.ESPALIER_PROPERTY_RUNS ?? 40) },
  );
  expect(runs).toBeGreaterThan(10);
});

test('what is lost: measured points, straight lines between them, never less for a narrower width', () => {
  const { graph } = smallNet(3, 8);
  const dependencies = findGroups(graph);
  const [{ index }] = openGroups(dependencies);
  const at = (width: number, loss: number) => ({ group: index, width, loss, accuracy: 50 });
  const whole = { loss: 1, accuracy: 60 };
  const lost = lostBySensitivity(dependencies, {
    whole,
    cuts: [at(6, 0.9), at(4, 1.4), at(2, 1.3), at(1, 3)],
  });
  const widths = [8, 7, 6, 5, 4, 3, 2, 1];
  const expected = [0, 0, 0, 0.2, 0.4, 0.4, 0.4, 2];
  expect(widths.map((width) => lost(index, width))).toEqual(expected.map((v) => expect.closeTo(v, 9)));
  const byImportance = lostByImportance([Float64Array.of(3, 1, 2)]);
  expect([3, 2, 1].map((width) => byImportance(0, width))).toEqual([0, 1, 3]);
});
