import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lockOwner, lockFolder } from '../../src/files/lock.ts';
import { lifeOf, whereabouts } from '../../src/system/whereabouts.ts';

let base: string;
let folder: string;
let program: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'espalier-lock-'));
  program = path.join(base, 'child.mjs');
  await build({
    entryPoints: ['test/files/lock-child.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(base, 'run-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(base, { recursive: true, force: true });
});

const lock = () => path.join(folder, 'lock');
const quick = { beat: 50, silence: 200, watch: 100 };

function start(mode: string): { child: ChildProcess; said: Promise<string>; first: Promise<void> } {
  const child = spawn(process.execPath, [program, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let text = '';
  let began!: () => void;
  const first = new Promise<void>((resolve) => (began = resolve));
  child.stdout!.on('data', (data) => {
    text += data;
    began();
  });
  return { child, first, said: new Promise((resolve) => child.on('close', () => resolve(text))) };
}

test('held once, given back, and nothing is left', async () => {
  const first = await lockFolder(folder);
  expect(await first.holds()).toBe(true);
  expect(await lockOwner(folder)).toEqual({ pid: process.pid, host: os.hostname() });
  await expect(lockFolder(folder)).rejects.toThrow(
    new RegExp(`in use by process ${process.pid}; wait for it, or stop it first`),
  );
  await first.release();
  expect(await readdir(folder)).toEqual([]);
  expect(await lockOwner(folder)).toBeNull();
});

test('a living process keeps it, also while it is suspended; a killed one loses it at once', async () => {
  const { child, first, said } = start('hold');
  await first;
  child.kill('SIGSTOP');
  expect(await lockOwner(folder)).toMatchObject({ pid: child.pid });
  await expect(lockFolder(folder, quick)).rejects.toThrow(`in use by process ${child.pid}`);
  child.kill('SIGKILL');
  await said;
  expect(await lockOwner(folder)).toBeNull();
  const mine = await lockFolder(folder);
  expect(await readdir(folder)).toEqual(['lock']);
  await mine.release();
});

test.skipIf(process.platform !== 'linux')(
  'a process number that is in use again blocks nothing: the start tells',
  async () => {
    const { child, first } = start('hold');
    await first;
    const record = JSON.parse(await readFile(lock(), 'utf8')) as { start: string };
    expect(await lifeOf({ ...(await whereabouts()), pid: child.pid!, start: record.start })).toBe('alive');
    // the same number, begun at another time; and the first process of all, which always lives
    for (const pid of [child.pid!, 1]) {
      const other = { ...record, pid, start: '1', token: '1234567812345678' };
      await writeFile(lock(), JSON.stringify(other));
      expect(await lockOwner(folder)).toBeNull();
      await (await lockFolder(folder)).release();
    }
    child.kill('SIGKILL');
  },
);

test.each([
  ['another machine', { host: 'elsewhere' }],
  ['another container of this one', { boot: 'another space' }],
  ['an older version, which names no start', { boot: undefined, start: undefined }],
])('a lock of %s lives by its beat', async (_, differs) => {
  const record = { ...(await whereabouts()), pid: 1, token: '00000000000000aa', ...differs };
  await writeFile(lock(), JSON.stringify(record));
  const refused = await lockFolder(folder, { ...quick, silence: 60_000 }).catch(
    (error: Error) => error.message,
  );
  expect(refused).toMatch(/in use by process 1( on elsewhere)?, which gave a sign of life 0 s ago; stop it/);
  expect(await lockOwner(folder)).not.toBeNull();
  // silent, by a clock that is right or was set back
  for (const offset of [-3600, 3600]) {
    await writeFile(lock(), JSON.stringify(record));
    const then = new Date(Date.now() + offset * 1000);
    await utimes(lock(), then, then);
    expect(await lockOwner(folder)).toBeNull();
    const mine = await lockFolder(folder, quick);
    await mine.release();
  }
  // it seemed silent, but gave a sign while it was watched: a clock had been set
  await writeFile(lock(), JSON.stringify(record));
  await utimes(lock(), new Date(0), new Date(0));
  setTimeout(() => void utimes(lock(), new Date(5000), new Date(5000)), 30);
  await expect(lockFolder(folder, quick)).rejects.toThrow('in use by process 1');
});

test('a torn lock is given up once it is old, not while it may be being written', async () => {
  await writeFile(lock(), '{"pid":');
  await expect(lockFolder(folder, { ...quick, silence: 60_000 })).rejects.toThrow(
    'in use by another process',
  );
  await utimes(lock(), new Date(0), new Date(0));
  await (await lockFolder(folder, quick)).release();
});

test('one that was taken over notices, and takes nothing away from the new one', async () => {
  const first = await lockFolder(folder, quick);
  await writeFile(lock(), JSON.stringify({ ...(await whereabouts()), token: 'ffffffffffffffff' }));
  expect(await first.holds()).toBe(false);
  await first.release();
  expect(await readdir(folder)).toEqual(['lock']);
});

test('many processes fight over a stale lock, some killed with it in their hands: one holds at any time', async () => {
  const gone = { ...(await whereabouts()), pid: 2 ** 22 + 1, token: '1111111111111111' };
  await writeFile(lock(), JSON.stringify(gone));
  const said: string[] = [];
  let deaths = 0;
  const until = Date.now() + 6000;
  const fight = async (): Promise<void> => {
    while (Date.now() < until) {
      const { child, said: words } = start('2000');
      said.push(await words);
      if (child.signalCode === 'SIGKILL') deaths++;
      else expect(child.exitCode).toBe(0);
    }
  };
  await Promise.all(Array.from({ length: 8 }, fight));
  expect(said.join('')).not.toMatch(/TWO AT ONCE|LOST/);
  expect(deaths).toBeGreaterThan(5);
  expect(said.join('')).toMatch(/taken [1-9]/);
  await (await lockFolder(folder)).release();
  expect(await readdir(folder)).toEqual([]);
}, 60_000);

test('locks that lead in a circle are damaged: they are reported, not followed without an end', async () => {
  const record = JSON.stringify({ pid: 999_999, host: os.hostname(), token: 'abc' });
  await writeFile(lock(), record);
  await writeFile(path.join(folder, 'lock.after.abc'), record);
  await expect(lockFolder(folder)).rejects.toThrow('remove lock and lock.after.* there');
  await expect(lockOwner(folder)).rejects.toThrow('are damaged');
  expect((await readdir(folder)).sort()).toEqual(['lock', 'lock.after.abc']);
});

test('so are more locks in a row than processes could leave', async () => {
  const record = (i: number) => JSON.stringify({ pid: 999_999, host: os.hostname(), token: `t${i}` });
  await writeFile(lock(), record(0));
  for (let i = 0; i < 200; i++) await writeFile(path.join(folder, `lock.after.t${i}`), record(i + 1));
  await expect(lockFolder(folder)).rejects.toThrow('are damaged');
});
