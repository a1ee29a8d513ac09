import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import * as z from 'zod';
import type { DiffView, Side } from '../../src/protocol/views.ts';
import { host } from '../host.ts';
import { loading } from '../load.ts';
import type { Loading } from '../load.ts';
import { remembered } from '../persist.ts';
import { t } from '../strings.ts';
import type { LayerSort } from './rows.ts';

export interface Sides {
  readonly a: Side;
  readonly b: Side;
}

/** How the diff is set. */
export const sort = remembered<LayerSort>(
  'diff.sort',
  z.object({ key: z.enum(['layer', 'removed', 'macs', 'params']), down: z.boolean() }).nullable(),
  null,
);
export const heights = remembered('diff.heights', z.boolean(), false);
/** Whether layers that only pass channels on are listed too. */
export const all = remembered('diff.all', z.boolean(), false);
export const search = signal('');

/** Diffs of candidates that were shown last: they never change, files may. */
const kept = new Map<string, DiffView>();
const MOST_KEPT = 16;

function lasting({ a, b }: Sides): boolean {
  return [a, b].every(({ kind }) => kind === 'candidate' || kind === 'original');
}

async function ask(sides: Sides, signal: AbortSignal): Promise<DiffView> {
  const key = JSON.stringify(sides);
  const known = kept.get(key);
  if (known) return known;
  const made = await host.request('diff', sides, signal);
  if (lasting(sides)) {
    kept.set(key, made);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  }
  return made;
}

/**
 * The diff of two sides, asked for when they change; while they change fast (a coefficient is being moved) it waits
 * so many milliseconds.
 */
export function useDiff(sides: Sides | null, patience = 0): Loading<DiffView> {
  const place = useMemo(() => loading<DiffView>(), []);
  const key = JSON.stringify(sides);
  useEffect(() => {
    if (!sides) {
      place.clear();
      return;
    }
    const start = () => void place.run(t('Comparing'), (signal) => ask(sides, signal));
    if (!patience || kept.has(key) || place.value.peek().state === 'idle') {
      start();
      return;
    }
    const timer = setTimeout(start, patience);
    return () => clearTimeout(timer);
  }, [key]);
  useEffect(() => () => place.clear(), []);
  return place;
}
