import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { fileError, LARGEST_WHOLE, openRegular, readRegular } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { runFiles } from '../../terms/run-folder.ts';

/** Bytes of a checkpoint's manifest, which holds a search's state: a string can't hold more. */
const LARGEST_MANIFEST = 512 * 2 ** 20;

const manifestSchema = z.strictObject({
  version: z.literal(1),
  sha256: z.string(),
  arrays: z.array(z.strictObject({ name: z.string(), length: z.number().int().nonnegative() })),
  json: z.unknown(),
  /** over the fields above */
  seal: z.string(),
});

const sealOf = (sha256: string, arrays: unknown, json: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([sha256, arrays, json ?? null]))
    .digest('hex');

/**
 * Writes a snapshot as `<folder>/checkpoint`: built under another name, synced, then renamed. The one before stays
 * (as checkpoint.old) until the new one is in its place, so that at every moment one whole checkpoint is there.
 */
export async function writeCheckpoint(folder: string, snapshot: Snapshot): Promise<void> {
  const [fresh, current, old] = [runFiles.newCheckpoint, runFiles.checkpoint, runFiles.oldCheckpoint].map(
    (name) => path.join(folder, name),
  );
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh);
  const hash = createHash('sha256');
  const arrays: { name: string; length: number }[] = [];
  const data = await open(path.join(fresh, 'arrays.bin'), 'wx');
  try {
    for (const [name, values] of snapshot.arrays) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      await data.writeFile(bytes);
      hash.update(bytes);
      arrays.push({ name, length: values.length });
    }
    await data.sync();
  } finally {
    await data.close();
  }
  const sha256 = hash.digest('hex');
  // through text once: the seal must be over what a reader will see
  const json: unknown = JSON.parse(JSON.stringify(snapshot.json ?? null));
  const manifest = { version: 1, sha256, arrays, json, seal: sealOf(sha256, arrays, json) };
  await writeSynced(path.join(fresh, 'manifest.json'), JSON.stringify(manifest));
  await syncFolder(fresh);
  if (await exists(current)) {
    await rm(old, { recursive: true, force: true });
    await rename(current, old);
  }
  await rename(fresh, current);
  await syncFolder(folder);
  await rm(old, { recursive: true, force: true });
}

/** A checkpoint is there and not whole; the message is a clause that says why. */
class Damaged extends Error {}

/** The same for those who read one. */
export class DamagedCheckpoint extends InputError {
  constructor(
    checkpoint: string,
    /** a clause: what is wrong with it */
    readonly why: string,
  ) {
    super(`the checkpoint ${checkpoint} is damaged, remove it to begin again: ${why}`);
  }
}

/** What the newest checkpoint says beside its arrays, which may be large and are not read; null where there is none. */
export async function checkpointState(folder: string): Promise<unknown> {
  const wholeOrNone = (checkpoint: string) =>
    readManifest(checkpoint).catch((error: unknown) => {
      if (error instanceof Damaged) return null;
      throw error;
    });
  return (await newest(folder, wholeOrNone))?.json ?? null;
}

/**
 * The newest whole checkpoint, or null where there is none.
 * @throws DamagedCheckpoint where none is whole: what was done since the start is not thrown away without a word
 */
export async function readCheckpoint(folder: string): Promise<Snapshot | null> {
  return await newest(folder, readOne);
}

/** Of the newest checkpoint that can be read. @throws InputError where there is one, and none can */
async function newest<T>(folder: string, read: (checkpoint: string) => Promise<T | null>): Promise<T | null> {
  let damaged: DamagedCheckpoint | undefined;
  for (const name of [runFiles.checkpoint, runFiles.oldCheckpoint])
    try {
      const found = await read(path.join(folder, name));
      if (found) return found;
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      damaged ??= new DamagedCheckpoint(path.join(folder, name), error.message);
    }
  if (damaged) throw damaged;
  return null;
}

async function readOne(folder: string): Promise<Snapshot | null> {
  const manifest = await readManifest(folder);
  if (!manifest) return null;
  const { sha256, arrays, json } = manifest;
  const opened = await part(folder, openRegular(path.join(folder, 'arrays.bin')));
  if (!opened) throw new Damaged('its arrays.bin is missing');
  const { handle, size } = opened;
  try {
    // before any of it is allocated
    const bytes = 4 * arrays.reduce((sum, { length }) => sum + length, 0);
    if (size !== bytes) throw new Damaged(`its arrays.bin has ${size} bytes, and its manifest says ${bytes}`);
    if (size > LARGEST_WHOLE)
      throw new Damaged(`its arrays.bin has ${size} bytes, more than the ${LARGEST_WHOLE} that are read`);
    const hash = createHash('sha256');
    const named = new Map<string, Float32Array>();
    let offset = 0;
    for (const { name, length } of arrays) {
      const values = new Float32Array(length);
      const view = new Uint8Array(values.buffer);
      for (let have = 0; have < view.length;) {
        const { bytesRead } = await handle.read(view, have, Math.min(view.length - have, 2 ** 30), offset);
        if (bytesRead === 0) throw new Damaged('its arrays.bin ends too early');
        have += bytesRead;
        offset += bytesRead;
      }
      hash.update(view);
      named.set(name, values);
    }
    if (hash.digest('hex') !== sha256) throw new Damaged('its arrays.bin was changed');
    return { json, arrays: named };
  } finally {
    await handle.close();
  }
}

/** What describes the checkpoint in a folder; null where none is there. @throws Damaged */
async function readManifest(folder: string): Promise<z.infer<typeof manifestSchema> | null> {
  const bytes = await part(folder, readRegular(path.join(folder, 'manifest.json'), LARGEST_MANIFEST));
  if (!bytes) {
    if (await exists(folder)) throw new Damaged('its manifest.json is missing');
    return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Damaged('its manifest.json is not JSON');
  }
  const manifest = manifestSchema.safeParse(value);
  if (!manifest.success) throw new Damaged('its manifest.json is not one of a checkpoint');
  const { sha256, arrays, json, seal } = manifest.data;
  if (seal !== sealOf(sha256, arrays, json)) throw new Damaged('its manifest.json was changed');
  return manifest.data;
}

/** A file of a checkpoint; null where it is not there. */
async function part<T>(folder: string, reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileError(error, `the checkpoint ${folder} can't be read, remove it to begin again`);
  }
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes renames inside a folder last; Windows can't and needn't. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
