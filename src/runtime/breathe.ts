import { setImmediate as nextTurn } from 'node:timers/promises';
import { Interrupted } from '../graph/errors.ts';

/** Work in pieces: kernels block the process, so between pieces it must look at its messages (cancel among them). */
export class Breather {
  private last = performance.now();
  private readonly signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  /** Lets the event loop turn where 50 ms of work have passed. Throws Interrupted once the signal is aborted. */
  async breathe(): Promise<void> {
    if (performance.now() - this.last > 50) {
      await nextTurn();
      this.last = performance.now();
    }
    if (this.signal?.aborted) throw new Interrupted();
  }
}
