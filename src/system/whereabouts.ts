import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import os from 'node:os';
import { promisify } from 'node:util';
import { processExists } from './exists.ts';

/**
 * A process, so that it can be told from any other that has its number at another time or in another place. What a
 * system doesn't tell is left out.
 */
export interface Whereabouts {
  readonly pid: number;
  readonly host: string;
  /** this start of the system, and on Linux the space in which process numbers count (a container has its own) */
  readonly boot?: string;
  /** when the process began, as the system counts: clocks that are set don't change it */
  readonly start?: string;
}

/** What there is to say of a process: it is at work, it is not, or nothing can be told from here. */
export type Life = 'alive' | 'dead' | 'unknown';

let own: Promise<Whereabouts> | undefined;

/** This process. */
export function whereabouts(): Promise<Whereabouts> {
  own ??= Promise.all([bootOf(), startOf(process.pid)]).then(([boot, start]) => ({
    pid: process.pid,
    host: os.hostname(),
    boot,
    start: start ?? undefined,
  }));
  return own;
}

/** Whether a process is at work, as far as this one can tell. */
export async function lifeOf(other: Whereabouts): Promise<Life> {
  const here = await whereabouts();
  // process numbers of another machine, another container or before a restart mean nothing here
  if (other.host !== here.host) return 'unknown';
  if (other.boot !== undefined && other.boot !== here.boot) return 'unknown';
  if (!processExists(other.pid)) return 'dead';
  const start = await startOf(other.pid);
  if (start === null) return 'dead';
  // where the system tells no start, the number may be somebody else's by now
  if (start === undefined || other.start === undefined) return 'unknown';
  return start === other.start ? 'alive' : 'dead';
}

/** When a process began; null where it has ended, undefined where that can't be told. */
async function startOf(pid: number): Promise<string | null | undefined> {
  if (process.platform === 'linux') {
    const about = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'ESRCH' ? null : undefined,
    );
    if (!about) return about as null | undefined;
    // the name, in brackets, may hold anything: what follows the last bracket are the fields from the third on
    const fields = about.slice(about.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(fields[0]) ? null : fields[19];
  }
  if (process.platform === 'darwin') {
    // in one language and zone, whatever this process was started with
    const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };
    return await said('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], env);
  }
  // Windows has no quick answer: there a lock lives by its beat
  return undefined;
}

async function bootOf(): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    const space = await readlink('/proc/self/ns/pid').catch(() => '');
    return `${boot.trim()} ${space}`.trim() || undefined;
  }
  if (process.platform === 'darwin') return await said('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid']);
  return undefined;
}

async function said(program: string, words: string[], env?: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, words, { env, timeout: 5000 });
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
