import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { endGroup, signalTree } from '../../system/end-tree.ts';
import { processExists } from '../../system/exists.ts';
import { findProgram, ownQuarters } from '../../system/programs.ts';

const windows = process.platform === 'win32';

/** Whether a process works; one that has ended but was not yet fetched by its parent (a zombie) does not. */
export function isAlive(pid: number): boolean {
  if (!processExists(pid)) return false;
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

/** Ends a process and its tree: SIGTERM, and SIGKILL for what has not gone after the grace time. */
export async function endTree(pid: number, grace = 3000): Promise<void> {
  signalTree(pid, 'SIGTERM');
  if (!windows && (await gone(pid, grace))) {
    // children that outlived their parent are still in its group
    endGroup(pid);
    return;
  }
  signalTree(pid, 'SIGKILL');
  await gone(pid, 2000);
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
