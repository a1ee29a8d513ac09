import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';
import { root } from './places.ts';

export interface WorkspaceOptions {
  /** default true: a git repository with one commit of the model */
  readonly git?: boolean;
  /** default true: user.name and user.email are set in the repository */
  readonly identity?: boolean;
}

/** Runs git there and gives what it said. */
export function git(folder: string, ...words: string[]): string {
  return execFileSync('git', words, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
  });
}

let pictures: Promise<string> | null = null;

/** A tenth of the bundled pictures as a folder of class folders: 30 of each class to train on, 10 to test. */
function fewPictures(): Promise<string> {
  pictures ??= (async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-pictures-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    const taken = new Map<string, number>();
    const zip = await openPromise(path.join(root, 'media/demo/garden.zip'));
    for await (const entry of zip.eachEntry()) {
      const place = path.dirname(entry.fileName);
      const count = taken.get(place) ?? 0;
      if (entry.fileName.endsWith('/') || count >= (place.startsWith('train') ? 30 : 10)) continue;
      taken.set(place, count + 1);
      mkdirSync(path.join(folder, place), { recursive: true });
      const file = path.join(folder, entry.fileName);
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(file));
    }
    return folder;
  })();
  return pictures;
}

/** A user's folder: the bundled network, some of its pictures, a note, and a model file that is broken. */
export async function makeWorkspace(folder: string, options: WorkspaceOptions = {}): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const demo = path.join(root, 'media/demo');
  copyFileSync(path.join(demo, 'model.h5'), path.join(folder, 'model.h5'));
  cpSync(await fewPictures(), path.join(folder, 'images'), { recursive: true });
  writeFileSync(path.join(folder, '.gitignore'), 'images/\n');
  writeFileSync(path.join(folder, 'broken.h5'), 'this is no HDF5 file\n');
  writeFileSync(path.join(folder, 'notes.md'), '# A garden\n');
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "garden", "private": true }\n');
  if (options.git === false) return folder;
  git(folder, 'init', '-q', '-b', 'main');
  if (options.identity !== false) identify(folder);
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  git(folder, 'add', '.');
  git(folder, ...who, 'commit', '-q', '-m', 'A garden');
  return folder;
}

export function identify(folder: string): void {
  git(folder, 'config', 'user.name', 'A. Gardener');
  git(folder, 'config', 'user.email', 'gardener@example.org');
}
