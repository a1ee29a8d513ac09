import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { InputError } from '../graph/errors.ts';
import { isImagePath, MAX_FILE_BYTES, MAX_FILES, mebibytes, reasonOf, type SourceFile } from './source.ts';

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
  try {
    const opened = (zip = await openPromise(file, { lazyEntries: true, autoClose: false }));
    const entries: Entry[] = [];
    await new Promise<void>((resolve, reject) => {
      opened.on('entry', (entry: Entry) => {
        entries.push(entry);
        if (entries.length > MAX_FILES)
          reject(new InputError(`${file} holds more than ${MAX_FILES.toLocaleString('en-US')} files.`));
        else opened.readEntry();
      });
      opened.on('end', resolve);
      opened.on('error', reject);
      opened.readEntry();
    });
    return {
      entries,
      stream: (entry) =>
        new Promise((resolve, reject) => {
          opened.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
        }),
      close: async () => opened.close(),
    };
  } catch (error) {
    zip?.close();
    if (error instanceof InputError) throw error;
    throw new InputError(`${file} is not a whole zip archive (${reasonOf(error)}): make or fetch it again.`);
  }
}

/** Every image of a .zip. */
export function listZip(zip: Zip): SourceFile[] {
  return zip.entries
    .filter((entry) => !entry.fileName.endsWith('/') && isImagePath(entry.fileName))
    .map((entry) => ({
      path: entry.fileName,
      bytes: entry.uncompressedSize,
      version: () => String(entry.crc32),
      read: () => readEntry(zip, entry, MAX_FILE_BYTES),
    }));
}

/** Inflates at most `limit` bytes, whatever the directory claims. */
export async function readEntry(zip: Zip, entry: Entry, limit: number): Promise<Uint8Array> {
  if (entry.isEncrypted()) throw new Error('encrypted');
  if (entry.uncompressedSize > limit) throw new Error(`larger than ${mebibytes(limit)}`);
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.stream(entry)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
