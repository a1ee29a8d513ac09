import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readRegular } from '../files/regular.ts';
import { inferShapes, sizeOf } from '../graph/shapes.ts';
import type { Graph } from '../graph/types.ts';
import { nestsTooDeep } from './json/depth.ts';
import { withoutComments } from './json/comments.ts';
import { parsePythonJson } from './json/python-json.ts';
import { openZip } from './keras/zip.ts';
import { ARCHIVE } from './keras/read.ts';
import { namesInLabelMap } from './label-map.ts';
import { isForNames, labelKey, labelRank, namesInJson, ownPart } from './label-names.ts';
import { namesInPrinted, namesInText } from './label-text.ts';
import type { Companion, LoadedModel } from './types.ts';

/** A label file's bytes: ImageNet-21k's names take 1 MB. */
const MOST = 8 * 2 ** 20;

interface Found {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly labels: readonly string[];
  /** see TextNames */
  readonly asWritten?: readonly string[];
}

/**
 * The model with the class names that travel with it: inside its file, or in a file beside it (metadata.json, labels.txt,
 * class_indices.json and the like). Of several files the first that has as many names as the network has outputs.
 * Files that fit belong to the model, and go where it goes.
 */
export async function withLabels(model: LoadedModel, file: string): Promise<LoadedModel> {
  const inside = model.labels ? { warnings: [] } : await inArchive(model);
  const own = model.labels
    ? { name: path.basename(file), labels: model.labels, asWritten: undefined }
    : inside.found;
  const { found: beside, warnings } = await besideModel(model.graph, file);
  const said = [...model.warnings, ...inside.warnings, ...warnings];
  const fits = beside.filter(({ labels }) => fit(model.graph, labels.length));
  const taken = own ?? fits[0] ?? beside[0];
  if (!taken) return { ...model, warnings: said };
  const other = fits.find(({ labels }) => labels.join('\n') !== taken.labels.join('\n'));
  const stem = path.parse(file).name;
  const companions = fits.map(({ name, bytes }): Companion => ({ name, own: ownPart(name, stem), bytes }));
  return {
    ...model,
    labels: taken.labels,
    labelsFrom: taken.name,
    ...(taken.asWritten ? { labelsAsWritten: taken.asWritten } : {}),
    ...(companions.length ? { companions } : {}),
    warnings: other
      ? [...said, `${taken.name} and ${other.name} name the classes otherwise: took ${taken.name}`]
      : said,
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

async function besideModel(graph: Graph, file: string): Promise<{ found: Found[]; warnings: string[] }> {
  const found: Found[] = [];
  const warnings: string[] = [];
  for (const one of await labelFiles(file)) {
    const info = await stat(one).catch(() => null);
    const name = path.basename(one);
    if (!info?.isFile()) {
      const what = info?.isDirectory() ? 'a folder' : info ? 'no plain file' : 'a link that leads nowhere';
      warnings.push(unused(name, `it is ${what}`));
      continue;
    }
    const bytes = info.size > MOST ? null : await readRegular(one, MOST).catch(() => null);
    const {
      labels,
      asWritten,
      fault = labels ? undefined : otherFault(name, path.parse(file).name),
    } = bytes
      ? namesIn(graph, one, path.parse(file).name, bytes)
      : { fault: info.size > MOST ? `it is larger than ${MOST / 2 ** 20} MB` : "it can't be read" };
    if (fault && !/^config\.json$/i.test(name)) warnings.push(unused(name, fault));
    if (bytes && labels) found.push({ name, bytes, labels, asWritten });
  }
  return { found, warnings };
}

/** What is wrong with a file that can be read and names no classes; nothing, where it may be for other things. */
function otherFault(name: string, stem: string): string | undefined {
  return isForNames(name, stem) ? 'it holds no names that Espalier understands' : undefined;
}

function unused(name: string, fault: string): string {
  return `${name} was not used for class names: ${fault}`;
}

/** Names in an entry that somebody put into a .keras file; Keras' own entries have none. */
async function inArchive({
  graph,
  format,
  container,
  path: file,
}: LoadedModel): Promise<{ found?: Found; warnings: string[] }> {
  const warnings: string[] = [];
  const bytes = format === 'keras' ? container.files.get(ARCHIVE) : undefined;
  if (!bytes) return { warnings };
  const zip = await openZip(bytes, file);
  const named = zip.names
    .map((name) => ({ name, rank: labelRank(path.posix.basename(name), 'model') }))
    .filter(({ name, rank }) => rank !== null && name !== 'config.json' && zip.size(name) <= MOST)
    .sort((a, b) => a.rank! - b.rank!);
  for (const { name } of named) {
    const content = await zip.read(name);
    const { labels, asWritten, fault } = namesIn(graph, name, 'model', content);
    if (fault) warnings.push(unused(`${name} in ${path.basename(file)}`, fault));
    if (labels) return { found: { name, bytes: content, labels, asWritten }, warnings };
  }
  return { warnings };
}

/** The class names of a file, or what is wrong with it; neither in somebody else's. */
function namesIn(
  graph: Graph,
  file: string,
  stem: string,
  bytes: Uint8Array,
): { labels?: readonly string[]; asWritten?: readonly string[]; fault?: string } {
  const name = path.posix.basename(file.replaceAll(path.sep, '/'));
  const fits = (names: number): boolean => fit(graph, names);
  const text = textOf(bytes);
  if (text === undefined) return { fault: 'it is no text in UTF-8' };
  if (text.trim() === '') return { fault: 'it is empty' };
  if (/\.pbtxt$/i.test(name)) {
    const labels = namesInLabelMap(text);
    return labels ? { labels } : { fault: 'it holds no items with an id from 1 on and a name each' };
  }
  if (!/\.json$/i.test(name)) {
    const printed = nestsTooDeep(bytes) ? undefined : namesInPrinted(text, fits);
    const { names: labels, asWritten } = printed ? { names: printed } : { ...namesInText(text, fits) };
    // a table of this name is mostly one of pictures
    if (/\.csv$/i.test(name) && !fits(labels?.length ?? 0)) return {};
    return labels
      ? { labels, asWritten }
      : { fault: text.includes('\0') ? 'it is no text' : 'it holds comments alone' };
  }
  if (nestsTooDeep(bytes)) return { fault: 'its JSON is nested too deep' };
  let json: unknown;
  try {
    json = jsonIn(text);
  } catch (error) {
    const printed = namesInPrinted(text, fits);
    if (printed) return { labels: printed };
    return { fault: `it is not valid JSON (${(error as Error).message.split('\n')[0]})` };
  }
  const labels = namesInJson(json, fits, isForNames(name, stem));
  if (labels) return { labels };
  const key = labelKey(json);
  return {
    fault: key ? `its "${key}" is neither a list of names nor names with numbers 0, 1, 2, …` : undefined,
  };
}

/** @throws SyntaxError as of the text itself, where it is none without its comments either */
function jsonIn(text: string): unknown {
  try {
    return parsePythonJson(text);
  } catch (error) {
    try {
      return parsePythonJson(withoutComments(text));
    } catch {
      throw error;
    }
  }
}

/** UTF-8, or UTF-16 with its mark, as Windows' editors and PowerShell write it. */
function textOf(bytes: Uint8Array): string | undefined {
  const [a, b] = bytes;
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
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
