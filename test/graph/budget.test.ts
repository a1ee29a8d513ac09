import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullArchitecture } from '../../src/graph/architecture.ts';
import { fitToBudget, roundWidth } from '../../src/graph/budget.ts';
import { costModel } from '../../src/graph/cost.ts';
import { GraphBuilder } from '../support/builder.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { InputError } from '../../src/graph/errors.ts';
import { mobilenetV2, resnet50 } from '../support/paper-networks.ts';

const b = new GraphBuilder({ zeros: true });
let x = b.conv(b.input([16, 16, 3]), 16, 3);
for (const [width, stride] of [
  [16, 1],
  [32, 2],
  [32, 1],
  [64, 2],
  [64, 1],
])
  // prettier-ignore
  x = b.relu(b.batchNorm(b.conv(x, width, 3, { stride })));
const small = b.build(b.dense(b.globalPool(x), 10)).graph;

describe('fitToBudget', () => {
  const networks = { small, resnet50: resnet50().graph, mobilenetV2: mobilenetV2().graph };
  const settings = Object.entries(networks).flatMap(([name, graph]) =>
    [0.2, 0.5, 0.9].flatMap((share) => [1, 8].map((roundTo) => ({ name, graph, share, roundTo }))),
  );

  it.each(settings)('$name to $share of its MACs, multiples of $roundTo', ({ graph, share, roundTo }) => {
    const dependencies = findGroups(graph);
    const cost = costModel(graph, dependencies);
    const full = fullArchitecture(dependencies);
    const macs = (a: readonly number[]) => cost(a).macs;
    const limit = share * macs(full);
    const fitted = fitToBudget(full, macs, limit, dependencies, { roundTo });
    expect(macs(fitted)).toBeLessThanOrEqual(limit);
    let dearest = 0;
    dependencies.groups.forEach((g, i) => {
      expect(fitted[i] % roundTo === 0 || fitted[i] === g.size).toBe(true);
      if (g.frozen !== undefined) return expect(fitted[i]).toBe(g.size);
      const wider = [...fitted];
      wider[i] = roundWidth(fitted[i] + 1, g.size, roundTo);
      dearest = Math.max(dearest, macs(wider) - macs(fitted));
    });
    expect(limit - macs(fitted)).toBeLessThan(dearest);
    // one channel of a network of this size is little
    if (roundTo === 1) expect(macs(fitted) / limit).toBeGreaterThan(0.98);
  });

  const dependencies = findGroups(small);
  const cost = costModel(small, dependencies);
  const full = fullArchitecture(dependencies);
  const macs = (a: readonly number[]) => cost(a).macs;

  it('leaves a network that costs less as it is', () => {
    expect(fitToBudget(full, macs, 2 * macs(full), dependencies)).toEqual(full);
  });

  it('widens a narrow one to the limit, or not, as asked', () => {
    const half = full.map((w, i) => (dependencies.groups[i].frozen === undefined ? w / 2 : w));
    const wide = fitToBudget(half, macs, 0.6 * macs(full), dependencies);
    expect(macs(wide)).toBeGreaterThan(0.58 * macs(full));
    expect(fitToBudget(half, macs, 0.6 * macs(full), dependencies, { grow: false })).toEqual(half);
  });

  it('refuses what the narrowest network costs more than, saying what that is', () => {
    const least = macs(full.map((w, i) => (dependencies.groups[i].frozen === undefined ? 1 : w)));
    expect(() => fitToBudget(full, macs, least - 1, dependencies)).toThrow(InputError);
    expect(() => fitToBudget(full, macs, least - 1, dependencies)).toThrow(`costs ${least}`);
    expect(macs(fitToBudget(full, macs, least, dependencies))).toBe(least);
  });

  it('holds from any start, for any limit that can be reached', () => {
    const widths = fc.tuple(...dependencies.groups.map((g) => fc.integer({ min: 1, max: g.size })));
    fc.assert(
      fc.property(
        widths,
        fc.double({ min: 0.02, max: 1, noNaN: true }),
        fc.boolean(),
        (start, share, grow) => {
          const fitted = fitToBudget(start, macs, share * macs(full), dependencies, { grow });
          expect(macs(fitted)).toBeLessThanOrEqual(share * macs(full));
          expect(fitted).toEqual(fitToBudget(start, macs, share * macs(full), dependencies, { grow }));
          dependencies.groups.forEach((g, i) => {
            expect(Number.isInteger(fitted[i]) && fitted[i] >= 1 && fitted[i] <= g.size).toBe(true);
            if (!grow && g.frozen === undefined) expect(fitted[i]).toBeLessThanOrEqual(start[i]);
          });
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('roundWidth', () => {
  it.each([
    [5, 20, 1, 5],
    [5, 20, 8, 8],
    [17, 20, 8, 20],
    [20, 20, 8, 20],
    [1, 4, 8, 4],
    [0, 20, 8, 8],
    [8.5, 20, 1, 9],
  ])('%d of %d in multiples of %d is %d', (width, size, roundTo, expected) => {
    expect(roundWidth(width, size, roundTo)).toBe(expected);
  });
});
