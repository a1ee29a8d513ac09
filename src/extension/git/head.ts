import { mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import { isConfig } from '../models/kinds.ts';
import { t } from '../l10n.ts';
import { inside, shards } from './choices.ts';
import type { GitCli } from './cli.ts';

/** Copies that are kept, so that a comparison survives a reload of the window. */
const keep = 12;

/**
 * A copy of a file as HEAD has it, in a folder of its own: with the weight files beside it, where it is a
 * TensorFlow.js model, and with what Git LFS keeps elsewhere.
 * @param folder where copies are kept; older ones are removed
 * @returns the copy, and HEAD's short hash
 * @throws InputError where HEAD doesn't have it
 */
export async function copyOfHead(
  git: GitCli,
  file: string,
  folder: string,
): Promise<{ readonly file: string; readonly hash: string }> {
  const name = path.basename(file);
  const relative = await inside(git.root, file);
  const hash = await git.ask(['rev-parse', '-q', '--verify', 'HEAD']);
  if (!hash)
    throw new InputError(t('The repository has no commit yet, so there is nothing to compare with.'));
  const object = relative && (await git.ask(['rev-parse', '-q', '--verify', `HEAD:${relative}`]));
  if (!relative || !object) throw new InputError(t("{0} isn't in HEAD: it was never committed.", name));
  const place = path.join(folder, `${hash.slice(0, 12)}-${object.slice(0, 12)}`);
  const copy = path.join(place, name);
  if (!(await stat(copy).catch(() => null))) {
    await mkdir(place, { recursive: true });
    // The model.json last: where it is, the copy is whole.
    if (/\.json$/i.test(name) && !isConfig(name)) {
      const text = await git.run(['cat-file', 'blob', `HEAD:${relative}`]);
      for (const shard of shards(text)) {
        await mkdir(path.dirname(path.join(place, shard)), { recursive: true });
        await blob(git, path.posix.join(path.posix.dirname(relative), shard), path.join(place, shard));
      }
    }
    await blob(git, relative, copy);
  }
  await utimes(place, new Date(), new Date());
  await removeOld(folder);
  return { file: copy, hash: hash.slice(0, 7) };
}

async function blob(git: GitCli, relative: string, to: string): Promise<void> {
  // --filters: what a checkout would write, so that LFS pointers become the files that they stand for
  await git.save(['cat-file', '--filters', `HEAD:${relative}`], to);
  if (await isPointer(to)) {
    await rm(to);
    throw new InputError(
      t(
        "HEAD's {0} is kept with Git LFS and isn't on this machine. Install git-lfs and run 'git lfs fetch'.",
        path.posix.basename(relative),
      ),
    );
  }
}

async function isPointer(file: string): Promise<boolean> {
  const start = 'version https://git-lfs.github.com/spec/';
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(start.length), 0, start.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === start;
  } finally {
    await handle.close();
  }
}

async function removeOld(folder: string): Promise<void> {
  const names = await readdir(folder);
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(path.join(folder, name))).mtimeMs })),
  );
  for (const { name } of aged.sort((a, b) => b.at - a.at).slice(keep))
    await rm(path.join(folder, name), { recursive: true, force: true });
}
