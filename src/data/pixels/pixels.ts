import { InputError } from '../../graph/errors.ts';
import { decode, type Resizing, type Shape } from './decode.ts';
import { reasonOf, type Item } from '../source.ts';

/** How many images are decoded at once: more than libuv's four threads have nothing to run on. */
const PARALLEL = 6;
const BLOCK_BYTES = 32 * 1024 * 1024;

/**
 * Decoded images, uint8, in bounded memory: the first that come are kept, and once it is full the others are decoded
 * each time. (Every epoch asks for every image once, in a new order: throwing out the oldest would always throw out
 * one that is still to come.)
 */
export class PixelMemory {
  private readonly blocks: Uint8Array[] = [];
  private readonly slots: Int32Array;
  private readonly perBlock: number;
  private used = 0;
  readonly capacity: number;

  constructor(
    count: number,
    readonly imageBytes: number,
    limitBytes: number,
  ) {
    this.capacity = Math.min(count, Math.floor(limitBytes / imageBytes));
    this.perBlock = Math.max(1, Math.floor(BLOCK_BYTES / imageBytes));
    this.slots = new Int32Array(count).fill(-1);
  }

  /** bytes held now */
  get bytes(): number {
    return this.blocks.reduce((sum, block) => sum + block.length, 0);
  }

  has(index: number): boolean {
    return this.slots[index] >= 0;
  }

  /** Copies the image to `out` at `offset`; false if it isn't here. */
  copy(index: number, out: Uint8Array, offset: number): boolean {
    const slot = this.slots[index];
    if (slot < 0) return false;
    const at = (slot % this.perBlock) * this.imageBytes;
    const block = this.blocks[Math.floor(slot / this.perBlock)];
    out.set(block.subarray(at, at + this.imageBytes), offset);
    return true;
  }

  clear(): void {
    this.slots.fill(-1);
    this.blocks.length = 0;
    this.used = 0;
  }

  keep(index: number, pixels: Uint8Array): void {
    if (this.slots[index] >= 0 || this.used >= this.capacity) return;
    const slot = this.used++;
    const block = Math.floor(slot / this.perBlock);
    if (block === this.blocks.length) {
      const images = Math.min(this.perBlock, this.capacity - block * this.perBlock);
      this.blocks.push(new Uint8Array(images * this.imageBytes));
    }
    this.blocks[block].set(pixels, (slot % this.perBlock) * this.imageBytes);
    this.slots[index] = slot;
  }
}

/** So many of all images may be broken: a share of them, and always one unless the share is 0. */
export function allowedBroken(share: number, total: number): number {
  return share === 0 ? 0 : Math.max(1, Math.floor(share * total));
}

/** Counts and names what can't be decoded, and stops everything past the limit. */
export class BrokenImages {
  readonly list: { file: string; reason: string }[] = [];
  private readonly seen = new Set<string>();

  constructor(
    private readonly where: string,
    private readonly total: number,
    /** as a share of all images; one is always let pass unless this is 0 */
    private readonly most: number,
  ) {}

  /** @throws InputError past the limit */
  add(file: string, reason: string): void {
    if (this.seen.has(file)) return;
    this.seen.add(file);
    this.list.push({ file, reason });
    const allowed = allowedBroken(this.most, this.total);
    if (this.list.length <= allowed) return;
    const all = this.list.length >= this.total ? 'none' : 'too few';
    const n = this.list.length.toLocaleString('en-US');
    throw new InputError(
      `${this.where}: ${all} of the ${this.total.toLocaleString('en-US')} images can be decoded: ${n} ` +
        `${this.list.length === 1 ? 'is' : 'are'} broken so far, which is more than the ${allowed} let pass; ` +
        `the first is ${this.list[0].file} (${this.list[0].reason}). Remove or replace them.`,
    );
  }
}

/** Runs `work` for 0 .. count - 1, several at once, in order of starting; the first error stops the rest. */
export async function inParallel(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < count && !failed) {
      try {
        await work(next++);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(PARALLEL, count) }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
}

/** The images of a set, decoded when asked for. Indices are the source's. */
export class Decoded {
  readonly memory: PixelMemory;
  /** whether any image so far was resized */
  resized = false;

  constructor(
    private readonly items: readonly Item[],
    readonly shape: Shape,
    private readonly broken: BrokenImages,
    limitBytes: number,
    private readonly setName: string,
    private readonly resize: Resizing,
    /** called before each image that `read` decodes; what it throws ends the reading */
    private readonly watch?: () => void,
  ) {
    this.memory = new PixelMemory(items.length, shape.height * shape.width * shape.channels, limitBytes);
  }

  /** @returns undefined where the image is broken (counted) */
  async fetch(index: number): Promise<Uint8Array | undefined> {
    const item = this.items[index];
    try {
      const { pixels, other } = await decode(await item.read(), this.shape, this.resize);
      if (other) this.resized = true;
      this.memory.keep(index, pixels);
      return pixels;
    } catch (error) {
      if (error instanceof InputError) throw error;
      this.broken.add(item.name, reasonOf(error));
      return undefined;
    }
  }

  /**
   * Decodes `indices` into `out`, one after the other. A broken image is stood in for by the next of its class in
   * `among`, so that batches keep their size and labels.
   */
  async read(indices: readonly number[], out: Uint8Array, among: ArrayLike<number>): Promise<void> {
    const size = this.memory.imageBytes;
    const missing: number[] = [];
    for (let k = 0; k < indices.length; k++)
      if (!this.memory.copy(indices[k], out, k * size)) missing.push(k);
    await inParallel(missing.length, async (m) => {
      this.watch?.();
      const k = missing[m];
      out.set(await this.orNext(indices[k], among), k * size);
    });
  }

  private async orNext(index: number, among: ArrayLike<number>): Promise<Uint8Array> {
    const first = await this.fetch(index);
    if (first) return first;
    const { label, name } = this.items[index];
    const start = Array.prototype.indexOf.call(among, index);
    for (let step = 1; step < among.length; step++) {
      const other = among[(start + step) % among.length];
      if (this.items[other].label !== label) continue;
      const pixels = await this.fetch(other);
      if (pixels) return pixels;
    }
    throw new InputError(`${this.setName}: no image of the class of ${name} can be decoded.`);
  }
}
