import type { Columns } from './columns.ts';
import type { Ranking } from './rank.ts';
import { pointOfArm } from '../../src/terms/candidates.ts';
import { sizeMetric } from '../../src/terms/goals.ts';
import { accuracyKeys } from '../../src/terms/scores.ts';

/** What the candidates' table can be sorted by. */
export const sortKeys = [
  ...(['starred', 'id', 'reward', 'origin', 'arm', 'point'] as const),
  ...accuracyKeys,
  ...sizeMetric.options,
] as const;
export type SortKey = (typeof sortKeys)[number];

export interface Sort {
  readonly key: SortKey;
  readonly descending: boolean;
}

export interface Filter {
  /** parts of number, origin or arm, all of which must occur */
  readonly text: string;
  readonly within: boolean;
  readonly front: boolean;
  readonly starred: boolean;
}

export const noFilter: Filter = { text: '', within: false, front: false, starred: false };

/** What rows are chosen by that the columns do not hold. */
export interface Marks {
  /** 1 where a candidate keeps every budget */
  readonly within: Uint8Array;
  /** 1 where it is on the front */
  readonly front: Uint8Array;
  /** 1 where it is starred */
  readonly starred: Uint8Array;
}

/**
 * Indices of the candidates to list, in their order. What was not measured comes last either way; equal values stay
 * in the order of the reward.
 */
export function rows(
  columns: Columns,
  ranking: Ranking,
  marks: Marks,
  filter: Filter,
  sort: Sort,
): readonly number[] {
  const { key, descending } = sort;
  const all = !filter.text && !filter.within && !filter.front && !filter.starred;
  if (all && key === 'reward' && descending) return ranking.order;
  const listed = ranking.order.filter(matcher(columns, marks, filter));
  if (key === 'reward') {
    if (descending) return listed;
    const measured = listed.filter((i) => !Number.isNaN(ranking.rewards[i]));
    return [...measured.reverse(), ...listed.slice(measured.length)];
  }
  const sign = descending ? -1 : 1;
  if (key === 'origin' || key === 'arm') {
    const { candidates } = columns;
    return listed.sort((a, b) => sign * compareText(candidates[a][key], candidates[b][key]));
  }
  const value = numbers(columns, marks, key);
  return listed.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return sign * (x - y);
  });
}

function numbers(
  columns: Columns,
  marks: Marks,
  key: Exclude<SortKey, 'origin' | 'arm' | 'reward'>,
): (i: number) => number {
  if (key === 'id') return (i) => columns.candidates[i].id;
  if (key === 'point') {
    // the goal is the dearest point
    const shares = columns.candidates.map(({ arm }) => pointOfArm(arm)?.percent ?? 100);
    return (i) => shares[i];
  }
  const of = key === 'starred' ? marks.starred : columns[key];
  return (i) => of[i];
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function matcher({ candidates }: Columns, marks: Marks, filter: Filter): (index: number) => boolean {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return (i) => {
    if (filter.within && !marks.within[i]) return false;
    if (filter.front && !marks.front[i]) return false;
    if (filter.starred && !marks.starred[i]) return false;
    if (words.length === 0) return true;
    const { id, origin, arm } = candidates[i];
    const text = `${id} ${origin} ${arm}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
}
