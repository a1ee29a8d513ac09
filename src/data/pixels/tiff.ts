/** Whether the file is a TIFF, by its first bytes. */
export function isTiff(bytes: Uint8Array): boolean {
  return (bytes[0] === 0x49 && bytes[1] === 0x49) || (bytes[0] === 0x4d && bytes[1] === 0x4d);
}

/**
 * A TIFF with its first picture alone, which is all that is read. A decoder looks at every directory of the file before
 * that, and for each at all before it, so a few megabytes of them keep it busy for minutes.
 * @returns the same bytes where there is one picture, or none that is known
 */
export function firstPicture(bytes: Uint8Array): Uint8Array {
  const place = nextAt(bytes);
  if (!place || bytes.subarray(place.at, place.at + place.size).every((byte) => byte === 0)) return bytes;
  const alone = bytes.slice();
  alone.fill(0, place.at, place.at + place.size);
  return alone;
}

const COMPRESSION = 259;
const PHOTOMETRIC = 262;

/**
 * Refuses colours that the decoder takes for red, green and blue, and PIL does not.
 * @throws Error that names them
 */
export function refuseOtherColours(bytes: Uint8Array): void {
  const directory = firstDirectory(bytes);
  if (!directory) return;
  const { view, little, large, at, entries } = directory;
  const tags = new Map<number, number>();
  for (let i = 0; i < entries; i++) {
    const entry = at + i * (large ? 20 : 12);
    const tag = view.getUint16(entry, little);
    if (tag === COMPRESSION || tag === PHOTOMETRIC)
      tags.set(tag, view.getUint16(entry + (large ? 12 : 8), little));
    // they stand in their order
    if (tag >= PHOTOMETRIC) break;
  }
  const photometric = tags.get(PHOTOMETRIC);
  const jpeg = [6, 7].includes(tags.get(COMPRESSION) ?? 1);
  if (photometric === 6 && !jpeg) throw new Error('a TIFF of YCbCr without JPEG; save it as RGB');
  if (photometric !== undefined && photometric >= 8 && photometric <= 10)
    throw new Error('a TIFF of Lab; save it as RGB');
}

/** Where the first directory says where the second one is; null where the file ends before. */
function nextAt(bytes: Uint8Array): { at: number; size: number } | null {
  const directory = firstDirectory(bytes);
  if (!directory) return null;
  const { large, at, entries } = directory;
  const size = large ? 8 : 4;
  return { at: at + entries * (large ? 20 : 12), size };
}

interface Directory {
  readonly view: DataView;
  readonly little: boolean;
  /** BigTIFF, whose numbers have 8 bytes */
  readonly large: boolean;
  /** where its entries begin */
  readonly at: number;
  readonly entries: number;
}

/** The first directory; null where the file ends before it does. */
function firstDirectory(bytes: Uint8Array): Directory | null {
  if (!isTiff(bytes) || bytes.length < 16) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const large = view.getUint16(2, little) === 43;
  const first = large ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  if (first + 8 > bytes.length) return null;
  const entries = large ? Number(view.getBigUint64(first, little)) : view.getUint16(first, little);
  const at = first + (large ? 8 : 2);
  const end = at + entries * (large ? 20 : 12) + (large ? 8 : 4);
  return end <= bytes.length ? { view, little, large, at, entries } : null;
}
