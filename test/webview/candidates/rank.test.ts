import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';
import { rerank } from '../../support/rerank.ts';
import { columns } from '../../../webview/candidates/columns.ts';
import { choose, rank } from '../../../webview/candidates/rank.ts';
import type { Candidate, RunCandidate } from '../../../src/terms/candidates.ts';

const view = (id: number, macs: number, recalibrated?: number, cut?: number): RunCandidate => ({
  arm: 'm',
  id,
  origin: 'random',
  cost: { macs, params: macs / 10, bytes: macs, peakActivationBytes: 1 },
  accuracies: { recalibrated, cut },
});

const asEngine = (c: RunCandidate): Candidate => ({ ...c, architecture: [], kept: [] });

const candidates = fc
  .array(
    fc.tuple(
      fc.integer({ min: 1, max: 1200 }),
      fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    ),
    { maxLength: 60 },
  )
  .map((rows) => rows.map(([macs, recalibrated, cut], id) => view(id, macs, recalibrated, cut)));

describe('ranking', () => {
  test("is the engine's, whatever the coefficients", () => {
    const exponent = fc.double({ min: 0, max: 4, noNaN: true });
    fc.assert(
      fc.property(candidates, exponent, exponent, (list, accuracyExponent, efficiencyExponent) => {
        const spec = rewardSpec('rewarded-meta', { original: 1000, accuracyExponent, efficiencyExponent });
        const mine = rank(columns(list), spec);
        const engines = rerank(list.map(asEngine), spec);
        expect(mine.order).toEqual(engines.map(({ id }) => id));
        for (const { id, reward } of engines) expect(mine.rewards[id]).toBe(reward ?? NaN);
        mine.order.forEach((i, place) => expect(mine.ranks[i]).toBe(place));
      }),
    );
  });

  test('started from an earlier order it is the same', () => {
    const spec = (q: number) => rewardSpec('rewarded-meta', { original: 1000, efficiencyExponent: q });
    fc.assert(
      fc.property(candidates, fc.nat(60), (list, known) => {
        const before = rank(columns(list.slice(0, known)), spec(1)).order;
        expect(rank(columns(list), spec(2), before).order).toEqual(rank(columns(list), spec(2)).order);
      }),
    );
  });

  test('more weight on efficiency moves the choice to a smaller network', () => {
    const list = [view(0, 900, 95), view(1, 500, 92), view(2, 100, 60)];
    const best = (p: number, q: number) =>
      rank(
        columns(list),
        rewardSpec('rewarded-meta', { original: 1000, accuracyExponent: p, efficiencyExponent: q }),
      ).order[0];
    expect(best(2, 0)).toBe(0);
    expect(best(2, 1)).toBe(1);
    expect(best(0, 1)).toBe(2);
  });

  test('the choice keeps the budget where one does', () => {
    const ranking = rank(
      columns([view(0, 900, 99), view(1, 500, 80), view(2, 400)]),
      rewardSpec('metapruning', { original: 1000 }),
    );
    expect(choose(ranking, () => true)).toBe(0);
    expect(choose(ranking, (i) => i > 0)).toBe(1);
    expect(choose(ranking, () => false)).toBe(0);
    expect(choose(rank(columns([view(0, 1)]), ranking.spec), () => true)).toBe(-1);
  });
});
