import { batch, signal, type Signal } from '@preact/signals';
import { Failure } from '../src/protocol/rpc.ts';
import { t } from './strings.ts';

/** Something that is asked for: not yet, on its way, here, or why not. */
export type Load<T> =
  | { readonly state: 'idle' }
  | { readonly state: 'loading'; readonly what: string; readonly since: number; readonly cancel: () => void }
  | { readonly state: 'error'; readonly failure: Failure; readonly retry: () => void }
  | { readonly state: 'data'; readonly value: T };

export interface Loading<T> {
  readonly value: Signal<Load<T>>;
  /**
   * Asks; what was asked before is called off, and its answer is never shown. `then`: what follows from an answer, also
   * from one that only a second try brought: who waits for the promise alone has given up by then.
   */
  run(
    what: string,
    ask: (signal: AbortSignal) => Promise<T>,
    then?: (answer: T) => void,
  ): Promise<T | undefined>;
  /** forgets, and calls off what is asked */
  clear(): void;
}

/** The longest that anything is waited for unless it says otherwise, milliseconds: then it is an error with a way on. */
const PATIENCE = 60_000;

/** A place for something that is asked for, more than once in its life. */
export function loading<T>(patience = PATIENCE): Loading<T> {
  const value = signal<Load<T>>({ state: 'idle' });
  let current: AbortController | null = null;
  const clear = () => {
    current?.abort();
    current = null;
    value.value = { state: 'idle' };
  };
  const run: Loading<T>['run'] = async (what, ask, then) => {
    current?.abort();
    const abort = new AbortController();
    current = abort;
    value.value = { state: 'loading', what, since: Date.now(), cancel: clear };
    const fail = (failure: Failure) => {
      if (current !== abort) return;
      current = null;
      abort.abort();
      value.value = { state: 'error', failure, retry: () => void run(what, ask, then) };
    };
    const watchdog = setTimeout(
      () =>
        fail(new Failure('internal', t('{0}: no answer in {1} seconds.', what, Math.round(patience / 1000)))),
      patience,
    );
    try {
      const answer = await ask(abort.signal);
      if (current !== abort) return undefined;
      batch(() => {
        value.value = { state: 'data', value: answer };
        then?.(answer);
      });
      return answer;
    } catch (error) {
      fail(error instanceof Failure ? error : new Failure('internal', String(error)));
      return undefined;
    } finally {
      clearTimeout(watchdog);
    }
  };
  return { value, run, clear };
}

/** The value, where it is here. */
export function loaded<T>(load: Load<T>): T | undefined {
  return load.state === 'data' ? load.value : undefined;
}
