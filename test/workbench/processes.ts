import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf } from '../../scripts/left-behind.mjs';
import type { Process } from '../../scripts/left-behind.mjs';

export { processesOf };
export type { Process };

/** Seconds that anything may take at least: a slow, loaded machine is no fault of what is tested. */
export const PATIENCE = Number(process.env.ESPALIER_TEST_PATIENCE ?? 300);

/** Espalier's own among them: those that work on a run or look at models. */
export function enginesOf(mark: string): Process[] {
  return processesOf(mark).filter(({ command }) => /dist\/(engine|work|look|cli)[\w-]*\.cjs/.test(command));
}

/**
 * Waits until a condition holds. `seconds`: for what takes longer than PATIENCE, which is given to all else.
 * @throws Error saying what was waited for
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  seconds = PATIENCE,
): Promise<NonNullable<T>> {
  const most = Math.max(seconds, PATIENCE);
  const end = Date.now() + most * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`after ${most} s still not so: ${what}`);
    await sleep(200);
  }
}

/** Ends a process group: politely, then after so many milliseconds for good. */
export async function endGroup(pid: number, patience = 20_000): Promise<void> {
  const signal = (name: NodeJS.Signals | 0) => {
    try {
      process.kill(-pid, name);
      return true;
    } catch {
      return false;
    }
  };
  signal('SIGTERM');
  for (const end = Date.now() + patience; Date.now() < end && signal(0);) await sleep(100);
  signal('SIGKILL');
}
