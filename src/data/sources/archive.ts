import { countOther, isImagePath, isSeen, type Listing, type SourceFile } from '../source.ts';

/**
 * An entry's name as a path below the archive's top, as programs write it in many ways: `./cat/1.png`, `/home/me/cat/1.png`,
 * `C:\\me\\cat\\1.png`, `../cat/1.png`. Nothing is ever unpacked to it.
 */
export function entryPath(name: string): string {
  const parts: string[] = [];
  for (const part of name
    .replaceAll('\\', '/')
    .replace(/^[a-z]:/i, '')
    .split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** What an archive holds, entry by entry; of two with one name the later counts, as when it is unpacked. */
export class ArchiveListing implements Listing {
  private readonly images = new Map<string, SourceFile>();
  readonly folders = new Set<string>();
  readonly others = new Map<string, Map<string, number>>();

  get files(): SourceFile[] {
    return [...this.images.values()];
  }

  /** The image's path; undefined for a folder or another file, which is noted. */
  imagePath(name: string, isFolder: boolean): string | undefined {
    const path = entryPath(name);
    if (!isSeen(path)) this.above(path);
    if (path === '' || !isSeen(path)) return undefined;
    if (isFolder) this.folders.add(path);
    else if (isImagePath(path)) return path;
    else countOther(this.others, path);
    return undefined;
  }

  /** The folder of a hidden file is there all the same, as it is when the archive is unpacked. */
  private above(path: string): void {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (folder !== '' && isSeen(folder)) this.folders.add(folder);
  }

  add(file: SourceFile): void {
    this.images.set(file.path, file);
  }

  /** The image of this name that came before, if there was one. */
  find(name: string): SourceFile | undefined {
    return this.images.get(entryPath(name));
  }
}
