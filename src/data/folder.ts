import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../graph/errors.ts';
import { isImagePath, MAX_FILE_BYTES, MAX_FILES, mebibytes, type SourceFile } from './source.ts';

const MAX_DEPTH = 16;

/** Every image below a folder, symbolic links followed, hidden folders left out. */
export async function listFolder(root: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  await walk(root, '', 0, new Set(), files);
  return files;
}

async function walk(
  folder: string,
  prefix: string,
  depth: number,
  above: ReadonlySet<string>,
  files: SourceFile[],
): Promise<void> {
  if (depth > MAX_DEPTH) return;
  const real = await realpath(folder);
  // a link that leads back up would go round for ever
  if (above.has(real)) return;
  const here = new Set(above).add(real);
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const full = path.join(folder, entry.name);
    const relative = prefix + entry.name;
    const link = entry.isSymbolicLink() ? await stat(full).catch(() => undefined) : undefined;
    if (entry.isDirectory() || link?.isDirectory()) await walk(full, `${relative}/`, depth + 1, here, files);
    else if ((entry.isFile() || link?.isFile()) && isImagePath(relative))
      files.push({ path: relative, bytes: -1, read: () => readImage(full) });
    if (files.length > MAX_FILES)
      throw new InputError(
        `${folder} and its like hold more than ${MAX_FILES.toLocaleString('en-US')} images: give the folder of one data set.`,
      );
  }
  await sizes(folder, prefix, files);
}

/** Sizes of this folder's own files, several at a time: one after the other takes seconds for a large set. */
async function sizes(folder: string, prefix: string, files: SourceFile[]): Promise<void> {
  const todo: number[] = [];
  for (let i = files.length - 1; i >= 0 && files[i].path.startsWith(prefix); i--)
    if (files[i].bytes < 0) todo.push(i);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < todo.length) {
      const i = todo[next++];
      const file = files[i];
      const { size, mtimeMs } = await stat(path.join(folder, file.path.slice(prefix.length)));
      files[i] = { ...file, bytes: size, version: () => String(mtimeMs) };
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

async function readImage(file: string): Promise<Uint8Array> {
  const { size } = await stat(file);
  if (size > MAX_FILE_BYTES) throw new Error(`larger than ${mebibytes(MAX_FILE_BYTES)}`);
  return readFile(file);
}
