// What tests leave behind: every process that a test starts inherits its temporary folder (TMPDIR), whose path marks it,
// also one that was detached. Linux only: elsewhere nothing is found.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Processes, other than this one and those that started it, that have this text in their command line, environment or
 * working folder: { pid, command } each.
 */
export function processesOf(mark) {
  const own = ancestors();
  const found = [];
  for (const name of list('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || own.has(pid)) continue;
    try {
      const [state] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
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

/** Ends them without a word, at once; gives what there was. */
export function killAll(mark) {
  const found = processesOf(mark);
  for (const { pid } of found)
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  return found;
}

/** Waits until none is left, for so many seconds at most; kills those that are, and gives one line for each. */
export async function leftBehind(mark, seconds = 120) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end && processesOf(mark).length;)
    await sleep(100);
  return killAll(mark).map(({ pid, command }) => `${pid} ${command.slice(0, 200)}`);
}

/** This process and those above it. */
function ancestors() {
  const own = new Set([process.pid]);
  let pid = process.ppid;
  while (pid > 1 && !own.has(pid)) {
    own.add(pid);
    try {
      pid = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1]);
    } catch {
      break;
    }
  }
  return own;
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
