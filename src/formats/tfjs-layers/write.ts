import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Graph, Weights } from '../../graph/types.ts';
import { readInput, writeFiles } from '../files.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { updateKerasConfig } from '../keras-config/write/update.ts';
import type { LayerWeights } from '../keras-config/types.ts';
import type { LoadedModel } from '../types.ts';
import { valuesOf } from '../weights.ts';
import { asTfjs } from './dialect.ts';
import { parseModelJson, withModelConfig } from './model-json.ts';
import type { ModelJson, WeightSpec } from './model-json.ts';
import { matchNames, variableName, weightOwners } from './names.ts';
import { jsonKey, parseJson } from './read.ts';
import { MAX_CONFIG } from '../limits.ts';
import { splitGroup } from './shards.ts';
import type { StoredWeight } from './shards.ts';
import { byteLength, encode } from './values.ts';

/**
 * Writes a TensorFlow.js LayersModel: shards first, model.json last. A model that was read as one keeps its weight
 * names, groups, shard names and everything else in its model.json; a weight stays quantised where no value left its
 * quantisation grid (channels were only removed), else it becomes float32. The optimizer's state is kept only while
 * no shape has changed.
 * @param out the model.json, or the folder for one
 * @throws InputError where it can't be written, or where two layers of nested models have one name
 */
export async function writeTfjs(
  source: LoadedModel,
  graph: Graph,
  weights: Weights,
  out: string,
): Promise<void> {
  const file = await jsonTarget(out);
  const old = source.format === 'tfjs-layers' ? source.container.files.get(jsonKey) : undefined;
  const config = updateKerasConfig(source.container.kerasConfig, graph);
  const { layers } = parseKerasConfig(config, source.path);
  const { json, files } = old
    ? rewrite(parseModelJson(JSON.parse(new TextDecoder().decode(old)), source.path), source, config, layers)
    : fresh(source, config, layers);
  const renamed = await avoidOthersShards(file, json, files);
  const folder = path.dirname(file);
  await writeFiles([
    ...renamed.files.map(([name, bytes]) => [path.join(folder, name), bytes] as const),
    [file, new TextEncoder().encode(JSON.stringify(renamed.json))],
  ]);

  function rewrite(
    json: ModelJson,
    source: LoadedModel,
    config: unknown,
    layers: readonly LayerWeights[],
  ): Files {
    const specs = json.weightsManifest.flatMap((g) => g.weights).filter((s) => s.group !== 'optimizer');
    const paramOf = new Map(
      [
        ...matchNames(
          layers,
          specs.map((s) => s.name),
          source.path,
        ),
      ].map(([param, name]) => [name, param]),
    );
    const sameShapes = specs.every((s) => {
      const shape = graph.params[paramOf.get(s.name)!].shape;
      return shape.length === s.shape.length && shape.every((d, i) => d === s.shape[i]);
    });
    const manifest = json.weightsManifest.map((g, i) => {
      const whole = Buffer.concat(g.paths.map((name) => source.container.files.get(name)!));
      const stored: StoredWeight[] = [];
      let offset = 0;
      for (const spec of g.weights) {
        const bytes = whole.subarray(offset, (offset += byteLength(spec)));
        if (spec.group !== 'optimizer') {
          const { shape, values } = valuesOf(graph, weights, paramOf.get(spec.name)!);
          stored.push(encode(spec, values, shape));
        } else if (sameShapes) stored.push({ spec, bytes });
      }
      return splitGroup(stored, g.paths.every(isShardName) ? g.paths : undefined, i + 1);
    });
    return {
      json: { ...withModelConfig(json, config), weightsManifest: manifest.map((m) => m.group) },
      files: manifest.flatMap((m) => m.files),
    };
  }

  function fresh(source: LoadedModel, config: unknown, layers: readonly LayerWeights[]): Files {
    const stored: StoredWeight[] = [];
    const owners = weightOwners(layers, source.path);
    for (const layer of layers) {
      for (const param of layer.params) {
        const { shape, values } = valuesOf(graph, weights, param);
        const spec: WeightSpec = {
          name: `${owners.get(layer.path)}/${variableName(param)}`,
          shape: [...shape],
          dtype: 'float32',
        };
        stored.push(encode(spec, values, shape));
      }
    }
    const { group, files } = splitGroup(stored, undefined, 1);
    const json: ModelJson = {
      format: 'layers-model',
      generatedBy: 'espalier',
      convertedBy: null,
      modelTopology: { backend: 'tensorflow', model_config: asTfjs(config, source.path, graph) },
      weightsManifest: [group],
      ...(source.labels ? { userDefinedMetadata: { labels: source.labels } } : {}),
    };
    return { json, files };
  }
}

interface Files {
  readonly json: ModelJson;
  readonly files: readonly (readonly [string, Uint8Array])[];
}

/** A name that is written again: what isn't called like weights, or hides, may be somebody's settings or code. */
function isShardName(name: string): boolean {
  const hides = (part: string) => part.startsWith('.') && part !== '.';
  return !name.split(/[\\/]/).some(hides) && /^(\.bin)?$/i.test(path.extname(name));
}

async function jsonTarget(out: string): Promise<string> {
  const folder = (await stat(out).catch(() => null))?.isDirectory();
  return folder || !/\.json$/i.test(out) ? path.join(out, 'model.json') : out;
}

/**
 * A second model in a folder must not overwrite the first one's shards: where a shard's file is there and the model
 * that is being replaced doesn't name it, the new shards take the model's own name as a prefix.
 */
async function avoidOthersShards(file: string, json: ModelJson, files: Files['files']): Promise<Files> {
  const folder = path.dirname(file);
  const own = await shardsOf(file);
  const taken = async (name: string) =>
    !own.has(path.normalize(name)) && (await stat(path.join(folder, name)).catch(() => null)) !== null;
  const collides = (await Promise.all(files.map(([name]) => taken(name)))).some(Boolean);
  if (!collides) return { json, files };
  const prefix = path.basename(file, path.extname(file));
  const rename = (name: string) =>
    path.posix.join(path.posix.dirname(name), `${prefix}-${path.posix.basename(name)}`);
  return {
    json: {
      ...json,
      weightsManifest: json.weightsManifest.map((g) => ({ ...g, paths: g.paths.map(rename) })),
    },
    files: files.map(([name, bytes]) => [rename(name), bytes] as const),
  };
}

async function shardsOf(file: string): Promise<Set<string>> {
  try {
    const json = parseModelJson(parseJson(await readInput(file, 'model', MAX_CONFIG)), file);
    return new Set(json.weightsManifest.flatMap((g) => g.paths.map((name) => path.normalize(name))));
  } catch {
    return new Set();
  }
}
