import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile as ZipReader } from 'yauzl';
import { ZipFile } from 'yazl';
import { overlapping } from '../../files/zip-overlap.ts';
import { InputError } from '../../graph/errors.ts';
import { MAX_ENTRIES, roomFor } from '../limits.ts';

/** A .keras file's entries, each read when it is asked for. */
export interface Archive {
  /** in the archive's order; folders end in "/" */
  readonly names: readonly string[];
  /** @throws InputError where the entry is damaged */
  read(name: string): Promise<Uint8Array>;
  /** bytes of the entry, unpacked */
  size(name: string): number;
}

/**
 * Opens a zip archive that is in memory: its directory is read and held against what the archive can hold, and no
 * entry yet.
 * @throws InputError for what is no zip, is damaged, or would expand beyond reason
 */
export async function openZip(bytes: Uint8Array, file: string): Promise<Archive> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (problem: string) => new InputError(`"${file}" is damaged: ${problem}`);
  const entries = new Map<string, Entry>();
  try {
    const zip = await yauzl.fromBufferPromise(whole);
    if (zip.entryCount > MAX_ENTRIES)
      throw new InputError(
        `"${file}" has ${zip.entryCount} entries, and an archive of a model a few; is it one of images?`,
      );
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      const { fileName, compressedSize, uncompressedSize } = entry;
      total += uncompressedSize;
      if (total > roomFor(bytes.length))
        throw damaged(
          `with its entry "${fileName}", which claims ${uncompressedSize} bytes in ${compressedSize}, it expands to far more than its size`,
        );
      if (entries.has(fileName)) throw damaged(`it has "${fileName}" twice`);
      entries.set(fileName, entry);
    }
    const shared = overlapping([...entries.values()]);
    if (shared) throw damaged(`its entry "${shared.fileName}" lies over another one`);
    return {
      names: [...entries.keys()],
      size: (name) => entries.get(name)!.uncompressedSize,
      read: (name) => readable(file, () => readEntry(zip, whole, entries.get(name)!, damaged)),
    };
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function readable<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): InputError {
  if (error instanceof InputError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const astray = /^(?:invalid relative path|absolute path|invalid characters in fileName): (.*)$/s.exec(
    reason,
  );
  if (astray)
    return new InputError(
      `"${file}" has an entry whose name leads out of the archive (${JSON.stringify(astray[1])}): make it again, or unpack it and give the model itself`,
    );
  const kind = /\.keras$/i.test(file) ? '.keras (zip) file' : 'zip archive';
  return new InputError(`"${file}" is not a readable ${kind}, or is cut short: ${reason}`);
}

async function readEntry(
  zip: ZipReader,
  whole: Buffer,
  entry: Entry,
  damaged: (problem: string) => InputError,
): Promise<Uint8Array> {
  const content = storedEntry(whole, entry) ?? (await unpack(zip, entry));
  if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32)
    throw damaged(`the checksum of its entry "${entry.fileName}" is wrong`);
  return content;
}

/** An entry that is stored as it is, as Keras does: a view of the archive, which is in memory already. */
function storedEntry(whole: Buffer, entry: Entry): Buffer | undefined {
  const { relativeOffsetOfLocalHeader: at, compressionMethod, uncompressedSize: size } = entry;
  if (compressionMethod !== 0 || entry.isEncrypted() || at + 30 > whole.length) return undefined;
  const start = at + 30 + whole.readUInt16LE(at + 26) + whole.readUInt16LE(at + 28);
  return start + size <= whole.length ? whole.subarray(start, start + size) : undefined;
}

/** Its size was counted against the archive's before; no more than that is kept. */
async function unpack(zip: ZipReader, entry: Entry): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(entry.uncompressedSize);
  let have = 0;
  for await (const chunk of await zip.openReadStreamPromise(entry))
    have += (chunk as Buffer).copy(content, have);
  return content.subarray(0, have);
}

function* pieces(content: Uint8Array): Generator<Buffer, void, void> {
  for (let at = 0; at < content.length; at += 2 ** 20)
    yield Buffer.from(content.buffer, content.byteOffset + at, Math.min(2 ** 20, content.length - at));
}

/** More bytes than these the library takes as a stream alone. */
const LARGEST_BUFFER = 2 ** 30 - 1;

/**
 * A zip archive of these entries, stored uncompressed as Keras does; the same entries give the same bytes.
 * @param largest entry that is given as a whole (for tests)
 */
export async function makeZip(
  entries: ReadonlyMap<string, Uint8Array>,
  largest = LARGEST_BUFFER,
): Promise<Uint8Array> {
  const zip = new ZipFile();
  // the DOS form holds local time, so that the bytes depend on no time zone
  const options = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
  const stored = { ...options, compress: false, mode: 0o100644 };
  for (const [name, content] of entries)
    if (name.endsWith('/')) zip.addEmptyDirectory(name, options);
    else if (content.length <= largest) zip.addBuffer(Buffer.from(content), name, stored);
    else zip.addReadStream(Readable.from(pieces(content)), name, { ...stored, size: content.length });
  zip.end();
  return buffer(zip.outputStream as NodeJS.ReadableStream);
}
