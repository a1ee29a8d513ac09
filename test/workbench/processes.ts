import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Process {
  readonly pid: number;
  readonly command: string;
}

/**
 * Processes, other than this one, that have this text in their command line, environment or working folder.
 * Every test has a temporary folder of its own as HOME, so its path marks all that it started, also what was detached.
 */
export function processesOf(mark: string): Process[] {
  const found: Process[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const [state] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      if (state === 'Z') continue;
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const marked =
        command.includes(mark) ||
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark) ||
        readlinkSync(`/proc/${pid}/cwd`).startsWith(mark);
      if (marked) found.push({ pid, command });
    } catch {
      // It ended meanwhile, or is another user's.
    }
  }
  return found;
}

/** Espalier's own among them: those that work on a run or look at models. */
export function enginesOf(mark: string): Process[] {
  return processesOf(mark).filter(({ command }) => /dist\/(engine|work|look|cli)[\w-]*\.cjs/.test(command));
}

/** Waits until a condition holds. @throws Error saying what was waited for */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  seconds = 30,
): Promise<NonNullable<T>> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`after ${seconds} s still not so: ${what}`);
    await sleep(200);
  }
}

/** Ends a process group: politely, then after so many milliseconds for good. */
export async function endGroup(pid: number, patience = 4000): Promise<void> {
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
