import { batch, effect, signal, type Signal } from '@preact/signals';
import type { z } from 'zod';
import { panelState, type PanelState, type RunView } from '../src/protocol/panel.ts';
import { host } from './host.ts';
import { vscode } from './vscode.ts';

const fresh: PanelState = {
  version: 1,
  model: null,
  compare: null,
  run: null,
  tab: 'network',
  draft: null,
  views: {},
  runs: {},
};
/** By name, what takes a remembered value over. */
const takers = new Map<string, (value: unknown) => void>();
/** So many runs are remembered. */
const MOST_RUNS = 30;

const parsed = panelState.safeParse(vscode.getState());
/** What the editor remembered of this panel when its page was made; null for a new one. */
const restored: PanelState | null = parsed.success ? parsed.data : null;

let state: PanelState = restored ?? fresh;
let waiting = 0;
/** the host has said what it remembers: from now on changes are sent to it */
let adopted = false;

/**
 * Takes over what the host remembers, which is never older than the editor's own copy.
 * @returns what is known of this panel's past, or null
 */
export function adopt(past: PanelState | null, model: string | null): PanelState | null {
  const known = past ?? (restored?.model === model ? restored : null);
  state = known ?? fresh;
  adopted = true;
  if (past)
    batch(() => {
      for (const [name, take] of takers) if (Object.hasOwn(past.views, name)) take(past.views[name]);
    });
  return known;
}

/** Remembers; written at most five times a second. */
export function remember(part: Partial<PanelState>): void {
  state = { ...state, ...part };
  if (waiting) return;
  waiting = window.setTimeout(() => {
    waiting = 0;
    write();
  }, 200);
}

function write(): void {
  vscode.setState(state);
  // without it, the editor's copy is all there is
  if (adopted) host.request('remember', { state }).catch(() => {});
}

/** Written at once when the page goes out of sight: it may not live on. */
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') write();
});

/** How the user left a run; null where nothing is remembered. */
export function runView(folder: string): RunView | null {
  return Object.hasOwn(state.runs, folder) ? state.runs[folder] : null;
}

export function rememberRun(folder: string, view: Omit<RunView, 'at'>): void {
  const known = runView(folder) ?? { coefficients: null, picked: null, second: null, held: null };
  if (JSON.stringify({ ...known, at: 0 }) === JSON.stringify({ ...view, at: 0 })) return;
  const all = Object.entries({ ...state.runs, [folder]: { ...view, at: Date.now() } });
  const newest = all.sort(([, a], [, b]) => b.at - a.at).slice(0, MOST_RUNS);
  remember({ runs: Object.fromEntries(newest) });
}

/**
 * How a view is set (sorting, zoom, scrolling, what is open): a signal that is remembered under `name`.
 * What was remembered and no longer fits the schema is passed over.
 */
export function remembered<T>(name: string, schema: z.ZodType<T>, initial: T): Signal<T> {
  const known = schema.safeParse(state.views[name]);
  const value = signal<T>(known.success ? known.data : initial);
  takers.set(name, (given) => {
    const past = schema.safeParse(given);
    if (past.success) value.value = past.data;
  });
  let first = true;
  effect(() => {
    const now = value.value;
    if (first) first = false;
    else remember({ views: { ...state.views, [name]: now } });
  });
  return value;
}
