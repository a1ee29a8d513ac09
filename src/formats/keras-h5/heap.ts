/** "GCOL" and version 1: where an HDF5 file keeps strings of any length. */
const HEAP = Buffer.from('GCOL\x01\0\0\0', 'latin1');

/** Bytes of the header of a heap, and of each object in it. */
const HEADER = 16;

/** Larger pieces are an array's numbers. */
const LARGEST_PIECE = 2 ** 20;

/**
 * Looks through the heaps that begin in a piece of the file, before the HDF5 library does: with 32 bits a length of
 * 4 GB becomes 0, and it would never come to the end of such a heap.
 * @param piece at `at` in the file of `size` bytes, which `take` reads
 * @throws Error where an object is longer than its heap
 */
export function checkHeaps(
  piece: Uint8Array,
  at: number,
  size: number,
  take: (into: Uint8Array, at: number) => number,
): void {
  if (piece.length > LARGEST_PIECE) return;
  const view = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  for (let i = view.indexOf(HEAP); i >= 0; i = view.indexOf(HEAP, i + 1)) checkHeap(at + i, size, take);
}

function checkHeap(start: number, size: number, take: (into: Uint8Array, at: number) => number): void {
  const field = Buffer.alloc(8);
  const number = (at: number): number =>
    take(field, at) === 8 ? Number(field.readBigUInt64LE()) : Number.POSITIVE_INFINITY;
  const end = start + number(start + 8);
  if (!(end <= size)) throw new Error('a heap ends behind the end of the file');
  for (let at = start + HEADER; at + HEADER <= end;) {
    const length = number(at + 8);
    take(field, at);
    // object 0 is what is free, its header counted
    const whole = field.readUInt16LE() === 0 ? length : HEADER + 8 * Math.ceil(length / 8);
    if (!(whole >= HEADER && at + whole <= end)) throw new Error('an object is longer than its heap');
    at += whole;
  }
}
