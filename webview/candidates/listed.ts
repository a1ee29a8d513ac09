import { computed } from '@preact/signals';
import * as z from 'zod';
import { remembered } from '../persist.ts';
import { noFilter, rows, sortKeys } from './rows.ts';
import type { Filter, Sort } from './rows.ts';
import { boardNow, front, ranking, starredIndices } from './state.ts';

/** What the candidates' table lists, and in which order. */

export const filter = remembered<Filter>(
  'candidates.filter',
  z.object({ text: z.string(), within: z.boolean(), front: z.boolean(), starred: z.boolean() }),
  noFilter,
);
export const sort = remembered<Sort>(
  'candidates.sort',
  z.object({
    key: z.enum(sortKeys),
    descending: z.boolean(),
  }),
  { key: 'reward', descending: true },
);

/** What rows are chosen by; not made anew when a coefficient moves. */
const flags = computed(() => {
  const now = boardNow.value;
  const flag = (from: readonly number[]) => {
    const made = new Uint8Array(now?.columns.size ?? 0);
    for (const i of from) made[i] = 1;
    return made;
  };
  return {
    within: now?.within ?? flag([]),
    front: flag(front.value),
    starred: flag(starredIndices.value),
  };
});

/** The table's rows: indices of candidates. */
export const listed = computed<readonly number[]>(() => {
  const now = boardNow.value;
  if (!now || !ranking.value) return [];
  return rows(now.columns, ranking.value, flags.value, filter.value, sort.value);
});
