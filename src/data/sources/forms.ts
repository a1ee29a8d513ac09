import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileError, whyUnreadable } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import type { ArraySource } from './arrays.ts';
import { listFolder } from './folder.ts';
import { idxFiles, openIdx } from './idx.ts';
import type { Expected } from './find-splits.ts';
import { layOut, layOutSplits, type Layout } from './layout.ts';
import { openNpz } from './npz.ts';
import { reasonOf, type Listing, type Source } from '../source.ts';
import { looseSplitOf, splitOf } from '../splits/split-names.ts';
import { listTar } from './tar.ts';
import { listZip, openZip, type Zip } from './zip.ts';
import type { SplitName } from '../../terms/scores.ts';
import { setSplit } from '../../terms/scores.ts';
import type { ImageFacts } from '../../terms/images.ts';

const FORMS =
  'a folder of class folders (jpg, png, gif, webp, tiff, bmp), a .zip or .tar(.gz) of one, a folder of IDX files, or an .npz with x_train, y_train, x_test, y_test';
/** How packed images are stored. */
type ArchiveForm = Extract<ImageFacts['form'], 'zip' | 'tar'>;
const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;

/**
 * Finds out what lies at `where` and lists its images; arrays are read whole.
 * @param expected of the network that they are for: decides where folders alone don't
 * @param onListed called with the number of images of a folder found so far
 * @throws InputError
 */
export async function openSource(
  where: string,
  limitBytes: number,
  signal?: AbortSignal,
  expected?: Expected,
  onListed?: (images: number) => void,
): Promise<Source | ArraySource> {
  const info = await stat(where).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw new InputError(`There is nothing at ${where}: give ${FORMS}.`);
    throw new InputError(`${where} can't be read: ${whyUnreadable(error) ?? reasonOf(error)}.`);
  });
  try {
    if (info.isDirectory()) return await openFolder(where, limitBytes, signal, expected, onListed);
    if (!info.isFile())
      throw new InputError(`${where} is a pipe, a socket or a device, no set of images: give ${FORMS}.`);
    if (/\.npz$/i.test(where)) return await openNpz(where, limitBytes, expected?.unlabelled);
    if (ARCHIVE.test(where)) return await openArchive(where, limitBytes, expected);
  } catch (error) {
    throw fileError(error, `${where} can't be read`);
  }
  if (idxFiles([path.basename(where)]).length)
    throw new InputError(
      `${where} is one IDX file of several: give the folder that holds images and labels.`,
    );
  throw new InputError(`${where} is no set of images: give ${FORMS}.`);
}

async function openFolder(
  where: string,
  limitBytes: number,
  signal?: AbortSignal,
  expected?: Expected,
  onListed?: (images: number) => void,
): Promise<Source | ArraySource> {
  const names = (await readdir(where)).sort();
  if (idxFiles(names).length) return openIdx(where, names, limitBytes);
  const archives = archivesOf(where, names);
  if (archives && !names.includes('train')) return openArchives(where, archives, limitBytes, expected);
  const { warnings, ...listing } = await listFolder(where, signal, onListed);
  if (listing.files.length === 0)
    throw new InputError(
      `${where} holds no images (jpg, png, gif, webp, tiff or bmp)${hint(names)}: give ${FORMS}.`,
    );
  const layout = layOut(listing, where, expected);
  return source('folder', { ...layout, warnings: [...warnings, ...layout.warnings] }, 0, []);
}

/** One archive a split: by plain names, else by looser ones where each split is there once. */
function archivesOf(where: string, names: readonly string[]): Map<SplitName, string> | null {
  const packed = names.filter((name) => ARCHIVE.test(name));
  const bare = (name: string) => name.replace(ARCHIVE, '');
  const plain = new Map<SplitName, string>();
  for (const name of packed) {
    const split = splitOf(bare(name));
    if (!split) continue;
    if (plain.has(split))
      throw new InputError(`${where} has both ${plain.get(split)} and ${name}: remove one of them.`);
    plain.set(split, name);
  }
  if (plain.has('train')) return plain;
  const loose = packed.map((name) => {
    const split = looseSplitOf(bare(name));
    return [split === 'evaluation' ? 'test' : split, name] as const;
  });
  const splits = new Set(loose.map(([split]) => split));
  const clear =
    splits.size === packed.length && splits.size > 1 && !splits.has(undefined) && splits.has('train');
  return clear ? new Map(loose as [SplitName, string][]) : null;
}

function hint(names: readonly string[]): string {
  const other = names.find((name) => ARCHIVE.test(name) || /\.npz$/i.test(name));
  return other ? `, but ${other}, which can be given itself` : '';
}

async function openArchive(file: string, limitBytes: number, expected?: Expected): Promise<Source> {
  const { listing, zip, form, held } = await list(file, limitBytes);
  try {
    const wrapper = path.basename(file).replace(ARCHIVE, '');
    return source(form, layOut(listing, file, expected, wrapper), held, zip ? [zip] : []);
  } catch (error) {
    await zip?.close();
    throw error;
  }
}

async function openArchives(
  folder: string,
  archives: ReadonlyMap<SplitName, string>,
  limitBytes: number,
  expected?: Expected,
): Promise<Source> {
  const splits = new Map<SplitName, Listing>();
  const zips: Zip[] = [];
  let held = 0;
  let form: ArchiveForm = 'tar';
  try {
    for (const split of setSplit.options) {
      const name = archives.get(split);
      if (!name) continue;
      const opened = await list(path.join(folder, name), limitBytes - held);
      splits.set(split, opened.listing);
      if (opened.zip) zips.push(opened.zip);
      held += opened.held;
      if (split === 'train') form = opened.form;
    }
    return source(form, layOutSplits(splits, folder, expected), held, zips);
  } catch (error) {
    for (const zip of zips) await zip.close();
    throw error;
  }
}

async function list(
  file: string,
  limitBytes: number,
): Promise<{ listing: Listing; form: ArchiveForm; held: number; zip?: Zip }> {
  let zip: Zip | undefined;
  let listing: Listing;
  let held = 0;
  if (/\.zip$/i.test(file)) listing = listZip((zip = await openZip(file)));
  else ({ held, ...listing } = await listTar(file, limitBytes));
  if (listing.files.length === 0) {
    await zip?.close();
    throw new InputError(
      `${file} holds no images (jpg, png, gif, webp, tiff or bmp): put class folders of images into it.`,
    );
  }
  return { listing, form: zip ? 'zip' : 'tar', held, zip };
}

function source(form: Source['form'], layout: Layout, heldBytes: number, zips: readonly Zip[]): Source {
  return {
    form,
    ...layout,
    heldBytes,
    close: async () => {
      for (const zip of zips) await zip.close();
    },
  };
}
