import { describe, expect, test } from 'vitest';
import { rewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';
import { columns } from '../../../webview/candidates/columns.ts';
import { rank } from '../../../webview/candidates/rank.ts';
import { noFilter, rows } from '../../../webview/candidates/rows.ts';
import type { SortKey } from '../../../webview/candidates/rows.ts';
import type { RunCandidate } from '../../../src/terms/candidates.ts';

const list: RunCandidate[] = (
  [
    [0, 'initial', 700, 90, undefined],
    [1, 'random', 300, 70, 88],
    [2, 'mutation', 500, undefined, undefined],
    [3, 'mutation', 400, 85, 91],
  ] as const
).map(([id, origin, macs, recalibrated, fineTuned]) => ({
  arm: 'rewarded-meta',
  id,
  origin,
  cost: { macs, params: macs, bytes: macs, peakActivationBytes: 1 },
  accuracies: { recalibrated, fineTuned },
}));
const table = columns(list);
const ranking = rank(table, rewardSpec('metapruning', { original: 1000 }));
const marks = {
  within: Uint8Array.of(0, 1, 1, 1),
  front: Uint8Array.of(1, 1, 0, 1),
  starred: Uint8Array.of(0, 0, 1, 0),
};
const by = (key: SortKey, descending: boolean, filter = {}) =>
  rows(table, ranking, marks, { ...noFilter, ...filter }, { key, descending });

describe('rows of the candidates’ table', () => {
  test('are sorted, and what is not measured stays last', () => {
    expect(by('reward', true)).toEqual([0, 3, 1, 2]);
    expect(by('reward', false)).toEqual([1, 3, 0, 2]);
    expect(by('macs', false)).toEqual([1, 3, 2, 0]);
    expect(by('id', true)).toEqual([3, 2, 1, 0]);
    expect(by('fineTuned', true)).toEqual([3, 1, 0, 2]);
    expect(by('fineTuned', false)).toEqual([1, 3, 0, 2]);
    expect(by('origin', false)).toEqual([0, 3, 2, 1]);
    expect(by('starred', true)).toEqual([2, 0, 3, 1]);
  });

  test('are sorted by the point that they were sought for, the goal the dearest', () => {
    const arms = ['uniform@12.5%', 'uniform', 'uniform@6.25%', 'uniform@50%'];
    const pointed = columns(list.map((one, i) => ({ ...one, arm: arms[i] })));
    const ranked = rank(pointed, rewardSpec('metapruning', { original: 1000 }));
    expect(rows(pointed, ranked, marks, noFilter, { key: 'point', descending: true })).toEqual([1, 3, 0, 2]);
  });

  test('are filtered', () => {
    expect(by('reward', true, { within: true })).toEqual([3, 1, 2]);
    expect(by('reward', true, { front: true, within: true })).toEqual([3, 1]);
    expect(by('reward', true, { starred: true })).toEqual([2]);
    expect(by('reward', true, { text: 'MUTA' })).toEqual([3, 2]);
    expect(by('reward', true, { text: 'muta 3' })).toEqual([3]);
    expect(by('reward', true, { text: 'nothing' })).toEqual([]);
  });
});
