import { opendir } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import path from 'node:path';
import { idxFiles } from '../../../data/sources/idx.ts';
import { looseSplitOf, splitOf } from '../../../data/splits/split-names.ts';
import { isImagePath } from '../../../data/source.ts';
import { openZip } from '../../../data/sources/zip.ts';
import { foreignFolders } from '../../../files/foreign-folders.ts';
import type { DataFound } from '../../../protocol/plan.ts';
import type { Models } from '../../../run/result/model-cache.ts';
import { classCounts } from '../../../runtime/binary.ts';

const limits = { depth: 6, entries: 30_000, milliseconds: 2500, archives: 24, found: 20 };
/** Beside hidden ones. */
const skipped = new Set([...foreignFolders, 'dist', 'out', 'build', 'site-packages']);
const archive = /\.(zip|tar|tar\.gz|tgz)$/i;
/** Of each folder so many entries at most: a class folder may hold a million files. */
const perFolder = 2000;
/** Folders that are looked into to see whether they are classes. */
const peeked = 40;

/**
 * Image sets of the forms that runs read (src/data/sources/forms.ts), by names and listings alone: below the model's own folder
 * first, then below its parents up to the given folders, then the rest. Bounded in depth, entries and time.
 */
export async function findData(
  models: Models,
  { folders, model }: { readonly folders: readonly string[]; readonly model: string },
  signal: AbortSignal,
): Promise<{ found: DataFound[] }> {
  const opened = await models.open(model).catch(() => null);
  const search = new Search(signal);
  for (const start of starts(folders, path.dirname(path.resolve(model)))) await search.below(start);
  const classes = opened ? classCounts(opened.model.graph) : [];
  // sets of another number of classes can hardly be this model's own
  const other = (one: DataFound) =>
    classes.length > 0 && one.classes !== undefined && !classes.includes(one.classes);
  return { found: search.found.sort((a, b) => Number(other(a)) - Number(other(b))) };
}

/** The model's folder, its parents inside the given folders, and these. */
function starts(folders: readonly string[], own: string): string[] {
  const roots = folders.map((folder) => path.resolve(folder));
  const within = (folder: string) =>
    roots.some(
      (root) => folder === root || folder.startsWith(root.endsWith(path.sep) ? root : root + path.sep),
    );
  const result = [own];
  for (let at = path.dirname(own); within(at) && at !== result.at(-1); at = path.dirname(at)) result.push(at);
  return [...new Set([...result, ...roots])];
}

class Search {
  readonly found: DataFound[] = [];
  private readonly seen = new Set<string>();
  private readonly until = performance.now() + limits.milliseconds;
  private entries = 0;
  private archives = 0;

  constructor(private readonly signal: AbortSignal) {}

  private get over(): boolean {
    return (
      this.signal.aborted ||
      this.entries > limits.entries ||
      this.found.length >= limits.found ||
      performance.now() > this.until
    );
  }

  /** Breadth first, so that what is near is found before what is deep. */
  async below(start: string): Promise<void> {
    let level = [start];
    for (let depth = 0; depth <= limits.depth && level.length && !this.over; depth++) {
      const next: string[] = [];
      for (const folder of level) {
        if (this.over || this.seen.has(folder)) continue;
        this.seen.add(folder);
        next.push(...(await this.visit(folder)));
      }
      level = next;
    }
  }

  /** Notes what a folder is or holds; gives the folders to go on into. */
  private async visit(folder: string): Promise<string[]> {
    const list = await this.list(folder);
    const names = list.map(({ name }) => name);
    const idx = idxFiles(names).filter(({ split }) => split === 'train');
    if (idx.length >= 2) {
      this.found.push({ path: folder, form: 'idx' });
      return [];
    }
    const inside = list
      .filter((one) => one.isDirectory() && !one.name.startsWith('.') && !skipped.has(one.name))
      .map(({ name }) => name);
    const train =
      inside.find((name) => splitOf(name) === 'train') ??
      (inside.length > 1 ? inside.find((name) => looseSplitOf(name) === 'train') : undefined);
    const below = train ? await this.classFolders(path.join(folder, train)) : 0;
    const classes = below >= 2 || (train && splitOf(train)) ? below : await this.classFolders(folder, inside);
    if (classes >= 2) {
      this.found.push({ path: folder, form: 'folder', classes });
      return [];
    }
    const packed = list.filter((one) => one.isFile() && !one.name.startsWith('.')).map(({ name }) => name);
    if (packed.some((name) => archive.test(name) && splitOf(name.replace(archive, '')) === 'train')) {
      const form = packed.some((name) => /^train.*\.zip$/i.test(name)) ? 'zip' : 'tar';
      this.found.push({ path: folder, form });
    } else for (const name of packed) await this.file(path.join(folder, name));
    return inside.map((name) => path.join(folder, name));
  }

  /** How many of the folders below hold images directly. */
  private async classFolders(folder: string, known?: readonly string[]): Promise<number> {
    const names =
      known ?? (await this.list(folder)).filter((one) => one.isDirectory()).map(({ name }) => name);
    let classes = 0;
    for (const [i, name] of names.entries()) {
      if (this.over) break;
      // the rest are as the first ones are
      if (i >= peeked) return classes === peeked ? names.length : classes;
      if (await this.holdsImages(path.join(folder, name))) classes++;
    }
    return classes;
  }

  private async holdsImages(folder: string): Promise<boolean> {
    const list = await this.list(folder, 50);
    return list.some((one) => one.isFile() && isImagePath(one.name));
  }

  private async file(file: string): Promise<void> {
    const npz = /\.npz$/i.test(file);
    if ((!npz && !archive.test(file)) || this.archives >= limits.archives || this.over) return;
    this.archives++;
    if (npz || /\.zip$/i.test(file)) {
      const about = await openZip(file).catch(() => null);
      if (!about) return;
      const names = about.entries.map(({ fileName }) => fileName);
      await about.close();
      if (npz) {
        if (names.includes('x_train.npy') && names.includes('y_train.npy'))
          this.found.push({ path: file, form: 'npz' });
        return;
      }
      const images = names.filter(isImagePath);
      const classes = classesIn(images);
      if (classes >= 2) this.found.push({ path: file, form: 'zip', images: images.length, classes });
      return;
    }
    // a packed stream tells nothing of what it holds before it is read whole
    if (/(data|image|train|set|pics|photos)/i.test(path.basename(file)))
      this.found.push({ path: file, form: 'tar' });
  }

  private async list(folder: string, most = perFolder): Promise<Dirent[]> {
    const list: Dirent[] = [];
    try {
      for await (const entry of await opendir(folder)) {
        list.push(entry);
        this.entries++;
        if (list.length >= most) break;
      }
    } catch {
      // can't be read: nothing to find there
    }
    return list.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** Class folders of an archive: what the images lie in, below the training split where there is one. */
function classesIn(images: readonly string[]): number {
  const folders = images.map((name) => name.split('/').slice(0, -1)).filter((parts) => parts.length);
  const training = folders.filter((parts) => parts.some((part) => splitOf(part) === 'train'));
  return new Set((training.length ? training : folders).map((parts) => parts.join('/'))).size;
}
