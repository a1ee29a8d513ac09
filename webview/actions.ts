import { batch } from '@preact/signals';
import { failureOf } from '../src/protocol/rpc.ts';
import type { Openable, Tab } from '../src/protocol/panel.ts';
import type { Side } from '../src/protocol/views.ts';
import { host } from './host.ts';
import { remember } from './persist.ts';
import { emptyRun, withEvents } from '../src/terms/run-data.ts';
import {
  busy,
  compare,
  draft,
  followed,
  message,
  network,
  run,
  runs,
  selected,
  status,
  tab,
  type Message,
} from './state.ts';
import { t } from './strings.ts';
import type { CandidateOfRun } from '../src/terms/candidates.ts';

/** Shows a view. */
export function show(which: Tab): void {
  tab.value = which;
  remember({ tab: which });
}

/**
 * Does what the user asked for, once at a time by `name`: while it lasts it is in `busy`; what goes wrong is reported
 * above the view, with the log. Called off (a dialogue closed): nothing.
 */
export async function perform<T>(name: string, what: string, ask: () => Promise<T>): Promise<T | undefined> {
  if (busy.value.has(name)) return undefined;
  busy.value = new Map(busy.value).set(name, { what, since: Date.now() });
  try {
    return await ask();
  } catch (error) {
    const failure = failureOf(error);
    if (failure.kind !== 'cancelled') {
      message.value = {
        kind: 'error',
        text: failure.message,
        detail: failure.detail,
        actions: [{ label: t('Show log'), run: () => void openThing('log') }],
      };
    }
    return undefined;
  } finally {
    const left = new Map(busy.value);
    left.delete(name);
    busy.value = left;
  }
}

/** Tells the user what was done. */
export function tell(text: string, actions: Message['actions'] = []): void {
  message.value = { kind: 'info', text, actions };
}

/** Opens a file beside the panel, the log, a report, or a page of help. */
export function openThing(what: Openable, path?: string): Promise<unknown> {
  return host
    .request('open', path === undefined ? { what } : { what, path })
    .catch(
      (error: unknown) => (message.value = { kind: 'error', text: failureOf(error).message, actions: [] }),
    );
}

/** Reads the network. What the user freezes is put over it here (network/freeze.ts): no need to read it again. */
export function openNetwork(): Promise<unknown> {
  const interiorOutputs = draft.value?.interiorOutputs ?? false;
  return network.run(t('Reading the network'), (signal) =>
    host.request('network', { freeze: [], interiorOutputs }, signal),
  );
}

export function listRuns(then?: () => void): Promise<unknown> {
  return runs.run(
    t('Reading the list of runs'),
    async (signal) => (await host.request('runs', {}, signal)).runs,
    then,
  );
}

/** Shows a run from now on, with a comparison of its own where one was open. */
export async function follow(folder: string, view?: Tab, sides: typeof compare.value = null): Promise<void> {
  batch(() => {
    run.value = emptyRun(folder);
    status.value = null;
    selected.value = null;
    compare.value = sides;
    if (view) show(view);
  });
  remember({ run: folder, compare: sides });
  await followed.run(t('Opening the run'), (signal) => host.request('follow', { run: folder }, signal));
}

/** Chooses a candidate; null: the run's own choice. */
export function choose(ref: CandidateOfRun | null): void {
  selected.value = ref;
}

/** Compares two sides in the channel diff; null: the original against the chosen candidate. */
export function compareSides(sides: { readonly a: Side; readonly b: Side } | null): void {
  compare.value = sides;
  remember({ compare: sides });
  show('diff');
}

/** Listens to what the host tells on its own. */
export function listen(): () => void {
  const ends = [
    host.on('events', ({ run: folder, reset, events }) => {
      const known = run.value;
      if (known?.run !== folder) return;
      run.value = withEvents(reset ? emptyRun(folder) : known, events);
    }),
    host.on('status', (given) => {
      if (given.run === run.value?.run) status.value = given;
    }),
    host.on('runs', (given) => {
      runs.value.value = { state: 'data', value: given.runs };
    }),
  ];
  return () => ends.forEach((end) => end());
}
