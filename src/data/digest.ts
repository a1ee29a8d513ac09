import { createHash } from 'node:crypto';
import { inParallel } from './pixels/pixels.ts';
import { byCodePoint, type Item } from './source.ts';

/** Up to this many bytes of files, contents are hashed; beyond, names and sizes must do. Not an option: it is part of
 * what the digest means. */
const CONTENTS_UP_TO = 256 * 1024 * 1024;

/**
 * SHA-256 of the lines `name, size, SHA-256 of the content`, by name; for sets of more than 256 MiB of files without
 * the contents, so that gigabytes aren't read just for this. Names are `<split>/<class>/<file>`, so that the same
 * images have the same digest as a folder, a .zip or a .tar, anywhere.
 * @returns the digest; `stamp`, which tells on this machine whether the same images are still there, also where contents
 *   were not read: names, sizes and the time or checksum of each; and the items with the bytes that were read kept (up to `holdBytes`), so that they aren't read
 *   twice
 */
export async function digestFiles(
  items: readonly Item[],
  holdBytes: number,
): Promise<{ digest: string; stamp: string; contents: boolean; held: readonly Item[] }> {
  const total = items.reduce((sum, item) => sum + item.bytes, 0);
  const contents = total <= CONTENTS_UP_TO;
  const hashes = new Array<string>(items.length).fill('');
  const held = [...items];
  if (contents)
    await inParallel(items.length, async (i) => {
      try {
        const found = await items[i].read();
        if (found.kind !== 'file') return;
        hashes[i] = createHash('sha256').update(found.bytes).digest('hex');
        if (total <= holdBytes) held[i] = { ...items[i], read: async () => found };
      } catch {
        // a file that can't be read is broken, not fatal: it is counted when it is decoded
        hashes[i] = 'unreadable';
      }
    });
  const order = items.map((_, i) => i).sort((a, b) => byCodePoint(items[a].name, items[b].name));
  const hash = createHash('sha256');
  for (const i of order) hash.update(`${items[i].name}\n${items[i].bytes}\n${hashes[i]}\n`);
  const digest = hash.digest('hex');
  if (contents) return { digest, stamp: digest, contents, held };
  const versions = createHash('sha256').update(digest);
  for (const i of order) versions.update(`${items[i].version?.() ?? ''}\n`);
  return { digest, stamp: versions.digest('hex'), contents, held };
}
