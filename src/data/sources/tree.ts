import { byCodePoint, type Item, type Listing, type SourceFile } from '../source.ts';

/** A folder of a set, with all that lies in it. */
export interface Folder {
  readonly name: string;
  /** as it is named in the set */
  readonly path: string;
  /** images directly in it */
  readonly files: { readonly name: string; readonly file: SourceFile }[];
  readonly folders: Map<string, Folder>;
  /** images in it and below */
  images: number;
  /** files that are no image that is read, in it and below, by ending */
  readonly others: Map<string, number>;
}

function folder(name: string, path: string): Folder {
  return { name, path, files: [], folders: new Map(), images: 0, others: new Map() };
}

/** The folders of a listing, each in code-point order of names. */
export function treeOf(listing: Listing): Folder {
  const root = folder('', '');
  const reach = (parts: readonly string[], each: (at: Folder) => void): Folder => {
    let at = root;
    each(at);
    for (const part of parts) {
      let next = at.folders.get(part);
      if (!next) at.folders.set(part, (next = folder(part, at.path ? `${at.path}/${part}` : part)));
      each((at = next));
    }
    return at;
  };
  // folders are listed in whatever order the disk has them; warnings must not depend on it
  for (const file of [...listing.files].sort((a, b) => byCodePoint(a.path, b.path))) {
    const parts = partsOf(file.path);
    const name = parts.pop()!;
    reach(parts, (at) => at.images++).files.push({ name, file });
  }
  for (const path of [...listing.folders].sort(byCodePoint)) reach(partsOf(path), () => {});
  for (const [path, endings] of [...listing.others].sort(([a], [b]) => byCodePoint(a, b)))
    reach(partsOf(path), (at) => {
      for (const [ending, n] of endings) at.others.set(ending, (at.others.get(ending) ?? 0) + n);
    });
  return root;
}

/** A folder that isn't there, of folders that are: what lies below a class, seen from the split. */
export function gathered(name: string, folders: readonly (readonly [string, Folder])[]): Folder {
  const made = folder(name, '');
  for (const [key, one] of folders) {
    made.folders.set(key, { ...one, name: key });
    made.images += one.images;
  }
  return made;
}

/** The folders in it, in code-point order. */
export function within(one: Folder): Folder[] {
  return [...one.folders.values()].sort((a, b) => byCodePoint(a.name, b.name));
}

/** Those that hold images. */
export function filled(one: Folder): Folder[] {
  return within(one).filter(({ images }) => images > 0);
}

/** Every image in it and below, with the parts of its path from here. */
export function* imagesIn(one: Folder): Generator<{ readonly parts: string[]; readonly file: SourceFile }> {
  for (const { name, file } of one.files) yield { parts: [name], file };
  for (const inner of within(one))
    for (const { parts, file } of imagesIn(inner)) yield { parts: [inner.name, ...parts], file };
}

/** An image at its place in a split, as a set lists it. */
export function itemOf(
  { parts, file }: { readonly parts: readonly string[]; readonly file: SourceFile },
  split: Item['split'],
  label: number,
): Item {
  return {
    name: `${split}/${parts.join('/')}`,
    split,
    label,
    bytes: file.bytes,
    version: file.version,
    read: async () => ({ kind: 'file', bytes: await file.read() }),
  };
}

/** What is in a folder without images: "8 .heic files"; null where it is empty. */
export function whatElse({ others }: Folder): string | null {
  const all = [...others].sort(([a, n], [b, m]) => m - n || byCodePoint(a, b));
  const total = all.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0) return null;
  const files = (n: number) => `file${n === 1 ? '' : 's'}`;
  if (all.length > 3) return `${total} ${files(total)} of other kinds`;
  return all.map(([ending, n]) => `${n} ${ending ? `${ending} ` : ''}${files(n)}`).join(', ');
}

function partsOf(path: string): string[] {
  // macOS hands out decomposed names; the same folder must be the same class everywhere
  return path
    .normalize('NFC')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
}
