import { MAX_PARTS, MAX_PATH } from './limits.ts';
import type { ImageSet } from './types.ts';
import type { SplitName } from '../terms/scores.ts';

/** An image as found: a file's bytes, or pixels already (NHWC without the N, uint8). */
export type Found =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'pixels';
      readonly data: Uint8Array;
      readonly height: number;
      readonly width: number;
      readonly channels: number;
    };

/** One image of a source, not yet read. */
export interface Item {
  /** `<split>/<class>/<rest>`, or a running number for arrays; the same on every machine */
  readonly name: string;
  /** as given; 'all' where the set has no splits */
  readonly split: SplitName | 'all';
  /** the number of its class; 0 where the set has no classes */
  readonly label: number;
  /** size in the file system or archive, uncompressed */
  readonly bytes: number;
  /** what tells this content from another of the same size without reading it: a time, a checksum */
  version?(): string;
  read(): Promise<Found>;
}

/** A set in any of its forms: the images by name, before anything is decoded. */
export interface Source {
  readonly form: ImageSet['form'];
  readonly classes: readonly string[];
  /** classes whose folder holds no image that is read, with what else it holds */
  readonly empty: ReadonlyMap<string, string | null>;
  readonly items: readonly Item[];
  readonly warnings: readonly string[];
  /** its images have no classes, or these count for nothing: `classes` is empty */
  readonly unlabelled?: true;
  /** bytes that the source itself holds in memory for as long as it is open */
  readonly heldBytes: number;
  close(): Promise<void>;
}

/** A file of a folder or archive, before anyone knows what its folders mean. */
export interface SourceFile {
  /** with '/' between its parts, relative to the folder or archive */
  readonly path: string;
  readonly bytes: number;
  /** see Item */
  version?(): string;
  read(): Promise<Uint8Array>;
}

/** What a folder or archive holds, by name. */
export interface Listing {
  /** its images */
  readonly files: readonly SourceFile[];
  /** its folders, those without images too; those above a file needn't be among them */
  readonly folders: Iterable<string>;
  /** by folder: files that are no image of a kind that is read, by their ending (".heic") */
  readonly others: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** The largest single image file that is read at all. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Most files in one set: a stop for `--data /`. */
export const MAX_FILES = 4_000_000;

const IMAGE = /\.(jpe?g|png|gif|webp|tiff?|bmp)$/i;

/** Whether the file is an image of a kind that is read, and not a hidden one (`._cat.jpg`, `__MACOSX/`). */
export function isImagePath(path: string): boolean {
  return IMAGE.test(path) && isSeen(path);
}

/** Whether a file or folder is one that people put there: not hidden, no remnant of macOS. */
export function isSeen(path: string): boolean {
  if (path.length > MAX_PATH) return false;
  const parts = path.split('/');
  return (
    parts.length <= MAX_PARTS && !parts.some((part) => part.startsWith('.') || part.startsWith('__MACOSX'))
  );
}

/** Counts a file that is no image, by its folder and ending; what systems leave behind isn't counted. */
export function countOther(others: Map<string, Map<string, number>>, path: string): void {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('.') || /^(thumbs\.db|desktop\.ini)$/i.test(name)) return;
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  const ending = /\.[^.]{1,12}$/.exec(name)?.[0].toLowerCase() ?? '';
  const here = others.get(folder) ?? new Map<string, number>();
  others.set(folder, here.set(ending, (here.get(ending) ?? 0) + 1));
}

/** Code-point order, as Python sorts: class indices then agree with networks that Keras and torchvision trained. */
export function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  // surrogates (astral characters) sort above the rest of the plane in code points but not in UTF-16
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

export function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024).toLocaleString('en-US')} MB`;
}

export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0].trim().replace(/\.$/, '') || 'unknown error';
}
