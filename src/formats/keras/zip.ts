import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { ZipFile } from 'yazl';
import { InputError } from '../../graph/errors.ts';

/** What all entries of an archive may take in memory, and how far one may expand: Keras stores, uncompressed. */
const largest = 2 ** 31 - 1;
const freeExpansion = 2 ** 28;
const expansion = 100;

/**
 * Reads a zip archive whole: name -> content, in the archive's order; folders end in "/" and are empty.
 * @throws InputError for what is no zip, is damaged, or would expand beyond reason
 */
export async function readZip(bytes: Uint8Array, file: string): Promise<Map<string, Uint8Array>> {
  try {
    const zip = await yauzl.fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const entries = new Map<string, Uint8Array>();
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      const { fileName, compressedSize, uncompressedSize: size } = entry;
      total += size;
      if (total > largest || (size > freeExpansion && size > expansion * compressedSize))
        throw new InputError(
          `"${file}" is damaged: its entry "${fileName}" claims ${size} bytes in ${compressedSize}`,
        );
      if (entries.has(fileName)) throw new InputError(`"${file}" is damaged: it has "${fileName}" twice`);
      const content = await buffer(await zip.openReadStreamPromise(entry));
      if (crc32(content) !== entry.crc32)
        throw new InputError(`"${file}" is damaged: the checksum of its entry "${fileName}" is wrong`);
      entries.set(fileName, content);
    }
    return entries;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`"${file}" is not a readable .keras (zip) file, or is cut short: ${reason}`);
  }
}

/** A zip archive of these entries, stored uncompressed as Keras does; the same entries give the same bytes. */
export async function makeZip(entries: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const zip = new ZipFile();
  // the DOS form holds local time, so that the bytes depend on no time zone
  const options = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
  for (const [name, content] of entries)
    if (name.endsWith('/')) zip.addEmptyDirectory(name, options);
    else zip.addBuffer(Buffer.from(content), name, { ...options, compress: false, mode: 0o100644 });
  zip.end();
  return buffer(zip.outputStream as NodeJS.ReadableStream);
}
