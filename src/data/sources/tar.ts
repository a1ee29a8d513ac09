import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { streamRegular, whyUnreadable } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import { expandsTooFar } from '../limits.ts';
import { ArchiveListing } from './archive.ts';
import { MAX_FILE_BYTES, MAX_FILES, mebibytes, reasonOf, type Listing } from '../source.ts';

/**
 * What a .tar, .tar.gz or .tgz holds, its images' bytes held in memory: a compressed stream can't be read at
 * random. Past `limitBytes` of images it stops and says to unpack the archive.
 * @throws InputError for anything that isn't a whole tar archive
 */
export async function listTar(
  file: string,
  limitBytes: number,
): Promise<Listing & { readonly held: number }> {
  const listing = new ArchiveListing();
  let images = 0;
  let held = 0;
  const unpack = extract();
  unpack.on('entry', (header, stream, next) => {
    // the pipeline reports it; without a listener here it would end the process
    stream.on('error', () => {});
    const size = header.size ?? 0;
    const whole = header.type === 'file' || header.type === 'contiguous-file';
    const isFolder = header.type === 'directory';
    const path = whole || isFolder ? listing.imagePath(header.name, isFolder) : undefined;
    const wanted = path !== undefined;
    // a file that was packed before under another name
    if (header.type === 'link') aliasOf(listing, header.name, header.linkname);
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
    if (images > MAX_FILES) {
      next(new InputError(`${file} holds more than ${MAX_FILES.toLocaleString('en-US')} images.`));
      return;
    }
    // a copy: the chunks are views of the stream's far larger buffers
    const bytes = new Uint8Array(wanted ? size : 0);
    let have = 0;
    if (wanted) {
      held += size;
      images++;
      stream.on('data', (chunk) => {
        bytes.set(chunk as Uint8Array, have);
        have += (chunk as Uint8Array).length;
      });
    } else stream.resume();
    stream.on('end', () => {
      if (wanted) {
        const version = () => createHash('sha256').update(bytes).digest('hex');
        listing.add({ path, bytes: size, version, read: async () => bytes });
      }
      next();
    });
  });
  const tail = new TailOfZeros();
  try {
    const packed = await isGzip(file);
    const input = await streamRegular(file, { highWaterMark: packed ? 1 << 16 : 1 << 20 });
    const check = (unpacked: number): Error | null =>
      packed && expandsTooFar(unpacked, input.bytesRead)
        ? new InputError(
            `${file} unpacks to far more than images do (${mebibytes(unpacked)} from ${mebibytes(input.bytesRead)}, and goes on): unpack it yourself, if you trust it, and give the folder.`,
          )
        : null;
    if (packed) await pipeline(input, createGunzip({ chunkSize: 1 << 18 }), new Counter(check), tail, unpack);
    else await pipeline(input, tail, unpack);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${file} is not a whole tar archive (${whyUnreadable(error) ?? reasonOf(error)}): make or fetch it again.`,
    );
  }
  if (!tail.closed512)
    throw new InputError(
      `${file} is cut off: a tar archive ends with a block of zeros. Make or fetch it again.`,
    );
  const { files, folders, others } = listing;
  return { files, folders, others, held };
}

function aliasOf(listing: ArchiveListing, name: string, linkname: string | null | undefined): void {
  const path = listing.imagePath(name, false);
  const found = linkname ? listing.find(linkname) : undefined;
  if (path !== undefined && found) listing.add({ ...found, path });
}

/** Passes everything through and counts it; ends where `check` finds an error in the count. */
class Counter extends Transform {
  private total = 0;

  constructor(private readonly check: (total: number) => Error | null) {
    super();
  }

  override _transform(
    chunk: Buffer,
    _encoding: string,
    done: (error: Error | null, chunk?: Buffer) => void,
  ): void {
    this.total += chunk.length;
    const error = this.check(this.total);
    if (error) done(error);
    else done(null, chunk);
  }
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
  for await (const chunk of await streamRegular(file, { start: 0, end: 1 })) {
    const bytes = chunk as Buffer;
    return bytes.length === 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  }
  return false;
}
