import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { whyUnreadable } from './regular.ts';
import { InputError } from '../graph/errors.ts';
import { lifeOf, whereabouts } from '../system/whereabouts.ts';

/** A folder of a process that can't be looked at from here (another container) is left for so long. */
const LEFT_DAYS = 7;
const pattern = /^espalier-[a-z]+-(\d+)-(\d+|x)-([0-9a-f]{8})-[0-9a-f]{12}$/;

let swept: Promise<void> | undefined;

/**
 * Makes a folder for files that this process needs for a moment; who asks for it removes it. Its name says which process
 * that is, so that the next one can remove what was left by one that was killed; the first call in a process does so.
 * @param kind lower-case letters, for people who look
 * @throws InputError where none can be made
 */
export async function temporaryFolder(kind: string): Promise<string> {
  swept ??= sweepTemporary().catch(() => {});
  await swept;
  const { pid, start } = await whereabouts();
  const mark = /^\d+$/.test(start ?? '') ? start : 'x';
  const random = randomBytes(6).toString('hex');
  const folder = path.join(os.tmpdir(), `espalier-${kind}-${pid}-${mark}-${await place()}-${random}`);
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
    throw new InputError(
      `no temporary folder can be made in ${os.tmpdir()} (${whyUnreadable(error)}); set ${variable} to a folder that can be written`,
    );
  });
  return folder;
}

/** The same at once, without a look at what others left; such a folder is known by its age alone. */
export function temporaryFolderSync(kind: string): string {
  const random = randomBytes(6).toString('hex');
  const folder = path.join(os.tmpdir(), `espalier-${kind}-${process.pid}-x-${'0'.repeat(8)}-${random}`);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** Removes the temporary folders of processes that are gone: this user's, and called as we call them. */
export async function sweepTemporary(root = os.tmpdir()): Promise<void> {
  for (const name of await readdir(root)) {
    const [, pid, start, where] = pattern.exec(name) ?? [];
    if (pid === undefined) continue;
    const folder = path.join(root, name);
    const about = await lstat(folder).catch(() => null);
    if (!about?.isDirectory() || (process.getuid && about.uid !== process.getuid())) continue;
    const life = where === (await place()) ? await lifeOf(await named(pid, start)) : 'unknown';
    const old = Date.now() - about.mtimeMs > LEFT_DAYS * 86_400_000;
    if (life === 'dead' || (life === 'unknown' && old))
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function named(pid: string, start: string) {
  const { host, boot } = await whereabouts();
  return { pid: Number(pid), host, boot, start: start === 'x' ? undefined : start };
}

/** Where process numbers mean the same: this machine, since it was started, and this container. */
async function place(): Promise<string> {
  const { host, boot = '' } = await whereabouts();
  return createHash('sha256').update(`${host} ${boot}`).digest('hex').slice(0, 8);
}
