import { createHash } from 'node:crypto';
import { open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { makeFolder } from '../../files/make-folder.ts';
import { DECODER, type Resizing, type Shape } from './decode.ts';
import type { PixelMemory } from './pixels.ts';
import type { Item } from '../source.ts';

const MAGIC = 'ESPIMG1\n';
/** Small sets decode in no time, and huge ones would fill the disk. */
const LEAST_IMAGES = 2_000;
const MOST_BYTES = 768 * 1024 * 1024;
/** Of all sets together; the least recently used go. */
const MOST_BYTES_ALL = 3 * 1024 * 1024 * 1024;

const Header = z.object({
  images: z.int().nonnegative(),
  imageBytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  resized: z.boolean(),
  broken: z.array(z.object({ index: z.int().nonnegative(), reason: z.string() })),
});

/** What decoding found: images by index that are broken. */
export type BrokenList = { index: number; reason: string }[];

/** What is known of decoded images beside their pixels. */
export interface Kept {
  readonly broken: BrokenList;
  /** whether any was resized */
  readonly resized: boolean;
}

/**
 * Decoded images of a set on disk, outside the repository: `<cache>/images/<key>`, written whole or not at all, checked
 * by length and SHA-256 when read. A cache that can't be written or read is only slower.
 */
export class PixelCache {
  private constructor(
    private readonly file: string,
    private readonly items: readonly Item[],
  ) {}

  /** @returns undefined where caching isn't worth it or would be too large */
  static of(
    cache: string | undefined,
    digest: string,
    items: readonly Item[],
    shape: Shape,
    resize: Resizing,
  ): PixelCache | undefined {
    const bytes = items.length * shape.height * shape.width * shape.channels;
    if (!cache || items.length < LEAST_IMAGES || bytes > MOST_BYTES) return undefined;
    const hash = createHash('sha256');
    hash.update(`${digest} ${shape.height} ${shape.width} ${shape.channels} ${resize} ${DECODER}\n`);
    // which images: a limit or a carved split decodes only some
    for (const item of items) hash.update(`${item.name}\n`);
    return new PixelCache(path.join(cache, 'images', hash.digest('hex')), items);
  }

  /** Fills `memory` and returns the rest; undefined where there is no sound file. */
  async load(memory: PixelMemory): Promise<Kept | undefined> {
    let file: FileHandle | undefined;
    try {
      file = await open(this.file, 'r');
      const start = Buffer.alloc(12);
      await file.read(start, 0, 12, 0);
      if (start.toString('latin1', 0, 8) !== MAGIC) return undefined;
      const length = start.readUInt32LE(8);
      const { size } = await file.stat();
      if (length > size) return undefined;
      const text = Buffer.alloc(length);
      await file.read(text, 0, length, 12);
      const header = Header.parse(JSON.parse(text.toString('utf8')));
      const good = this.items.length - header.broken.length;
      if (header.images !== this.items.length || header.imageBytes !== memory.imageBytes) return undefined;
      if (size !== 12 + length + good * header.imageBytes) return undefined;
      const broken = new Set(header.broken.map((b) => b.index));
      const hash = createHash('sha256');
      const perRead = Math.max(1, Math.floor((8 << 20) / header.imageBytes));
      const chunk = Buffer.alloc(perRead * header.imageBytes);
      let at = 12 + length;
      let filled = 0;
      let next = 0;
      for (let i = 0; i < this.items.length; i++) {
        if (broken.has(i)) continue;
        if (next === filled) {
          const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, size - at), at);
          hash.update(chunk.subarray(0, bytesRead));
          at += bytesRead;
          filled = bytesRead / header.imageBytes;
          next = 0;
        }
        memory.keep(i, chunk.subarray(next * header.imageBytes, ++next * header.imageBytes));
      }
      if (hash.digest('hex') !== header.sha256) {
        memory.clear();
        return undefined;
      }
      const now = new Date();
      await utimes(this.file, now, now).catch(() => {});
      return header;
    } catch {
      memory.clear();
      return undefined;
    } finally {
      await file?.close();
    }
  }

  async save(memory: PixelMemory, { broken, resized }: Kept): Promise<void> {
    const temporary = `${this.file}.${process.pid}.tmp`;
    try {
      await makeFolder(path.dirname(this.file));
      const bad = new Set(broken.map((b) => b.index));
      const image = new Uint8Array(memory.imageBytes);
      const hash = createHash('sha256');
      for (let i = 0; i < this.items.length; i++)
        if (!bad.has(i) && memory.copy(i, image, 0)) hash.update(image);
      const header = {
        images: this.items.length,
        imageBytes: memory.imageBytes,
        sha256: hash.digest('hex'),
        resized,
        broken,
      };
      const text = Buffer.from(JSON.stringify(header));
      const start = Buffer.alloc(12);
      start.write(MAGIC, 'latin1');
      start.writeUInt32LE(text.length, 8);
      const file = await open(temporary, 'w');
      try {
        await file.appendFile(start);
        await file.appendFile(text);
        const chunk = Buffer.alloc(
          Math.max(1, Math.floor((8 << 20) / memory.imageBytes)) * memory.imageBytes,
        );
        let used = 0;
        for (let i = 0; i < this.items.length; i++) {
          if (bad.has(i)) continue;
          memory.copy(i, chunk, used);
          used += memory.imageBytes;
          if (used === chunk.length) {
            await file.appendFile(chunk);
            used = 0;
          }
        }
        await file.appendFile(chunk.subarray(0, used));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.file);
      await this.prune();
    } catch {
      await rm(temporary, { force: true }).catch(() => {});
    }
  }

  private async prune(): Promise<void> {
    const folder = path.dirname(this.file);
    const files: { file: string; size: number; time: number }[] = [];
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      const info = await stat(file).catch(() => undefined);
      if (info?.isFile()) files.push({ file, size: info.size, time: info.mtimeMs });
    }
    let total = files.reduce((sum, f) => sum + f.size, 0);
    for (const f of files.sort((a, b) => a.time - b.time)) {
      if (total <= MOST_BYTES_ALL || f.file === this.file) continue;
      await rm(f.file, { force: true });
      total -= f.size;
    }
  }
}
