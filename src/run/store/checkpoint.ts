import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { fileError, readRegular } from '../../files/regular.ts';
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

/** What the newest checkpoint says beside its arrays, which may be large and are not read; null where there is none. */
export async function checkpointState(folder: string): Promise<unknown> {
  for (const name of [runFiles.checkpoint, runFiles.oldCheckpoint]) {
    const manifest = await readManifest(path.join(folder, name));
    if (manifest) return manifest.json;
  }
  return null;
}

/** The newest whole checkpoint, or null where there is none. */
export async function readCheckpoint(folder: string): Promise<Snapshot | null> {
  for (const name of [runFiles.checkpoint, runFiles.oldCheckpoint]) {
    const snapshot = await readOne(path.join(folder, name));
    if (snapshot) return snapshot;
  }
  return null;
}

async function readOne(folder: string): Promise<Snapshot | null> {
  const manifest = await readManifest(folder);
  const bytes = manifest && (await readPart(folder, 'arrays.bin'));
  if (!bytes) return null;
  const { sha256, arrays, json } = manifest;
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) return null;
  const named = new Map<string, Float32Array>();
  let offset = 0;
  for (const { name, length } of arrays) {
    const end = offset + length * 4;
    if (end > bytes.length) return null;
    const values = new Float32Array(length);
    new Uint8Array(values.buffer).set(bytes.subarray(offset, end));
    named.set(name, values);
    offset = end;
  }
  return { json, arrays: named };
}

/** What describes the checkpoint in a folder; null where none is there, or it is damaged. */
async function readManifest(folder: string): Promise<z.infer<typeof manifestSchema> | null> {
  const bytes = await readPart(folder, 'manifest.json', LARGEST_MANIFEST);
  if (!bytes) return null;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
  const manifest = manifestSchema.safeParse(value);
  if (!manifest.success) return null;
  const { sha256, arrays, json, seal } = manifest.data;
  return seal === sealOf(sha256, arrays, json) ? manifest.data : null;
}

async function readPart(folder: string, name: string, limit?: number): Promise<Buffer | null> {
  try {
    return await readRegular(path.join(folder, name), limit);
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
