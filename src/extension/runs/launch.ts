import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { NodeChoice } from '../process/node.ts';
import { logFile } from './files.ts';
import type { Job } from './jobs.ts';

export interface Launched {
  readonly pid: number;
  /** resolves when the process ends while this host lives: its code, or the signal that ended it */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/**
 * Starts a process that works on a run, in a group of its own and with its words in the run's log, so that it outlives us if it
 * shall.
 * @throws Error where it can't be started
 */
export async function launch(script: string, node: NodeChoice, job: Job): Promise<Launched> {
  // never through a link that came with the folder
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants;
  const log = await open(logFile(job.folder), O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW);
  try {
    const words = job.candidate ? ['--candidate', job.candidate.arm, String(job.candidate.id)] : [];
    const child = spawn(node.path, [script, 'run', job.folder, ...words], {
      env: node.env,
      // not the run's folder, which lies in the workspace: what it starts would be looked for there
      cwd: path.dirname(script),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return { pid: child.pid!, ended };
  } finally {
    await log.close();
  }
}
