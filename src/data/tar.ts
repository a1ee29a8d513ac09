import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { InputError } from '../graph/errors.ts';
import { isImagePath, MAX_FILE_BYTES, MAX_FILES, mebibytes, reasonOf, type SourceFile } from './source.ts';

/**
 * Every image of a .tar, .tar.gz or .tgz, its files' bytes held in memory: a compressed stream can't be read at
 * random. Past `limitBytes` of images it stops and says to unpack the archive.
 * @throws InputError for anything that isn't a whole tar archive
 */
export async function listTar(file: string, limitBytes: number): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  let held = 0;
  const unpack = extract();
  unpack.on('entry', (header, stream, next) => {
    // the pipeline reports it; without a listener here it would end the process
    stream.on('error', () => {});
    const size = header.size ?? 0;
    const wanted = header.type === 'file' && isImagePath(header.name);
    if (wanted && size > MAX_FILE_BYTES) {
      next(new InputError(`${file}: ${header.name} says that it has ${mebibytes(size)}; that is no image.`));
      return;
    }
    if (wanted && held + size > limitBytes) {
      next(
        new InputError(
          `${file} holds more than ${mebibytes(limitBytes)} of images, the memory limit: unpack it and give the folder, or raise the limit.`,
        ),
      );
      return;
    }
    if (files.length > MAX_FILES) {
      next(new InputError(`${file} holds more than ${MAX_FILES.toLocaleString('en-US')} images.`));
      return;
    }
    const chunks: Uint8Array[] = [];
    if (wanted) {
      held += size;
      stream.on('data', (chunk) => chunks.push(chunk as Uint8Array));
    } else stream.resume();
    stream.on('end', () => {
      if (wanted) {
        // a copy: the chunks are views of the stream's far larger buffers
        const bytes = new Uint8Array(Buffer.concat(chunks));
        const version = () => createHash('sha256').update(bytes).digest('hex');
        files.push({ path: header.name, bytes: bytes.length, version, read: async () => bytes });
      }
      next();
    });
  });
  const tail = new TailOfZeros();
  try {
    const input = createReadStream(file, { highWaterMark: 1 << 20 });
    if (await isGzip(file)) await pipeline(input, createGunzip(), tail, unpack);
    else await pipeline(input, tail, unpack);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file} is not a whole tar archive (${reasonOf(error)}): make or fetch it again.`);
  }
  if (!tail.closed512)
    throw new InputError(
      `${file} is cut off: a tar archive ends with a block of zeros. Make or fetch it again.`,
    );
  return files;
}

/** Passes everything through and knows whether the last block was the end mark: tar-stream doesn't tell. */
class TailOfZeros extends Transform {
  private zeros = 0;

  get closed512(): boolean {
    return this.zeros >= 512;
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    let i = chunk.length;
    while (i > 0 && chunk[i - 1] === 0) i--;
    this.zeros = i === 0 ? this.zeros + chunk.length : chunk.length - i;
    done(null, chunk);
  }
}

/** By its first two bytes, whatever it is called. */
export async function isGzip(file: string): Promise<boolean> {
  for await (const chunk of createReadStream(file, { start: 0, end: 1 })) {
    const bytes = chunk as Buffer;
    return bytes.length === 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  }
  return false;
}
