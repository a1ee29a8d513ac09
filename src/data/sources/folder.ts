import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { readRegular, whyUnreadable } from '../../files/regular.ts';
import { InputError, Interrupted } from '../../graph/errors.ts';
import { MAX_DEPTH, MAX_FOLDERS, MAX_FOLDERS_OUTSIDE, MAX_READINGS } from '../limits.ts';
import {
  byCodePoint,
  countOther,
  isImagePath,
  isSeen,
  MAX_FILE_BYTES,
  MAX_FILES,
  type Listing,
  type SourceFile,
} from '../source.ts';

/** Folders that are read at once. */
const PARALLEL = 16;

/**
 * Folders of the system, with what runs and what is plugged in: by way of a process' links everything else lies in them
 * too, as it does in "/".
 */
const SYSTEM = ['/proc', '/sys', '/dev'];
/** Memory that is used as a disk: a set may well lie there. */
const SHARED_MEMORY = '/dev/shm';

/** A folder that is to be read. */
interface Folder {
  readonly full: string;
  /** as it is named in the set, with a '/' at its end; '' for the set's own folder */
  readonly prefix: string;
  /** where it really lies */
  readonly real: string;
  /** the folder that it was found in */
  readonly above: Folder | undefined;
  readonly depth: number;
  /** reached by a link out of the set's own folder */
  readonly outside: boolean;
}

/** What one folder holds, by name. */
interface Found {
  readonly files: SourceFile[];
  readonly folders: readonly { name: string; link: string | undefined }[];
  /** see Listing */
  readonly others: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly problem?: string;
}

/** Images between two words on how many there are. */
const TELL_EVERY = 500;

/**
 * Every image below a folder, symbolic links followed, hidden folders left out. A link that leads back up or to the
 * system's own folders is not followed, and a folder that many links lead to is read a few times at most, so that links can't make a small tree
 * endless. What can't be read is left out, with a word.
 * @param onListed called with the number of images found so far, every few hundred
 * @throws InputError where the folder itself can't be read or holds more than any set; Interrupted
 */
export async function listFolder(
  root: string,
  signal?: AbortSignal,
  onListed: (images: number) => void = () => {},
): Promise<Listing & { readonly warnings: readonly string[] }> {
  const walk = new Walk(await realpath(root));
  // level by level, each in order: which of many links is followed must not depend on the disk
  let level: Folder[] = [
    { full: root, prefix: '', real: walk.root, above: undefined, depth: 0, outside: false },
  ];
  let images = 0;
  const count = () => {
    if (++images % TELL_EVERY === 0) onListed(images);
  };
  while (level.length > 0) {
    const found = await readAll(level, signal, count);
    level = level.flatMap((folder, i) => walk.take(folder, found[i]));
  }
  return { files: walk.files, folders: walk.folders(), others: walk.others, warnings: walk.warnings() };
}

class Walk {
  readonly files: SourceFile[] = [];
  readonly others = new Map<string, ReadonlyMap<string, number>>();
  private readonly prefixes: string[] = [];
  private readonly readings = new Map<string, number>();
  private readonly unreadable: string[] = [];
  private again = 0;
  private outside = 0;
  private tooFar = 0;

  constructor(readonly root: string) {}

  /** Keeps a folder's images and gives the folders in it that are to be read. */
  take(folder: Folder, { files, folders, others, problem }: Found): Folder[] {
    if (problem !== undefined) {
      if (folder.prefix === '') throw new InputError(`${folder.full} can't be read: ${problem}.`);
      this.unreadable.push(`"${folder.prefix.slice(0, -1)}" (${problem})`);
      return [];
    }
    this.prefixes.push(folder.prefix);
    for (const file of files) this.files.push(file);
    for (const [where, endings] of others) this.others.set(where, endings);
    if (this.files.length > MAX_FILES || this.prefixes.length > MAX_FOLDERS)
      throw new InputError(
        `${this.root} holds more than ${MAX_FILES.toLocaleString('en-US')} images or ${MAX_FOLDERS.toLocaleString('en-US')} folders: give the folder of one data set.`,
      );
    if (folder.depth === MAX_DEPTH) return [];
    return folders.flatMap(({ name, link }) => {
      const real = link ?? path.join(folder.real, name);
      if (link !== undefined && !this.follow(folder, link)) return [];
      const outside = folder.outside || !within(real, this.root);
      if (outside && ++this.outside > MAX_FOLDERS_OUTSIDE) {
        this.tooFar++;
        return [];
      }
      const below = { full: path.join(folder.full, name), prefix: `${folder.prefix}${name}/`, real, outside };
      return [{ ...below, above: folder, depth: folder.depth + 1 }];
    });
  }

  private follow(from: Folder, real: string): boolean {
    // a link that leads back up would go round for ever
    if (within(from.real, real) || within(this.root, real)) return false;
    if (SYSTEM.some((one) => within(real, one)) && !within(real, SHARED_MEMORY)) return false;
    for (let f: Folder | undefined = from; f; f = f.above) if (f.real === real) return false;
    const readings = (this.readings.get(real) ?? 0) + 1;
    this.readings.set(real, readings);
    if (readings <= MAX_READINGS) return true;
    this.again++;
    return false;
  }

  warnings(): string[] {
    const warnings: string[] = [];
    const some = (names: readonly string[]) =>
      names.length > 3
        ? `${names.slice(0, 3).join(', ')} and ${count(names.length - 3)} more`
        : names.join(', ');
    if (this.unreadable.length)
      warnings.push(
        `Left out ${folders(this.unreadable.length)} that can't be read: ${some(this.unreadable)}.`,
      );
    if (this.again)
      warnings.push(
        `Left out ${count(this.again)} links to folders that ${MAX_READINGS} other links lead to as well.`,
      );
    if (this.tooFar)
      warnings.push(
        `Left out ${folders(this.tooFar)}: links lead out of the set to more than ${count(MAX_FOLDERS_OUTSIDE)}.`,
      );
    return warnings;
  }

  /** Every folder that could be read, without the '/' at its end. */
  *folders(): Generator<string> {
    for (const prefix of this.prefixes) if (prefix !== '') yield prefix.slice(0, -1);
  }
}

const count = (n: number): string => n.toLocaleString('en-US');
const folders = (n: number): string => `${count(n)} folder${n === 1 ? '' : 's'}`;

/** Whether a path is a folder or lies below it. */
function within(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(path.sep) ? outer : outer + path.sep);
}

/** Several folders at a time: one after the other takes a minute for a large set. */
async function readAll(
  level: readonly Folder[],
  signal: AbortSignal | undefined,
  onImage: () => void,
): Promise<Found[]> {
  const found = new Array<Found>(level.length);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < level.length) {
      if (signal?.aborted) throw new Interrupted();
      const i = next++;
      found[i] = await readFolder(level[i], signal, onImage);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return found;
}

async function readFolder(
  { full, prefix }: Folder,
  signal: AbortSignal | undefined,
  onImage: () => void,
): Promise<Found> {
  const files: SourceFile[] = [];
  const folders: { name: string; link: string | undefined }[] = [];
  const others = new Map<string, Map<string, number>>();
  try {
    const entries = await readdir(full, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => byCodePoint(a.name, b.name))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const inner = path.join(full, entry.name);
      if (entry.isDirectory()) {
        if (isSeen(entry.name)) folders.push({ name: entry.name, link: undefined });
      } else if (entry.isSymbolicLink() || (entry.isFile() && isImagePath(prefix + entry.name))) {
        // what is gone again, or leads nowhere, is not there
        const info = await stat(inner).catch(() => undefined);
        if (info?.isDirectory()) {
          const link = await realpath(inner).catch(() => undefined);
          if (link !== undefined) folders.push({ name: entry.name, link });
        } else if (info?.isFile() && isImagePath(prefix + entry.name)) {
          files.push(imageFile(prefix + entry.name, inner, info.size, info.mtimeMs));
          onImage();
          if (signal?.aborted) throw new Interrupted();
        }
      } else if (entry.isFile()) countOther(others, prefix + entry.name);
    }
    return { files, folders, others };
  } catch (error) {
    const problem = whyUnreadable(error);
    if (problem === undefined) throw error;
    return { files: [], folders: [], others, problem };
  }
}

function imageFile(name: string, file: string, bytes: number, mtimeMs: number): SourceFile {
  return {
    path: name,
    bytes,
    version: () => String(mtimeMs),
    read: async () => (bytes === 0 ? new Uint8Array(0) : await readRegular(file, MAX_FILE_BYTES)),
  };
}
