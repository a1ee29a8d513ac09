import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';

/** Bytes that are read at a time. */
const BLOCK = 2 ** 16;

/**
 * Reads a zip archive for yauzl. It asks for every entry of the directory by itself, and a file system answers each
 * time; here they come out of one block. What is being read when the archive is closed is read to its end.
 */
export class ZipReader extends RandomAccessReader {
  private block: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
  ) {
    super();
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.pieces(start, end), { objectMode: false });
  }

  override read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    const from = position - this.at;
    if (from >= 0 && from + length <= this.block.length) {
      this.block.copy(into, offset, from, from + length);
      // yauzl goes on from here: without a break, many entries would take as deep a stack
      setImmediate(callback, null);
      return;
    }
    this.fill(position, length).then((block) => {
      if (block.length < length) return callback(new Error('unexpected end of the file'));
      block.copy(into, offset, 0, length);
      callback(null);
    }, callback);
  }

  override close(callback: (error: Error | null) => void): void {
    this.handle.close().then(() => callback(null), callback);
  }

  private async fill(position: number, least: number): Promise<Buffer> {
    const length = Math.min(Math.max(least, BLOCK), this.size - position);
    if (!(length > 0)) throw new Error('unexpected end of the file');
    const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafeSlow(length), 0, length, position);
    this.at = position;
    return (this.block = buffer.subarray(0, bytesRead));
  }

  private async *pieces(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const { bytesRead, buffer } = await this.handle.read(
        Buffer.allocUnsafe(BLOCK),
        0,
        Math.min(BLOCK, end - at),
        at,
      );
      if (bytesRead === 0) throw new Error('unexpected end of the file');
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }
}
