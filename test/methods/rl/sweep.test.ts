import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { leastArchitecture } from '../../../src/graph/budget.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import type { Dependencies, Graph } from '../../../src/graph/types.ts';
import { costsOf } from '../../../src/methods/budgets.ts';
import { sweepGroups } from '../../../src/methods/rl/group-features.ts';
import { ratioAt, widthAt, widthsOfGroup } from '../../../src/methods/rl/ratios.ts';
import { Sweep } from '../../../src/methods/rl/sweep.ts';
import { randomNetwork } from '../../graph/random-network.ts';
import { smallNet } from '../nets.ts';
import type { Budget, SizeMetric } from '../../../src/terms/goals.ts';

/** An episode of uniform actions inside their bounds. */
function randomEpisode(sweep: Sweep, random: Random): number[] {
  const decided: number[] = [];
  while (decided.length < sweep.length) {
    const bounds = sweep.bounds(decided);
    const ratio = bounds.low + random.uniform() * (bounds.high - bounds.low);
    decided.push(sweep.width(decided.length, ratio, bounds));
  }
  return decided;
}

/** Whether some group can get one step wider within the budgets; found with no help from the sweep. */
function hasRoom(
  dependencies: Dependencies,
  used: (a: readonly number[]) => number,
  architecture: readonly number[],
  roundTo: number,
): boolean {
  return dependencies.groups.every(({ frozen, size }, g) => {
    if (frozen !== undefined || architecture[g] === size) return true;
    const wider = [...architecture];
    wider[g] = Math.min(size, (Math.floor(architecture[g] / roundTo) + 1) * roundTo);
    return used(wider) <= 1;
  });
}

describe('budgets on random graphs', () => {
  it('are met from below within one channel, whatever the actions: several budgets, multiples, floors', () => {
    let episodes = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 2, max: 14 }), (seed, steps) => {
        const { graph } = randomNetwork(seed, steps);
        const dependencies = findGroups(graph);
        const random = new Random(seed);
        const roundTo = random.pick([1, 1, 2, 4]);
        const cost = costModel(graph, dependencies);
        const full = cost(fullArchitecture(dependencies));
        const least = cost(leastArchitecture(dependencies, roundTo));
        const budget = (metric: SizeMetric): Budget => ({
          metric,
          limit: least[metric] + random.uniform() * (full[metric] - least[metric]),
          original: full[metric],
        });
        const budgets = random.pick([
          [budget('macs')],
          [budget('params')],
          [budget('macs'), budget('params')],
        ]);
        const { used } = costsOf(graph, dependencies, budgets);
        const leastShare = random.pick([0, 0.1, 0.5]);
        const sweep = new Sweep(sweepGroups(graph, dependencies), { used, roundTo, leastShare });
        if (sweep.length === 0) return;
        for (let i = 0; i < 3; i++) {
          const architecture = sweep.architecture(randomEpisode(sweep, random));
          expect(used(architecture)).toBeLessThanOrEqual(1);
          const whole = architecture.every((w, g) => w === dependencies.groups[g].size);
          if (!whole) expect(hasRoom(dependencies, used, architecture, roundTo)).toBe(false);
          dependencies.groups.forEach(({ size, frozen }, g) => {
            const width = architecture[g];
            if (frozen !== undefined) expect(width).toBe(size);
            else expect(width === size || (width % roundTo === 0 && width > 0)).toBe(true);
            expect(width).toBeGreaterThanOrEqual(sweep.least[g]);
          });
          episodes++;
        }
      }),
      { seed: 11, numRuns: Number(process.env.ESPALIER_PROPERTY_RUNS ?? 200) },
    );
    expect(episodes).toBeGreaterThan(300);
  });
});

describe('bounds of a chain whose costs simply add up', () => {
  // docs/methods/agent.md, "Bounds": a_min = 1 - (T - U) / F, a_max = 1 - (T - U - G) / F
  const sizes = [20, 40, 10];
  const costs = [3, 1, 2];
  const target = 70;
  const used = (a: readonly number[]) => a.reduce((sum, w, i) => sum + w * costs[i], 0) / target;
  const groups = sizes.map((size) => ({ size, frozen: false, features: [] }));
  const sweep = new Sweep(groups, { used, roundTo: 1, leastShare: 0 });

  it('are the formula, up to whole channels and the one that each group keeps', () => {
    const check = (decided: number[]) => {
      const step = decided.length;
      const u = decided.reduce((sum, w, i) => sum + w * costs[i], 0);
      const f = sizes[step] * costs[step];
      const later = sizes.slice(step + 1).map((s, i) => s * costs[step + 1 + i]);
      const kept = costs.slice(step + 1).reduce((a, b) => a + b, 0);
      const low = Math.max(0, 1 - (target - u - kept) / f);
      const high = Math.min(1, 1 - (target - u - later.reduce((a, b) => a + b, 0)) / f);
      const bounds = sweep.bounds(decided);
      expect(bounds.low).toBeGreaterThanOrEqual(low - 1e-9);
      expect(bounds.low).toBeLessThan(low + 1 / sizes[step]);
      // the budget is met from below: where the formula's bounds fall between two channels, the narrower one
      expect(bounds.high).toBeLessThanOrEqual(
        Math.max(bounds.low, Math.min(high, 1 - 1 / sizes[step])) + 1e-9,
      );
      expect(bounds.high).toBeGreaterThan(Math.min(high, 1 - 1 / sizes[step]) - 1 / sizes[step]);
    };
    check([]);
    check([5]);
    check([15]);
    check([5, 35]);
    check([15, 10]);
  });

  it('leave the last action no choice', () => {
    const { low, high } = sweep.bounds([10, 30]);
    expect(low).toBe(high);
    expect(sweep.width(2, low, { low, high })).toBe(5);
  });
});

describe('ratios', () => {
  it('become the nearest allowed width, at least one, and back', () => {
    expect(widthAt(0, 10, 1)).toBe(10);
    expect(widthAt(1, 10, 1)).toBe(1);
    expect(widthAt(0.54, 10, 1)).toBe(5);
    expect(widthAt(0.56, 10, 1)).toBe(4);
    expect(widthAt(0.5, 30, 8)).toBe(16);
    expect(widthAt(0.12, 30, 8)).toBe(24);
    expect(widthAt(0.05, 30, 8)).toBe(30);
    expect(widthAt(0.99, 30, 8)).toBe(8);
    for (const [size, roundTo] of [
      [1, 1],
      [17, 1],
      [64, 8],
      [30, 8],
      [5, 8],
    ])
      for (const width of widthsOfGroup(size, roundTo))
        expect(widthAt(ratioAt(width, size), size, roundTo)).toBe(width);
    expect(widthsOfGroup(30, 8)).toEqual([8, 16, 24, 30]);
    expect(widthsOfGroup(30, 8, 10)).toEqual([16, 24, 30]);
    expect(widthsOfGroup(5, 8)).toEqual([5]);
  });
});

describe('states of a network with a residual block, a depthwise layer and a concat', () => {
  const { graph }: { graph: Graph } = smallNet();
  const dependencies = findGroups(graph);
  const cost = costModel(graph, dependencies);
  const full = cost(fullArchitecture(dependencies)).macs;
  const used = (a: readonly number[]) => cost(a).macs / (full / 2);
  const sweep = new Sweep(sweepGroups(graph, dependencies), { used, roundTo: 1, leastShare: 0.1 });

  it('are about 0 to 1 and tell the groups apart', () => {
    const groups = sweepGroups(graph, dependencies);
    const byId = (id: string) => groups[dependencies.groups.findIndex((g) => g.id === id)];
    // stem: a stage of stem and back (1 and 10 channels in, kernel 3) with the depthwise layer behind (8 in, stride 2)
    expect(byId('stem').features).toEqual([19 / 3 / 8, 0.8, 1, 1].map((v) => expect.closeTo(v, 6)));
    expect(byId('side').features[3]).toBeCloseTo(1 / 3, 6);
    expect(new Set(groups.map((g) => g.features.join())).size).toBe(groups.length);
    const random = new Random(4);
    for (let i = 0; i < 20; i++) {
      const decided = randomEpisode(sweep, random);
      for (let k = 0; k <= decided.length; k++) {
        const state = sweep.state(decided.slice(0, k));
        expect(state).toHaveLength(sweep.features);
        for (const value of state) expect(value > -1e-6 && value <= 1 + 1e-6).toBe(true);
      }
    }
  });

  it('follow what was decided: cost kept so far, the action before', () => {
    const narrow = sweep.state([sweep.least[sweep.order[0]]]);
    const wide = sweep.state([dependencies.groups[sweep.order[0]].size]);
    const [own, kept, rest, last] = [5, 6, 7, 8];
    expect(narrow[kept]).toBeCloseTo(0, 6);
    expect(wide[kept]).toBeGreaterThan(0);
    // a wider input makes the next group dearer
    expect(wide[own]).toBeGreaterThan(narrow[own]);
    expect(wide[rest]).toBe(narrow[rest]);
    expect(wide[last]).toBe(0);
    expect(narrow[last]).toBeCloseTo(1 - sweep.least[0] / dependencies.groups[0].size, 6);
  });
});
