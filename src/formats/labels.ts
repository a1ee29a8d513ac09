import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readRegular } from '../files/regular.ts';
import { inferShapes, sizeOf } from '../graph/shapes.ts';
import type { Graph } from '../graph/types.ts';
import { nestsTooDeep } from './keras-config/json-depth.ts';
import { parsePythonJson } from './keras-config/python-json.ts';
import { openZip } from './keras/zip.ts';
import { ARCHIVE } from './keras/read.ts';
import { labelRank, namesInJson, namesInText, ownPart } from './label-names.ts';
import type { Companion, LoadedModel } from './types.ts';

/** A label file's bytes: ImageNet-21k's names take 1 MB. */
const MOST = 8 * 2 ** 20;

interface Found {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly labels: readonly string[];
}

/**
 * The model with the class names that travel with it: inside its file, or in a file beside it (metadata.json, labels.txt,
 * class_indices.json and the like). Of several files the first that has as many names as the network has outputs.
 * Files that fit belong to the model, and go where it goes.
 */
export async function withLabels(model: LoadedModel, file: string): Promise<LoadedModel> {
  const inside = model.labels ? undefined : await inArchive(model);
  const own = model.labels ? { name: path.basename(file), labels: model.labels } : inside;
  const beside = await besideModel(file);
  const fits = beside.filter(({ labels }) => fit(model.graph, labels.length));
  const taken = own ?? fits[0] ?? beside[0];
  if (!taken) return model;
  const other = fits.find(({ labels }) => labels.join('\n') !== taken.labels.join('\n'));
  const stem = path.parse(file).name;
  const companions = fits.map(({ name, bytes }): Companion => ({ name, own: ownPart(name, stem), bytes }));
  return {
    ...model,
    labels: taken.labels,
    labelsFrom: taken.name,
    ...(companions.length ? { companions } : {}),
    warnings: other
      ? [...model.warnings, `${taken.name} and ${other.name} name the classes otherwise: took ${taken.name}`]
      : model.warnings,
  };
}

/** Files beside a model that may hold its class names, the likeliest first. */
export async function labelFiles(file: string): Promise<string[]> {
  const folder = path.dirname(file);
  const stem = path.parse(file).name;
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .flatMap((name) => {
      const rank = name === path.basename(file) ? null : labelRank(name, stem);
      return rank === null ? [] : [{ name, rank }];
    })
    .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1))
    .map(({ name }) => path.join(folder, name));
}

async function besideModel(file: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const one of await labelFiles(file)) {
    if (!(await stat(one).catch(() => null))?.isFile()) continue;
    const bytes = await readRegular(one, MOST).catch(() => null);
    const labels = bytes && namesIn(one, bytes);
    if (bytes && labels) found.push({ name: path.basename(one), bytes, labels });
  }
  return found;
}

/** Names in an entry that somebody put into a .keras file; Keras' own entries have none. */
async function inArchive({ format, container, path: file }: LoadedModel): Promise<Found | undefined> {
  const bytes = format === 'keras' ? container.files.get(ARCHIVE) : undefined;
  if (!bytes) return undefined;
  const zip = await openZip(bytes, file);
  const named = zip.names
    .map((name) => ({ name, rank: labelRank(path.posix.basename(name), 'model') }))
    .filter(({ name, rank }) => rank !== null && name !== 'config.json' && zip.size(name) <= MOST)
    .sort((a, b) => a.rank! - b.rank!);
  for (const { name } of named) {
    const content = await zip.read(name);
    const labels = namesIn(name, content);
    if (labels) return { name, bytes: content, labels };
  }
  return undefined;
}

function namesIn(file: string, bytes: Uint8Array): readonly string[] | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (/\.json$/i.test(file)) return nestsTooDeep(bytes) ? undefined : namesInJson(parsePythonJson(text));
    return namesInPrintedJson(text, bytes) ?? namesInText(text);
  } catch {
    // somebody else's file
    return undefined;
  }
}

/** Of a list or an object that was written to a .txt as it was printed. */
function namesInPrintedJson(text: string, bytes: Uint8Array): readonly string[] | undefined {
  if (!/^\s*[[{]/.test(text) || nestsTooDeep(bytes)) return undefined;
  try {
    return namesInJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether so many names can be those of the network's first output; one unit tells two classes apart. */
function fit(graph: Graph, names: number): boolean {
  try {
    const size = sizeOf(inferShapes(graph)[graph.outputs[0]]);
    return names === (size === 1 ? 2 : size);
  } catch {
    return false;
  }
}
