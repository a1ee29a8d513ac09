import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram, ownQuarters } from '../../system/programs.ts';

const windows = process.platform === 'win32';

/** Whether a process works; one that has ended but was not yet fetched by its parent (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    // the name, in brackets, may hold anything: the state follows the last bracket
    const about = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return about[about.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/** Resolves to whether the process has gone within the time. */
export async function gone(pid: number, milliseconds: number): Promise<boolean> {
  const until = Date.now() + milliseconds;
  for (;;) {
    if (!isAlive(pid)) return true;
    if (Date.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Tells a process and all that it started to end (`SIGTERM`) or ends them (`SIGKILL`); one that leads no group alone. */
function signalTree(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid <= 1) return;
  if (windows) {
    // a process without a window can't be asked politely there: only forced
    const taskkill = findProgram('taskkill');
    if (signal === 'SIGKILL' && taskkill)
      spawn(taskkill, ['/PID', String(pid), '/T', '/F'], { ...ownQuarters(), stdio: 'ignore' }).on(
        'error',
        () => {},
      );
    return;
  }
  for (const target of [-pid, pid])
    try {
      process.kill(target, signal);
      return;
    } catch {
      // no such group, or nothing left to end
    }
}

/** Ends a process and its tree: SIGTERM, and SIGKILL for what has not gone after the grace time. */
export async function endTree(pid: number, grace = 3000): Promise<void> {
  signalTree(pid, 'SIGTERM');
  if (!windows && (await gone(pid, grace))) {
    // children that outlived their parent are still in its group
    signalGroup(pid);
    return;
  }
  signalTree(pid, 'SIGKILL');
  await gone(pid, 2000);
}

function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // the group is empty: all is well
  }
}

/**
 * Whether a process id that a file names is our engine at work on this run: not another program that got the number
 * since, nor one that somebody else's file names.
 */
export async function isEngine(pid: number, folder: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    if (process.platform === 'linux')
      return isOurs((await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0'), folder);
    const run = async (name: string, ...words: string[]) => {
      const program = findProgram(name);
      if (!program) return false;
      const { stdout } = await promisify(execFile)(program, words, { ...ownQuarters(), timeout: 10_000 });
      return isOurs([stdout], folder);
    };
    if (windows) {
      const query = `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`;
      return await run('powershell', '-NoProfile', '-Command', query);
    }
    return await run('ps', '-ww', '-o', 'command=', '-p', String(pid));
  } catch {
    return false;
  }
}

/** By the words that it was started with, one by one or all in a line: `…engine.cjs run FOLDER`. */
function isOurs(words: readonly string[], folder: string): boolean {
  // another window may name the folder by another path: its own name is enough beside the run's
  const line = words.join(' ').toLowerCase();
  const tail = path.join(path.basename(path.dirname(folder)), path.basename(folder)).toLowerCase();
  return /engine\.cjs"?\s+run\s/.test(line) && line.includes(tail);
}
