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

/** Where the first directory says where the second one is; null where the file ends before. */
function nextAt(bytes: Uint8Array): { at: number; size: number } | null {
  if (!isTiff(bytes) || bytes.length < 16) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const large = view.getUint16(2, little) === 43;
  const first = large ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  if (first + 8 > bytes.length) return null;
  const entries = large ? Number(view.getBigUint64(first, little)) : view.getUint16(first, little);
  const at = first + (large ? 8 + 20 * entries : 2 + 12 * entries);
  const size = large ? 8 : 4;
  return at + size <= bytes.length ? { at, size } : null;
}
