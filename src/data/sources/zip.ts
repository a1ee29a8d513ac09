import { fromRandomAccessReaderPromise, getFileNameLowLevel, type Entry, type ZipFile } from 'yauzl';
import { openRegular, whyUnreadable } from '../../files/regular.ts';
import { overlapping } from '../../files/zip-overlap.ts';
import { ZipReader } from '../../files/zip-reader.ts';
import { InputError } from '../../graph/errors.ts';
import { entryExpandsTooFar } from '../limits.ts';
import { ArchiveListing } from './archive.ts';
import { MAX_FILE_BYTES, MAX_FILES, mebibytes, reasonOf, type Listing } from '../source.ts';

/** An open .zip: its entries by name, each read on demand. */
export interface Zip {
  readonly entries: readonly Entry[];
  /** The entry's stream, inflated; ends with an error if it is not as long as the directory says. */
  stream(entry: Entry): Promise<NodeJS.ReadableStream>;
  close(): Promise<void>;
}

/** @throws InputError for anything that isn't a whole zip archive */
export async function openZip(file: string): Promise<Zip> {
  let zip: ZipFile | undefined;
  let reader: ZipReader | undefined;
  try {
    const { handle, size } = await openRegular(file);
    reader = new ZipReader(handle, size);
    const opened = (zip = await fromRandomAccessReaderPromise(reader, size, {
      lazyEntries: true,
      autoClose: false,
      // names are decoded below: it refuses an archive for a name that begins with '/', though nothing is unpacked
      decodeStrings: false,
    }));
    const entries: Entry[] = [];
    await new Promise<void>((resolve, reject) => {
      opened.on('entry', (entry: Entry) => {
        entry.fileName = nameOf(entry);
        entries.push(entry);
        if (entries.length > MAX_FILES)
          reject(new InputError(`${file} holds more than ${MAX_FILES.toLocaleString('en-US')} files.`));
        else opened.readEntry();
      });
      opened.on('end', resolve);
      opened.on('error', reject);
      opened.readEntry();
    });
    const shared = overlapping(entries);
    if (shared)
      throw new InputError(`${file} is damaged: its entry ${shared.fileName} lies over another one.`);
    return {
      entries,
      stream: (entry) =>
        new Promise((resolve, reject) => {
          opened.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
        }),
      close: async () => opened.close(),
    };
  } catch (error) {
    if (zip) zip.close();
    else reader?.close(() => {});
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${file} is not a whole zip archive (${whyUnreadable(error) ?? reasonOf(error)}): make or fetch it again.`,
    );
  }
}

function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  // not strictly: a backslash stands for '/'
  return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
}

/** What a .zip holds. */
export function listZip(zip: Zip): Listing {
  // one after the other: yauzl can't end an entry early while the reading of another one waits
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (entry: Entry): Promise<Uint8Array> => {
    const read = last.then(() => readEntry(zip, entry, MAX_FILE_BYTES));
    last = read.catch(() => {});
    return read;
  };
  const listing = new ArchiveListing();
  for (const entry of zip.entries) {
    const path = listing.imagePath(entry.fileName, /[\\/]$/.test(entry.fileName));
    if (path !== undefined)
      listing.add({
        path,
        bytes: entry.uncompressedSize,
        version: () => String(entry.crc32),
        read: () => inTurn(entry),
      });
  }
  return listing;
}

/** Inflates at most `limit` bytes, whatever the directory claims. */
export async function readEntry(zip: Zip, entry: Entry, limit: number): Promise<Uint8Array> {
  if (entry.isEncrypted()) throw new Error('encrypted');
  if (entry.uncompressedSize > limit) throw new Error(`larger than ${mebibytes(limit)}`);
  const { uncompressedSize: size, compressedSize } = entry;
  if (entryExpandsTooFar(size, compressedSize)) throw new Error(`claims ${size} bytes in ${compressedSize}`);
  const bytes = Buffer.allocUnsafeSlow(size);
  let have = 0;
  if (size > 0)
    for await (const chunk of await zip.stream(entry)) have += (chunk as Buffer).copy(bytes, have);
  return bytes.subarray(0, have);
}
