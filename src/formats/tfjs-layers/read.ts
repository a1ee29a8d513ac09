import { stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import type { Graph } from '../../graph/types.ts';
import { MAX_JSON_DEPTH, nestsTooDeep } from '../json/depth.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { readInput } from '../files.ts';
import { MAX_CONFIG } from '../limits.ts';
import { namesInJson } from '../label-names.ts';
import { collectWeights } from '../weights.ts';
import type { LoadedModel } from '../types.ts';
import { looksLikeTfjs, modelConfigOf, parseModelJson } from './model-json.ts';
import { matchNames } from './names.ts';
import { readShards } from './shards.ts';
import { decode } from './values.ts';
import { modelName } from '../keras-config/plain.ts';

/** model.json's own key in Container.files; every shard is there under its path in the manifest. */
export const jsonKey = 'model.json';

/** Whether a file, or the model.json in a folder, is a TensorFlow.js model by its content (a GraphModel too). */
export async function detectTfjs(input: string): Promise<boolean> {
  try {
    return looksLikeTfjs(await readJson(await jsonFile(input), 'model'));
  } catch {
    return false;
  }
}

/**
 * Reads a TensorFlow.js LayersModel: its model.json (or the folder with one) and the shards beside it. Quantised
 * weights are dequantised as TensorFlow.js does it.
 * @throws InputError for a GraphModel, other JSON, missing or short shards, weights that don't fit the layers
 */
export async function readTfjs(input: string): Promise<LoadedModel> {
  const file = await jsonFile(input);
  const text = await readInput(file, 'model', MAX_CONFIG);
  if (nestsTooDeep(text)) throw new InputError(`"${file}" is nested more than ${MAX_JSON_DEPTH} deep`);
  let raw: unknown;
  try {
    raw = parseJson(text);
  } catch {
    throw new InputError(`"${file}" is not JSON: it is damaged, or not a TensorFlow.js model`);
  }
  const json = parseModelJson(raw, file);
  const config = modelConfigOf(json);
  const { graph, layers, warnings } = parseKerasConfig(config, file);
  refuseOtherPixels(graph, file);
  const { weights: stored, shards } = await readShards(file, json);
  const model = new Map([...stored].filter(([, { spec }]) => spec.group !== 'optimizer'));
  const names = matchNames(layers, [...model.keys()], file);
  const weights = collectWeights(graph, file, (param) => {
    const name = names.get(param);
    const found = name === undefined ? undefined : model.get(name);
    return (
      found && {
        name: found.spec.name,
        shape: found.spec.shape,
        values: () => decode(found.spec, found.bytes),
      }
    );
  });
  const quantised = [...model.values()].find(({ spec }) => spec.quantization)?.spec.quantization?.dtype;
  return {
    format: 'tfjs-layers',
    path: file,
    name: modelName(config) ?? path.basename(path.dirname(path.resolve(file))),
    graph,
    weights,
    warnings: quantised
      ? [
          ...warnings,
          `weights are quantised to ${quantised}: those of which channels are only removed stay so, retrained ones are written as float32`,
        ]
      : warnings,
    labels: namesInJson(json.userDefinedMetadata),
    container: { kerasConfig: config, files: new Map([[jsonKey, text], ...shards]) },
  };
}

/** TensorFlow.js resizes and crops by other pixels than Keras (aligned corners), so that no two answers would agree. */
function refuseOtherPixels(graph: Graph, file: string): void {
  const other = graph.nodes.find(
    ({ op, layerType }) => op.kind === 'resize' || (op.kind === 'crop' && layerType === 'CenterCrop'),
  );
  if (other)
    throw new InputError(
      `"${file}": layer "${other.layer}" (${other.layerType}) changes the size of its input, which TensorFlow.js does by other pixels than Keras, and Espalier only as Keras does; give the network its own size`,
    );
}

async function readJson(file: string, what: string): Promise<unknown> {
  return parseJson(await readInput(file, what, MAX_CONFIG));
}

/** JSON in UTF-8, with or without the mark (BOM) that some editors put before it. */
export function parseJson(text: Uint8Array): unknown {
  if (nestsTooDeep(text)) throw new SyntaxError('nested too deep');
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
}

/** The model.json of a folder; any other path as it is. */
async function jsonFile(input: string): Promise<string> {
  const folder = (await stat(input).catch(() => null))?.isDirectory();
  return folder ? path.join(input, 'model.json') : input;
}
