import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');
const built = path.join(root, 'dist/cli.cjs');

/** A new folder with the bundled network and some of its pictures: 40 of each class to train on, 10 to test. */
export function demoFolder(where: string): string {
  mkdirSync(where);
  copyFileSync(path.join(root, 'media/demo/model.h5'), path.join(where, 'model.h5'));
  copyFileSync(path.join(root, 'test/fixtures/few-pictures.zip'), path.join(where, 'garden.zip'));
  return where;
}

/** Runs the built command line to its end. */
export function espalier(cwd: string, ...args: string[]): { code: number | null; out: string; err: string } {
  if (!existsSync(built)) throw new Error('dist/cli.cjs is not there: npm run build');
  const done = spawnSync(process.execPath, [built, ...args], { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** Runs it and kills it without warning as soon as something holds; resolves with its exit code, null if killed. */
export function killed(cwd: string, when: () => boolean, ...args: string[]): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [built, ...args], { cwd, stdio: 'ignore' });
    const timer = setInterval(() => when() && child.kill('SIGKILL'), 20);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      resolve(code);
    });
  });
}

/** Runs it and stops it by Ctrl-C as soon as something holds; its exit code and what it said on the way out. */
export function interrupted(
  cwd: string,
  when: () => boolean,
  ...args: string[]
): Promise<{ code: number | null; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [built, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (data) => (err += data));
    const watch = setInterval(() => {
      if (!when()) return;
      clearInterval(watch);
      child.kill('SIGINT');
    }, 20);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ code, err });
    });
  });
}
