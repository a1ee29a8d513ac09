import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { temporaryFolder } from '../../files/temporary.ts';
import { configSuffix } from '../../config/files.ts';
import { InputError } from '../../graph/errors.ts';
import type { Compared } from './compare.ts';
import { nameOf } from './compare.ts';
import { modelParts } from '../../formats/identity.ts';
import { findProgram, ownQuarters } from '../../system/programs.ts';

/** A file as a commit, a branch or a tag has it. */
export interface AtRevision {
  readonly kind: 'revision';
  /** absolute path, where it lies in the working tree */
  readonly file: string;
  readonly revision: string;
  readonly label?: string;
}

/** Larger than any file that is compared. */
const largest = 2 ** 31;
/** A pointer of Git LFS is smaller than this. */
const pointerBytes = 1024;

/**
 * Works on two sides with every revision among them as files of a temporary folder, which is removed afterwards. Only
 * git's objects are read: no hook, filter, textconv or fetch of the repository's settings runs.
 * @throws InputError where the revision or the file in it isn't there
 */
export async function withRevisions<T>(
  sides: readonly [Compared | AtRevision, Compared | AtRevision],
  work: (sides: readonly [Compared, Compared]) => Promise<T>,
): Promise<T> {
  if (sides.every(({ kind }) => kind !== 'revision')) return await work(sides as [Compared, Compared]);
  const folder = await temporaryFolder('revision');
  try {
    const copies: Compared[] = [];
    for (const [i, side] of sides.entries())
      copies.push(side.kind === 'revision' ? await copyOf(side, path.join(folder, String(i))) : side);
    return await work([copies[0], copies[1]]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What an argument of the command line names: `REVISION:PATH` as git writes it, a path otherwise. */
export function parseRevision(argument: string, cwd: string): { revision: string; path: string } | null {
  if (existsSync(path.resolve(cwd, argument))) return null;
  const [, revision, file] = /^([^:]+):(.+)$/s.exec(argument) ?? [];
  // C:\model.h5 is a path
  if (revision === undefined || (process.platform === 'win32' && /^[A-Za-z]$/.test(revision))) return null;
  return { revision, path: file };
}

/** The root of the working tree that a folder lies in. @throws InputError where there is none */
export async function rootOf(folder: string): Promise<string> {
  let here = path.resolve(folder);
  while (!existsSync(here)) here = path.dirname(here);
  const answer = await git(here, ['rev-parse', '--show-toplevel']);
  if (answer.code !== 0) throw new InputError(`${folder}: isn't in a git repository`);
  return path.normalize(answer.out.toString('utf8').replace(/\r?\n$/, ''));
}

async function copyOf(side: AtRevision, folder: string): Promise<Compared> {
  const { file, revision } = side;
  const root = await rootOf(path.dirname(file));
  const commit = await commitOf(root, revision);
  const relative = await inside(root, file);
  const copy = path.join(folder, path.basename(file));
  await save(root, commit, relative, copy, revision);
  const label = side.label ?? `${nameOf(file)} (${revision})`;
  if (file.endsWith(configSuffix)) return { kind: 'config', file: copy, at: path.dirname(file), label };
  for (const part of (await modelParts(copy)).slice(1)) {
    const below = path.relative(folder, part).split(path.sep).join('/');
    if (below.startsWith('../')) throw new InputError(`${label}: its weights lie outside its folder`);
    await save(root, commit, path.posix.join(path.posix.dirname(relative), below), part, revision);
  }
  return { kind: 'model', file: copy, label };
}

/** The commit that a revision means. @throws InputError */
async function commitOf(root: string, revision: string): Promise<string> {
  if (!revision || revision.startsWith('-') || /[\0\n\r:]/.test(revision))
    throw new InputError(`"${revision}" is no git revision: name a commit, a branch or a tag`);
  const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
  const { code, out } = await git(root, asked);
  const commit = out.toString('latin1').trim();
  if (code !== 0 || !/^[0-9a-f]{40,64}$/.test(commit))
    throw new InputError(`there is no commit, branch or tag "${revision}" in ${root}`);
  return commit;
}

/** A file's path below the root, as git names it. It need not be in the working tree any more. */
async function inside(root: string, file: string): Promise<string> {
  const folder = await realpath(path.dirname(file)).catch(() => path.dirname(file));
  const relative = path.relative(await realpath(root), path.join(folder, path.basename(file)));
  if (relative.startsWith('..') || path.isAbsolute(relative))
    throw new InputError(`${file}: isn't in the git repository ${root}`);
  return relative.split(path.sep).join('/');
}

async function save(
  root: string,
  commit: string,
  relative: string,
  to: string,
  revision: string,
): Promise<void> {
  const { code, out } = await git(root, ['cat-file', 'blob', `${commit}:${relative}`]);
  if (code !== 0) throw new InputError(`${relative}: isn't in ${revision}`);
  await makeFolder(path.dirname(to));
  const oid = out.length < pointerBytes ? pointer(out.toString('latin1')) : null;
  if (oid === null) return await writeFile(to, out);
  const answer = await git(root, ['rev-parse', '--git-common-dir']);
  const store = path.resolve(root, answer.out.toString('utf8').trim(), 'lfs', 'objects');
  await copyFile(path.join(store, oid.slice(0, 2), oid.slice(2, 4), oid), to).catch(() => {
    throw new InputError(
      `${relative}: is kept with Git LFS in ${revision} and isn't on this machine; run "git lfs fetch origin ${revision}"`,
    );
  });
}

/** The object that a Git LFS pointer stands for; null where the text is none. */
function pointer(text: string): string | null {
  if (!text.startsWith('version https://git-lfs.github.com/spec/')) return null;
  return /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1] ?? '';
}

async function git(cwd: string, args: readonly string[]): Promise<{ code: number; out: Buffer }> {
  const safe = ['--no-pager', '-c', 'core.fsmonitor=false', '-c', `core.hooksPath=${os.devNull}`];
  const program = findProgram('git');
  if (program === null) throw new InputError('git is not installed, or not on PATH');
  const { env } = ownQuarters();
  // a hook's surroundings would point git elsewhere
  for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_EXTERNAL_DIFF']) delete env[name];
  Object.assign(env, {
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  });
  return await new Promise((resolve, reject) => {
    execFile(
      program,
      [...safe, ...args],
      { cwd, env, encoding: 'buffer', maxBuffer: largest, windowsHide: true },
      (error, out) => {
        const code = error ? (error as { code?: unknown }).code : 0;
        if (typeof code === 'number') resolve({ code, out });
        else if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER')
          reject(new InputError('the file is too large to be compared'));
        else reject(new InputError(`git can't be run (${String(code)})`));
      },
    );
  });
}
