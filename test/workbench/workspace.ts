import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
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

/** A user's folder: the bundled network and its pictures, a note, and a model file that is broken. */
export function makeWorkspace(folder: string, options: WorkspaceOptions = {}): string {
  mkdirSync(folder, { recursive: true });
  const demo = path.join(root, 'media/demo');
  copyFileSync(path.join(demo, 'model.h5'), path.join(folder, 'model.h5'));
  copyFileSync(path.join(demo, 'garden.zip'), path.join(folder, 'garden.zip'));
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
