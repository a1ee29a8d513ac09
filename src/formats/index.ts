import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileError, openRegular } from '../files/regular.ts';
import { InputError } from '../graph/errors.ts';
import type { Graph, Weights } from '../graph/types.ts';
import { keras } from './keras/index.ts';
import { asKeras2, namesModules } from './keras-dialect.ts';
import { isKeras3, parseKerasConfig } from './keras-config/parse.ts';
import { readModelSpec } from './keras-config/spec.ts';
import { kerasH5 } from './keras-h5/index.ts';
import { inKerasOrder } from './keras-order.ts';
import { withLabels } from './labels.ts';
import { refuseOtherwise } from './readers.ts';
import type { Reader } from './readers.ts';
import { asTfjs } from './tfjs-layers/dialect.ts';
import { tfjsLayers } from './tfjs-layers/index.ts';
import { weightOwners } from './tfjs-layers/names.ts';
import { onnx } from './onnx/index.ts';
import type { LoadedModel, ModelFormat } from './types.ts';
import { kerasRefusal, withFixed } from './writable.ts';
import { formatInZip, isZipName, readZipped, writeZipped } from './zipped.ts';
import type { FormatName } from '../terms/written.ts';

export type { LoadedModel } from './types.ts';
export { createNetwork, networkNames, networkSummary } from './networks/index.ts';
export type { NetworkOptions } from './networks/index.ts';

const formats: Readonly<Record<FormatName, ModelFormat>> = {
  'keras-h5': kerasH5,
  keras,
  'tfjs-layers': tfjsLayers,
  onnx,
};

const descriptions: Readonly<Record<FormatName, string>> = {
  'keras-h5': 'Keras HDF5 (.h5)',
  keras: 'Keras 3 (.keras)',
  'tfjs-layers': 'TensorFlow.js LayersModel (model.json)',
  onnx: 'ONNX (.onnx)',
};

/**
 * Which of our formats a file (or a folder with a model.json) has, by its content.
 * @throws InputError where it is missing or none of ours, saying what it seems to be
 */
export async function describeFormat(file: string): Promise<{ format: FormatName; description: string }> {
  const format = (await formatInZip(file)) ?? (await formatOf(file)).name;
  return { format, description: descriptions[format] };
}

/**
 * Reads a model of any of our formats, with the class names that travel with it.
 * @param file .h5, .hdf5, .keras, .onnx, model.json, the folder with a model.json, or a .zip of a model; the content decides
 * @throws InputError in one sentence for what can't be handled
 */
export async function loadModel(file: string): Promise<LoadedModel> {
  return (await readZipped(file, readModel)) ?? (await readModel(file));
}

async function readModel(file: string): Promise<LoadedModel> {
  const format = await formatOf(file);
  const read = await format.read(file);
  const refusal = format.refusal?.(read) ?? kerasRefusal(read);
  const model = { ...read, graph: withFixed(read, refusal) };
  const misnamed = otherEnding(model);
  const warned = misnamed === undefined ? model : { ...model, warnings: [...model.warnings, misnamed] };
  return await withLabels(warned, warned.path);
}

/** What is to be known of a file that is called like one of another format. */
function otherEnding({ path: file, format }: LoadedModel): string | undefined {
  const ending = path.extname(file).toLowerCase();
  if (format === 'keras-h5' && ending === '.keras')
    return 'it is an HDF5 file, as TensorFlow up to 2.11 wrote under the ending .keras, and is written as one again: Keras 2 loads it; for Keras 3 call it .h5';
  if (format === 'keras' && ending !== '.keras')
    return `it is a Keras 3 zip file and is written as one again, but Keras loads it only if its name ends in .keras${ending && `, not in ${ending}`}`;
  return undefined;
}

/**
 * Writes a pruned or retrained network: in the format that it was read in, whatever that file is called, where `out`
 * has the same ending; else the ending names the format (see outputFormat). In the source's own format all that isn't
 * ours survives, in another the network and its weights are written afresh, readable by Keras 2 and 3 and TensorFlow.js.
 * @param graph the source's, or what surgery made of it
 * @throws InputError where the ending names no format, or the file can't be written; nothing half-written is left
 */
export async function saveModel(
  source: LoadedModel,
  graph: Graph,
  weights: Weights,
  out: string,
): Promise<void> {
  const target = await formatNamed(out, source);
  if (goesInZip(source, out)) {
    const { zipped, ...bare } = source;
    return await writeZipped(zipped, out, (file) => saveModel(bare, graph, weights, file));
  }
  await formats[target].write(
    target === source.format ? source : converted(source, target),
    graph,
    weights,
    out,
  );
}

function goesInZip(
  source: LoadedModel,
  out: string,
): source is LoadedModel & Required<Pick<LoadedModel, 'zipped'>> {
  return source.zipped !== undefined && isZipName(out);
}

/**
 * What a model would be written in there: its format, and whether in a .zip. One network is the same bytes in two files
 * only where this is the same.
 * @throws InputError as outputFormat
 */
export async function containerFor(out: string, source: LoadedModel): Promise<string> {
  const format = await outputFormat(out, source);
  return goesInZip(source, out) ? `${format} in a .zip` : format;
}

/**
 * The source as one that was never in a file, in the dialect and order that the other format's readers need: a file
 * that one Keras' network goes into must be the same to the other, but for those that it can't read anyway.
 */
function converted(source: LoadedModel, target: FormatName): LoadedModel {
  if (source.format === 'onnx' || target === 'onnx')
    throw new InputError(
      `"${source.path}" can't be written as ${descriptions[target]}: ${source.format === 'onnx' ? 'an ONNX model stays one' : 'only an ONNX model is written as one'}`,
    );
  const { kerasConfig } = source.container;
  const { path: file } = source;
  const three = isKeras3(readModelSpec(kerasConfig, file));
  // Keras 3's own dialect says more than Keras 2's can
  const keep = target === 'keras' && namesModules(kerasConfig) && three;
  const config = keep ? kerasConfig : asKeras2(kerasConfig, file, target === 'keras' && three ? 3 : 2);
  const readers = readersOf(target, three);
  if (!keep) refuseOtherwise(config, kerasConfig, readers, file);
  return { ...source, container: { kerasConfig: inKerasOrder(config, file), files: new Map() } };
}

function readersOf(target: FormatName, three: boolean): readonly Reader[] {
  if (target === 'tfjs-layers') return ['tfjs'];
  if (target === 'keras' && three) return ['keras3'];
  // what Keras 2 writes to HDF5 itself, Keras 3 may take for something else, too
  return target === 'keras-h5' && !three ? ['keras2'] : ['keras2', 'keras3'];
}

/**
 * The format in which a model would be written there: its own, where the file is called as it is (old Keras wrote HDF5
 * under .keras, and others without any ending); else what the ending means (.h5, .hdf5, .keras, .json; a folder or no
 * ending: TensorFlow.js, if the source is that).
 * @throws InputError where the name tells none, or another format can't hold the network
 */
export async function outputFormat(out: string, source: LoadedModel): Promise<FormatName> {
  const format = await formatNamed(out, source);
  if (format === source.format) return format;
  const { path: file, container } = converted(source, format);
  if (format === 'tfjs-layers') {
    asTfjs(container.kerasConfig, file, source.graph);
    weightOwners(parseKerasConfig(container.kerasConfig, file).layers, file);
  }
  return format;
}

async function formatNamed(out: string, source: LoadedModel): Promise<FormatName> {
  const ending = path.extname(out).toLowerCase();
  const folder = (await stat(out).catch(() => null))?.isDirectory() ?? /[\\/]$/.test(out);
  if (!folder) {
    const read = source.container.files.size > 0;
    if (read && ending === path.extname(source.path).toLowerCase()) return source.format;
    if (ending === '.h5' || ending === '.hdf5') return 'keras-h5';
    if (ending === '.keras') return 'keras';
    if (ending === '.json') return 'tfjs-layers';
    if (ending === '.onnx') return 'onnx';
    if (isZipName(out) && source.zipped) return source.format;
    if (isZipName(out))
      throw new InputError(
        `can't write "${out}": only a model that came in a .zip goes into one; name a .h5, .keras or .json`,
      );
  }
  if (source.format === 'tfjs-layers' && (folder || ending === '')) return 'tfjs-layers';
  throw new InputError(
    `can't tell the format to write from "${out}"; name a file that ends in .h5, .keras or .json (TensorFlow.js)`,
  );
}

async function formatOf(file: string): Promise<ModelFormat> {
  const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new InputError(`there is no model "${file}"`);
    throw fileError(error, `can't read the model "${file}"`);
  });
  if (!info.isFile() && !info.isDirectory())
    throw new InputError(`"${file}" is a pipe, a socket or a device, not a model; give a file or a folder`);
  const ending = path.extname(file).toLowerCase();
  // by its name alone, since some of these are zips too; HDF5 is none of them, however it is called
  if (info.isFile() && info.size > 0 && ending in foreign && !(await kerasH5.detect(file)))
    throw new InputError(await refuseFile(file, info.size));
  // a zip first: the HDF5 file that it holds may lie where HDF5 looks for a signature behind a user block
  for (const format of [formats.keras, formats['keras-h5'], formats['tfjs-layers'], formats.onnx])
    if (await format.detect(file)) return format;
  // its reader tells the kinds of JSON apart
  if (info.isFile() && info.size > 0 && ending === '.json') return tfjsLayers;
  throw new InputError(info.isDirectory() ? await refuseFolder(file) : await refuseFile(file, info.size));
}

async function refuseFolder(folder: string): Promise<string> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes('saved_model.pb'))
    return `"${folder}" is a TensorFlow SavedModel, which Espalier has no reader for; save the model as .h5 or .keras`;
  if (names.includes('config.json') && names.some((n) => n.startsWith('model.weights')))
    return `"${folder}" is an unzipped Keras model; save it as one .keras file`;
  return `"${folder}" is a folder without a model.json that is a TensorFlow.js model`;
}

const foreign: Readonly<Record<string, string>> = {
  '.tflite': 'a TensorFlow Lite model',
  '.pb': 'a frozen TensorFlow graph',
  '.pt': 'a PyTorch checkpoint',
  '.pth': 'a PyTorch checkpoint',
  '.safetensors': 'a weights file without topology',
  '.npz': 'a weights file without topology',
};

const endings: Readonly<Record<string, string>> = {
  '.h5': 'an HDF5 file',
  '.hdf5': 'an HDF5 file',
  '.keras': 'a Keras zip file',
  '.onnx': 'an ONNX file',
};

async function refuseFile(file: string, size: number): Promise<string> {
  if (size === 0) return `"${file}" is empty`;
  const ending = path.extname(file).toLowerCase();
  const kind = foreign[ending] ?? (await magic(file));
  if (kind)
    return `"${file}" is ${kind}, which Espalier has no reader for; give a .h5, .keras, .onnx or TensorFlow.js model`;
  const expected = endings[ending];
  if (expected)
    return `"${file}" is not ${expected}, as its name says, nor any other model that Espalier reads`;
  return `"${file}" is not a model that Espalier reads (.h5, .keras, .onnx, TensorFlow.js model.json)`;
}

async function magic(file: string): Promise<string | undefined> {
  const opened = await openRegular(file).catch(() => null);
  if (!opened) return undefined;
  const { handle } = opened;
  try {
    const { buffer } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.toString('latin1', 4, 8) === 'TFL3' ? foreign['.tflite'] : undefined;
  } finally {
    await handle.close();
  }
}
