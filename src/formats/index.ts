import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { openRegular } from '../files/regular.ts';
import { InputError } from '../graph/errors.ts';
import type { Graph, Weights } from '../graph/types.ts';
import { keras } from './keras/index.ts';
import { asKeras2, namesModules } from './keras-dialect.ts';
import { kerasH5 } from './keras-h5/index.ts';
import { inKerasOrder } from './keras-order.ts';
import { withLabels } from './labels.ts';
import { tfjsLayers } from './tfjs-layers/index.ts';
import type { FormatName, LoadedModel, ModelFormat } from './types.ts';
import { isZipName, readZipped, writeZipped } from './zipped.ts';

export type { FormatName, LoadedModel } from './types.ts';
export { createNetwork, networkNames, networkSummary } from './networks/index.ts';
export type { NetworkOptions } from './networks/index.ts';

const formats: Readonly<Record<FormatName, ModelFormat>> = {
  'keras-h5': kerasH5,
  keras,
  'tfjs-layers': tfjsLayers,
};

const descriptions: Readonly<Record<FormatName, string>> = {
  'keras-h5': 'Keras HDF5 (.h5)',
  keras: 'Keras 3 (.keras)',
  'tfjs-layers': 'TensorFlow.js LayersModel (model.json)',
};

/**
 * Which of our formats a file (or a folder with a model.json) has, by its content.
 * @throws InputError where it is missing or none of ours, saying what it seems to be
 */
export async function describeFormat(file: string): Promise<{ format: FormatName; description: string }> {
  const format = await formatOf(file);
  return { format: format.name, description: descriptions[format.name] };
}

/**
 * Reads a model of any of our formats, with the class names that travel with it.
 * @param file .h5, .hdf5, .keras, model.json, the folder with a model.json, or a .zip of a model; the content decides
 * @throws InputError in one sentence for what can't be handled
 */
export async function loadModel(file: string): Promise<LoadedModel> {
  return (await readZipped(file, readModel)) ?? (await readModel(file));
}

async function readModel(file: string): Promise<LoadedModel> {
  const model = await (await formatOf(file)).read(file);
  return await withLabels(model, model.path);
}

/**
 * Writes a pruned or retrained network. The ending of `out` names the format (.h5, .hdf5, .keras, .json; a folder or
 * no ending: TensorFlow.js, if the source is that); in the source's own format all that isn't ours survives, in
 * another the network and its weights are written afresh, readable by Keras 2 and 3 and TensorFlow.js.
 * @param graph the source's, or what surgery made of it
 * @throws InputError where the ending names no format, or the file can't be written; nothing half-written is left
 */
export async function saveModel(
  source: LoadedModel,
  graph: Graph,
  weights: Weights,
  out: string,
): Promise<void> {
  const target = await outputFormat(out, source.format, source.zipped);
  if (source.zipped && isZipName(out)) {
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

/** The source as one that was never in a file, in the dialect and order that the other format's readers need. */
function converted(source: LoadedModel, target: FormatName): LoadedModel {
  const { kerasConfig } = source.container;
  // Keras 3's own dialect says more than Keras 2's can
  const keep = target === 'keras' && namesModules(kerasConfig);
  const config = keep ? kerasConfig : asKeras2(kerasConfig, source.path);
  return { ...source, container: { kerasConfig: inKerasOrder(config, source.path), files: new Map() } };
}

/**
 * The format in which a model would be written there.
 * @param zipped where the source came in a .zip, and so may go into one
 * @throws InputError where the name tells none
 */
export async function outputFormat(
  out: string,
  source: FormatName,
  zipped?: LoadedModel['zipped'],
): Promise<FormatName> {
  const ending = path.extname(out).toLowerCase();
  const folder = (await stat(out).catch(() => null))?.isDirectory() ?? /[\\/]$/.test(out);
  if (!folder) {
    if (ending === '.h5' || ending === '.hdf5') return 'keras-h5';
    if (ending === '.keras') return 'keras';
    if (ending === '.json') return 'tfjs-layers';
    if (isZipName(out) && zipped) return source;
    if (isZipName(out))
      throw new InputError(
        `can't write "${out}": only a model that came in a .zip goes into one; name a .h5, .keras or .json`,
      );
  }
  if (source === 'tfjs-layers' && (folder || ending === '')) return 'tfjs-layers';
  throw new InputError(
    `can't tell the format to write from "${out}"; name a file that ends in .h5, .keras or .json (TensorFlow.js)`,
  );
}

async function formatOf(file: string): Promise<ModelFormat> {
  const info = await stat(file).catch(() => null);
  if (!info) throw new InputError(`there is no model "${file}"`);
  if (!info.isFile() && !info.isDirectory())
    throw new InputError(`"${file}" is a pipe, a socket or a device, not a model; give a file or a folder`);
  const ending = path.extname(file).toLowerCase();
  if (info.isFile() && info.size > 0 && ending in foreign)
    throw new InputError(await refuseFile(file, info.size));
  for (const format of Object.values(formats)) if (await format.detect(file)) return format;
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
  '.onnx': 'an ONNX model',
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
};

async function refuseFile(file: string, size: number): Promise<string> {
  if (size === 0) return `"${file}" is empty`;
  const ending = path.extname(file).toLowerCase();
  const kind = foreign[ending] ?? (await magic(file));
  if (kind)
    return `"${file}" is ${kind}, which Espalier has no reader for; give a .h5, .keras or TensorFlow.js model`;
  const expected = endings[ending];
  if (expected)
    return `"${file}" is not ${expected}, as its name says, nor any other model that Espalier reads`;
  return `"${file}" is not a model that Espalier reads (.h5, .keras, TensorFlow.js model.json)`;
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
