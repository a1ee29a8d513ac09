/** Folders of one set: a stop for `--data /`. */
export const MAX_FOLDERS = 500_000;

/** Folders below links that lead out of the set's own folder: classes that are kept elsewhere are far fewer. */
export const MAX_FOLDERS_OUTSIDE = 10_000;

/** How deep folders are looked into. */
export const MAX_DEPTH = 16;

/** How often one folder is read through links: train, val and test may all be one. */
export const MAX_READINGS = 3;

/** Parts and characters of an image's path inside an archive, as many as file systems and people use. */
export const MAX_PARTS = 64;
export const MAX_PATH = 4096;

/** Images of one set of arrays (IDX, npz), which takes some memory for each; EMNIST has 814,255. */
export const MAX_ARRAY_IMAGES = 2_000_000;

/** An image of up to this many pixels may be one colour; 10 megapixels are unpacked in a tenth of a second. */
const FREE_PIXELS = 10 * 2 ** 20;

/** Pixels that a byte of a larger image may stand for: scans of text come to 170, a black picture to 350 or more. */
const PIXELS_A_BYTE = 200;

/** 64 megapixels: no training image is larger. */
const MAX_PIXELS = 64 * 2 ** 20;

/** Pixels that an image file of so many bytes may have. */
export function mostPixels(fileBytes: number): number {
  return Math.min(MAX_PIXELS, Math.max(FREE_PIXELS, PIXELS_A_BYTE * fileBytes));
}

/** What an archive may unpack to, whatever its size. */
const FREE_EXPANSION = 256 * 2 ** 20;

/** What a single image's entry may unpack to, whatever its size. */
const FREE_ENTRY = 16 * 2 ** 20;

/** How many times larger unpacked data may be than packed: drawings in one colour come to 120, zeros to 1,030. */
const MOST_EXPANSION = 200;

/** Whether so many packed bytes unpack to more than any real images do. */
export function expandsTooFar(unpacked: number, packed: number): boolean {
  return unpacked > FREE_EXPANSION && unpacked > MOST_EXPANSION * packed;
}

/** The same for one image in an archive. */
export function entryExpandsTooFar(unpacked: number, packed: number): boolean {
  return unpacked > FREE_ENTRY && unpacked > MOST_EXPANSION * packed;
}
