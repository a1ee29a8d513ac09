import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../files/make-folder.ts';
import { temporaryFolder } from '../files/temporary.ts';
import { InputError } from '../graph/errors.ts';
import { readInput, writeFileWhole } from './files.ts';
import { CONFIG, isZip, STORE } from './keras/read.ts';
import { makeZip, openZip } from './keras/zip.ts';
import type { Archive } from './keras/zip.ts';
import type { LoadedModel } from './types.ts';
import { modelEndings } from '../terms/written.ts';
import type { FormatName } from '../terms/written.ts';

/** Whether a name is one of a zip archive of a model's files, as Teachable Machine hands them out. */
export function isZipName(file: string): boolean {
  return path.extname(file).toLowerCase() === '.zip';
}

/**
 * Reads a model from a zip archive of its files: a TensorFlow.js model.json with its weights, or one .h5 or .keras.
 * @param read how a model is read from its file
 * @returns null for any other file, a .keras among them
 * @throws InputError where there is no model in it, or several, or what the reader throws
 */
export async function readZipped(
  file: string,
  read: (file: string) => Promise<LoadedModel>,
): Promise<LoadedModel | null> {
  if (!(await isZip(file))) return null;
  const archive = await openZip(await readInput(file, 'model'), file);
  if (archive.names.includes(CONFIG) && archive.names.includes(STORE)) return null;
  const member = modelIn(archive, file);
  if (member === null && isZipName(file) && !archive.names.includes(CONFIG))
    throw new InputError(noModel(archive, file));
  if (member === null) return null;
  const folder = await temporaryFolder('zip');
  const inZip = (text: string) => text.replaceAll(folder + path.sep, `${file}/`).replaceAll(folder, file);
  try {
    const entries = await unpack(archive, folder);
    const model = await read(path.join(folder, member));
    const prefix = path.posix.dirname(member);
    const own = [...ownFiles(model)].map((name) => path.posix.join(prefix, name));
    const others = new Map([...entries].filter(([name]) => name !== member && !own.includes(name)));
    return {
      ...model,
      path: file,
      name: folder.endsWith(model.name) ? path.parse(file).name : model.name,
      warnings: model.warnings.map(inZip),
      zipped: { member, others },
    };
  } catch (error) {
    if (error instanceof InputError) throw new InputError(inZip(error.message));
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The format of the one model in a zip archive of its files, by its name there; null for any other file. */
export async function formatInZip(file: string): Promise<FormatName | null> {
  if (!isZipName(file) || !(await isZip(file))) return null;
  const archive = await openZip(await readInput(file, 'model'), file);
  if (archive.names.includes(CONFIG) && archive.names.includes(STORE)) return null;
  const member = modelIn(archive, file);
  if (member === null) return null;
  const ending = path.posix.extname(member).toLowerCase();
  const formats: Readonly<Record<string, FormatName>> = {
    '.json': 'tfjs-layers',
    '.keras': 'keras',
    '.onnx': 'onnx',
  };
  return formats[ending] ?? 'keras-h5';
}

/**
 * Writes the zip archive again: the model's files anew, all else as it was.
 * @param write how a model is written to its file
 */
export async function writeZipped(
  { member, others }: NonNullable<LoadedModel['zipped']>,
  out: string,
  write: (file: string) => Promise<void>,
): Promise<void> {
  const folder = await temporaryFolder('zip');
  try {
    await write(path.join(folder, path.posix.basename(member)));
    const prefix = path.posix.dirname(member);
    const entries = new Map<string, Uint8Array>();
    for (const name of await filesBelow(folder)) {
      const entry = path.posix.join(prefix, name);
      entries.set(entry, await readFile(path.join(folder, name)));
    }
    for (const [name, bytes] of others) if (!entries.has(name)) entries.set(name, bytes);
    await writeFileWhole(out, await makeZip(entries));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The one model in an archive; null where there is none. */
function modelIn({ names }: Archive, file: string): string | null {
  const seen = names.filter(isSeen);
  const model = new RegExp(`(^|/)model\\.json$|\\.(${modelEndings.join('|')})$`, 'i');
  const found = seen.filter((name) => model.test(name));
  if (found.length > 1)
    throw new InputError(
      `"${file}" holds several models (${found[0]}, ${found[1]}): unpack it and name one of them`,
    );
  return found[0] ?? null;
}

const OTHERS: Readonly<Record<string, string>> = {
  tflite: 'a TensorFlow Lite model',
  pb: 'a TensorFlow SavedModel or graph',
};

function noModel({ names }: Archive, file: string): string {
  const wanted = 'a TensorFlow.js model.json with its weights, or one .h5, .keras or .onnx file';
  for (const name of names.filter(isSeen)) {
    const kind = OTHERS[path.posix.extname(name).slice(1).toLowerCase()];
    if (kind)
      return `"${file}" holds ${kind} (${name}), which Espalier has no reader for; export it as ${wanted}`;
  }
  return `"${file}" is a zip archive with no model in it that Espalier reads: ${wanted}`;
}

function isSeen(name: string): boolean {
  return !name.endsWith('/') && !name.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}

/** Writes the entries into a folder. Their names are relative and lead nowhere else: yauzl refuses others. */
async function unpack(archive: Archive, folder: string): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  for (const name of archive.names.filter(isSeen)) {
    const bytes = await archive.read(name);
    entries.set(name, bytes);
    const target = path.join(folder, name);
    await makeFolder(path.dirname(target));
    await writeFile(target, bytes);
  }
  return entries;
}

/** Names of the files beside a model's own that are part of it: the shards of a TensorFlow.js model. */
function ownFiles({ format, container }: LoadedModel): string[] {
  return format === 'tfjs-layers' ? [...container.files.keys()] : [];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}
