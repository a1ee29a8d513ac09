import { effect, signal, type Signal } from '@preact/signals';
import type { z } from 'zod';
import { panelState, type PanelState } from '../src/protocol/panel.ts';
import { vscode } from './vscode.ts';

const fresh: PanelState = {
  version: 1,
  model: null,
  compare: null,
  run: null,
  tab: 'network',
  draft: null,
  views: {},
};

const parsed = panelState.safeParse(vscode.getState());
/** What this panel remembered of itself when its page was made; null for a new one. */
export const restored: PanelState | null = parsed.success ? parsed.data : null;

let state: PanelState = restored ?? fresh;
let waiting = 0;

/** Remembers; written at most five times a second. */
export function remember(part: Partial<PanelState>): void {
  state = { ...state, ...part };
  if (waiting) return;
  waiting = window.setTimeout(() => {
    waiting = 0;
    vscode.setState(state);
  }, 200);
}

/** Written at once when the page goes out of sight: it may not live on. */
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') vscode.setState(state);
});

/**
 * How a view is set (sorting, zoom, scrolling, what is open): a signal that is remembered under `name`.
 * What was remembered and no longer fits the schema is passed over.
 */
export function remembered<T>(name: string, schema: z.ZodType<T>, initial: T): Signal<T> {
  const known = schema.safeParse(state.views[name]);
  const value = signal<T>(known.success ? known.data : initial);
  let first = true;
  effect(() => {
    const now = value.value;
    if (first) first = false;
    else remember({ views: { ...state.views, [name]: now } });
  });
  return value;
}
