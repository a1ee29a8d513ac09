import { spawn } from 'node:child_process';
import { findProgram, ownQuarters } from './programs.ts';

/**
 * Tells a process and all that it started to end (`SIGTERM`) or ends them (`SIGKILL`); one that leads no group alone.
 * Does not wait, and is silent where nothing is left to end.
 */
export function signalTree(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid <= 1) return;
  if (process.platform === 'win32') {
    // a process without a window can't be asked politely there: only forced
    const taskkill = findProgram('taskkill');
    if (signal === 'SIGKILL' && taskkill)
      spawn(taskkill, ['/PID', String(pid), '/T', '/F'], { ...ownQuarters(), stdio: 'ignore' }).on(
        'error',
        () => {},
      );
    return;
  }
  if (!signalled(-pid, signal)) signalled(pid, signal);
}

/** Ends what is left of a process' group, after the process itself has gone. */
export function endGroup(pid: number): void {
  if (pid > 1 && process.platform !== 'win32') signalled(-pid, 'SIGKILL');
}

/** @returns whether there was such a process, or (negative) such a group */
function signalled(target: number, signal: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch {
    return false;
  }
}
