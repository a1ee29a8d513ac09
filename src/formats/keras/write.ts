import type { Graph, Weights } from '../../graph/types.ts';
import { writeFileWhole } from '../files.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { pythonJson } from '../json/python-json.ts';
import { keepsCount } from '../keras-config/types.ts';
import { readModelSpec } from '../keras-config/spec.ts';
import { updateKerasConfig } from '../keras-config/write/update.ts';
import { makeHdf5, withHdf5 } from '../keras-h5/hdf5.ts';
import type { Hdf5Writer } from '../keras-h5/hdf5.ts';
import { copyFile } from '../keras-h5/copy.ts';
import { inKerasOrder } from '../keras-order.ts';
import type { LoadedModel } from '../types.ts';
import { valuesOf } from '../weights.ts';
import { asKerasFile } from '../keras-dialect.ts';
import { ARCHIVE, CONFIG, STORE } from './read.ts';
import { joinedByBackslash, withSlashes } from './slashes.ts';
import { findArrays, newStorePaths } from './store.ts';
import { makeZip, openZip } from './zip.ts';

/** What a file says of its writer where there was none before. No date, so that one network gives one file. */
const METADATA = JSON.stringify({ keras_version: '3.0.0' });

/**
 * Writes a .keras file. One that was read as such keeps its entries (assets, metadata) and everything in its store;
 * the optimizer's variables only while no shape has changed, since Keras then starts them afresh.
 * @throws InputError where it can't be written
 */
export async function writeKeras(
  source: LoadedModel,
  graph: Graph,
  weights: Weights,
  out: string,
): Promise<void> {
  const old = source.format === 'keras' ? source.container.files.get(ARCHIVE) : undefined;
  const entries = old ? await rewrite(source, old, graph, weights) : await fresh(source, graph, weights);
  await writeFileWhole(out, await makeZip(entries));
}

async function rewrite(
  source: LoadedModel,
  old: Uint8Array,
  graph: Graph,
  weights: Weights,
): Promise<Map<string, Uint8Array>> {
  const { kerasConfig } = source.container;
  const zip = await openZip(old, source.path);
  const parsed = parseKerasConfig(kerasConfig, source.path);
  const model = readModelSpec(kerasConfig, source.path);
  const sameShapes = Object.values(parsed.graph.params).every(
    ({ id, shape }) => shape.join() === graph.params[id]?.shape.join(),
  );
  const fill = await withHdf5(await zip.read(STORE), source.path, (h5) => {
    const params = new Map([...findArrays(h5, model, parsed, source.path)].map(([id, path]) => [path, id]));
    return copyFile(h5, source.path, {
      // the paths that Keras looks for on systems other than Windows
      moved: (name) => (joinedByBackslash(name) ? withSlashes(name) : undefined),
      replacement: (path) => {
        if (!sameShapes && /^\/optimizer(\\|$)/.test(path)) return 'drop';
        const id = params.get(path);
        return id === undefined ? 'keep' : valuesOf(graph, weights, id);
      },
    });
  });
  const config = updateKerasConfig(kerasConfig, graph);
  const text = new TextDecoder().decode(await zip.read(CONFIG));
  const entries = new Map<string, Uint8Array>();
  for (const name of zip.names) {
    if (name === CONFIG) entries.set(name, new TextEncoder().encode(pythonJson(config, text)));
    else if (name === STORE) entries.set(name, await makeHdf5(fill));
    else entries.set(name, await zip.read(name));
  }
  return entries;
}

async function fresh(source: LoadedModel, graph: Graph, weights: Weights): Promise<Map<string, Uint8Array>> {
  const ordered = inKerasOrder(source.container.kerasConfig, source.path);
  const config = asKerasFile(updateKerasConfig(ordered, graph));
  const model = readModelSpec(config, source.path);
  const paths = newStorePaths(model);
  const { layers } = parseKerasConfig(config, source.path);
  // tf_keras asks every model's group for its own variables, though it has none
  const models = new Set(['', ...[...paths.values()].flatMap(modelsAbove)]);
  const fill = (file: Hdf5Writer) => {
    for (const group of models) file.group(`${group}/vars`);
    for (const layer of layers) {
      const group = paths.get(layer.path);
      layer.params.forEach((param, i) => {
        const { shape, values } = valuesOf(graph, weights, param);
        file.dataset(`${group}/vars/${i}`, values, shape, '<f');
      });
      if (keepsCount(layer))
        file.dataset(`${group}/vars/${layer.params.length}`, new Int32Array(1), [], '<i');
      if (layer.params.length > 0) file.string(`${group}/vars`, 'name', layer.names[layer.names.length - 1]);
    }
  };
  const text = new TextEncoder();
  return new Map([
    ['metadata.json', text.encode(METADATA)],
    [CONFIG, text.encode(pythonJson(config))],
    [STORE, await makeHdf5(fill)],
  ]);
}

/** "/layers/functional/layers/conv2d" -> "/layers/functional": the groups of the models that a layer is in. */
function modelsAbove(path: string): string[] {
  const parts = path.split('/layers/');
  return parts.slice(1, -1).map((_, i) => parts.slice(0, i + 2).join('/layers/'));
}
