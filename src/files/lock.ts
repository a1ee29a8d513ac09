import { randomBytes } from 'node:crypto';
import { link, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { fileError, readRegular } from './regular.ts';
import { InputError } from '../graph/errors.ts';
import { lifeOf, whereabouts } from '../system/whereabouts.ts';

const recordSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  boot: z.string().optional(),
  start: z.string().optional(),
  token: z.string().regex(/^[\w-]{1,64}$/),
});
type Record = z.infer<typeof recordSchema>;

/** How long a lock lasts whose process can't be looked at from here, in milliseconds. */
export interface Timeouts {
  /** between two signs of life */
  readonly beat: number;
  /** without a sign, until it is suspected */
  readonly silence: number;
  /** for which one that is suspected is watched before it is taken over: clocks may differ, signs are seen */
  readonly watch: number;
}

const timeouts: Timeouts = { beat: 15_000, silence: 60_000, watch: 20_000 };
const attempts = 100;
/** bytes; a record has some 200 */
const largestRecord = 65_536;
/** locks that follow one another: each is of a process that ended before it could put its own in the first's place */
const longestChain = 200;
/** tokens of locks that this process holds */
const held = new Set<string>();

/** Another process has the folder. */
export class InUse extends InputError {}

/** A folder that is this process's. */
export interface Lock {
  /** Whether it still is: one that was suspended for long on another machine may have been taken over. */
  holds(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Holds a folder, so that no two processes work in it.
 *
 * `lock` names its process. One whose process is gone is not deleted, for then two that found it at once could both
 * take it: its successor is `lock.after.TOKEN`, TOKEN being the old one's, and only one can make that. Successors form
 * a chain; the living process at its end has the folder. It then puts its own record in the place of `lock`, in one
 * step, and only after that removes what came before.
 *
 * A process is known by its number and its start, so a number that is in use again blocks nothing. Where that can't be
 * looked at (another machine, another container, Windows), a lock lives by its beat.
 * @param what works there, for the message
 * @throws InUse where another live process has it
 */
export async function lockFolder(folder: string, times: Timeouts = timeouts, what = 'run'): Promise<Lock> {
  const token = randomBytes(8).toString('hex');
  const mine: Record = { ...(await whereabouts()), token };
  const temporary = path.join(folder, `lock.new.${token}`);
  const head = path.join(folder, 'lock');
  // known before it can be seen: another part of this process must not take it for a dead one's
  held.add(token);
  try {
    await writeFile(temporary, JSON.stringify(mine), { flag: 'wx' });
    let place = head;
    for (let attempt = 1; ; attempt++) {
      const end = await endOf(folder);
      if (end && !(await isOver(end, folder, times))) throw await inUse(end, folder, times, what);
      place = end ? successor(folder, end.record.token) : head;
      if (await createFrom(temporary, place)) {
        // what it follows may have been removed meanwhile, the chain being another by now
        if ((await endOf(folder))?.record.token === token) break;
        await rm(place, { force: true });
      }
      if (attempt >= attempts)
        throw new InUse(`${folder} is being taken by other processes; try again in a moment`);
      await sleep(Math.random() * 20);
    }
    // two names of one file are not renamed onto each other
    if (place === head) await rm(temporary, { force: true });
    else await rename(temporary, head);
    await tidy(folder, token);
  } catch (error) {
    held.delete(token);
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  const beat = setInterval(() => void sign(head, token), times.beat);
  beat.unref();
  const holds = async () => (await read(head))?.record.token === token;
  return {
    holds,
    release: async () => {
      clearInterval(beat);
      if (await holds()) await rm(head, { force: true });
      held.delete(token);
    },
  };
}

/** The live process that works in a folder, as far as can be told; null where none does. */
export async function lockOwner(folder: string): Promise<{ pid: number; host: string } | null> {
  const end = await endOf(folder);
  if (!end) return null;
  const life = await lives(end.record);
  if (life === 'dead' || (life === 'unknown' && (await silence(end, null)) > timeouts.silence)) return null;
  return { pid: end.record.pid, host: end.record.host };
}

interface Found {
  readonly file: string;
  readonly record: Record;
  /** when it last gave a sign of life, by the clock of its disk */
  readonly touched: number;
}

function successor(folder: string, token: string): string {
  return path.join(folder, `lock.after.${token}`);
}

/**
 * The end of the chain of locks; null where there is none.
 * @throws InputError where it has none: locks that no process made may lead in a circle
 */
async function endOf(folder: string): Promise<Found | null> {
  const passed = new Set<string>();
  let end = await read(path.join(folder, 'lock'));
  for (let next = end; next; next = await read(successor(folder, next.record.token))) {
    const { token } = next.record;
    if (passed.has(token) || passed.size >= longestChain)
      throw new InputError(
        `the locks in ${folder} are damaged (each names another, and none is the last); remove lock and lock.after.* there if nothing is at work`,
      );
    passed.add(token);
    end = next;
  }
  return end;
}

async function read(file: string): Promise<Found | null> {
  let text: string;
  let touched: number;
  try {
    touched = (await stat(file)).mtimeMs;
    text = (await readRegular(file, largestRecord)).toString('utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw fileError(error, `the lock ${file} can't be read, remove it if nothing is at work there`);
  }
  try {
    return { file, touched, record: recordSchema.parse(JSON.parse(text)) };
  } catch {
    // torn, or of another version: nobody can be named, so its beat alone tells
    return { file, touched, record: { pid: 1, host: '', token: '0'.repeat(16) } };
  }
}

async function lives(record: Record): Promise<'alive' | 'dead' | 'unknown'> {
  if (held.has(record.token)) return 'alive';
  const here = await whereabouts();
  const self = record.pid === here.pid && record.host === here.host && record.boot === here.boot;
  return self ? 'dead' : await lifeOf(record);
}

/** Whether a lock's process has come to its end. One that can't be looked at is watched for a while, if it is silent. */
async function isOver(found: Found, folder: string, times: Timeouts): Promise<boolean> {
  const life = await lives(found.record);
  if (life !== 'unknown') return life === 'dead';
  if ((await silence(found, folder)) <= times.silence) return false;
  await sleep(times.watch);
  return (await read(found.file))?.touched === found.touched;
}

/**
 * Milliseconds since a lock's last sign of life, by the clock of the disk that it lies on where a folder is given to ask
 * it in, else by ours. A sign from the future counts like an old one: a clock was set.
 */
async function silence({ touched }: Found, folder: string | null): Promise<number> {
  if (folder === null) return Math.abs(Date.now() - touched);
  const file = path.join(folder, `lock.new.${randomBytes(8).toString('hex')}`);
  try {
    await writeFile(file, '', { flag: 'wx' });
    return Math.abs((await stat(file)).mtimeMs - touched);
  } finally {
    await rm(file, { force: true });
  }
}

async function inUse(found: Found, folder: string, times: Timeouts, what: string): Promise<InUse> {
  const { pid, host } = found.record;
  const elsewhere = host && host !== (await whereabouts()).host ? ` on ${host}` : '';
  const who = host ? `process ${pid}${elsewhere}` : 'another process';
  if ((await lives(found.record)) === 'alive')
    return new InUse(`the ${what} in ${folder} is in use by ${who}; wait for it, or stop it first`);
  const seconds = Math.round((await silence(found, folder)) / 1000);
  return new InUse(
    `the ${what} in ${folder} is in use by ${who}, which gave a sign of life ${seconds} s ago; stop it there first, or, if it is gone, try again once it has been silent for ${Math.ceil(times.silence / 1000)} s`,
  );
}

/** Makes a file that is whole as soon as it is seen. Returns false where there is one of that name. */
async function createFrom(temporary: string, place: string): Promise<boolean> {
  try {
    await link(temporary, place);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') throw error;
  }
  // a disk without hard links: for a moment it may be seen empty, and counts as a live one's
  try {
    await writeFile(place, await readFile(temporary), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A sign of life: the record is written again, so that its time is by the clock of the disk. */
async function sign(file: string, token: string): Promise<void> {
  try {
    const handle = await open(file, 'r+');
    try {
      // another's by now, and no record
      if ((await handle.stat()).size > largestRecord) return;
      const text = await handle.readFile('utf8');
      if (!text.includes(token)) return;
      await handle.write(text, 0);
    } finally {
      await handle.close();
    }
  } catch {
    // it is gone: its holder will see
  }
}

/** Removes what came before. A process that made one of these too late sees that it leads nowhere, and tries again. */
async function tidy(folder: string, token: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('lock.after.') && name !== `lock.after.${token}`)
      await rm(path.join(folder, name), { force: true });
    // what a process that was killed was about to link
    if (!/^lock\.new\.[0-9a-f]{16}$/.test(name)) continue;
    const file = path.join(folder, name);
    const found = await read(file);
    if (!found) continue;
    const life = await lives(found.record);
    const old = life === 'unknown' && Math.abs(Date.now() - found.touched) > timeouts.silence;
    if (life === 'dead' || old) await rm(file, { force: true });
  }
}
