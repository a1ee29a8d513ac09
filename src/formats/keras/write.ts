import { InputError } from '../../graph/errors.ts';
import type { Graph, Weights } from '../../graph/types.ts';
import { writeFileWhole } from '../files.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { pythonJson } from '../json/python-json.ts';
import { keepsCount } from '../keras-config/types.ts';
import { readModelSpec } from '../keras-config/spec.ts';
import { updateKerasConfig } from '../keras-config/write/update.ts';
import { makeHdf5, withHdf5 } from '../keras-h5/hdf5.ts';
import type { Hdf5, Hdf5Writer } from '../keras-h5/hdf5.ts';
import { copyAttribute, copyDataset } from '../keras-h5/write.ts';
import type { Step } from '../keras-h5/write.ts';
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
    return copyStore(h5, source.path, (path) => {
      if (!sameShapes && /^\/optimizer(\\|$)/.test(path)) return 'drop';
      const id = params.get(path);
      return id === undefined ? 'keep' : valuesOf(graph, weights, id);
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

type Replacement = 'keep' | 'drop' | { readonly shape: readonly number[]; readonly values: Float32Array };

/**
 * Everything of a store, with some arrays replaced; what is to be kept is read now, and written by the step. Groups that
 * Windows named with backslashes get the paths that Keras looks for elsewhere, and keep that name as a second one.
 */
function copyStore(h5: Hdf5, where: string, replacement: (path: string) => Replacement): Step {
  const steps: Step[] = [];
  const links: Step[] = [];
  const push = (step: Step | undefined) => step && steps.push(step);
  const visit = (path: string, to: string, depth: number): void => {
    if (depth > 200) throw new InputError(`"${where}": its groups are nested more than 200 deep`);
    for (const name of h5.attributeNames(path || '/')) push(copyAttribute(h5, path, name, to));
    for (const name of h5.names(path || '/')) {
      const child = `${path}/${name}`;
      const windows = path === '' && joinedByBackslash(name);
      const target = windows ? withSlashes(name) : `${to}/${name}`;
      const replaced = replacement(child);
      if (replaced === 'drop') continue;
      if (windows) links.push((file) => file.link(target, name));
      // what has both names already is one group
      if (windows && h5.kind(target) !== undefined) continue;
      const kind = h5.kind(child);
      if (kind === 'group') {
        steps.push((file) => file.group(target));
        visit(child, target, depth + 1);
      } else if (kind === 'dataset') {
        push(
          replaced === 'keep'
            ? copyDataset(h5, child, target)
            : (file) => file.dataset(target, replaced.values, replaced.shape, '<f'),
        );
        for (const attribute of h5.attributeNames(child)) {
          // a replaced array is float32, whatever the old one was
          if (replaced === 'keep' || attribute !== 'dtype') push(copyAttribute(h5, child, attribute, target));
        }
      }
    }
  };
  visit('', '', 0);
  return (file) => [...steps, ...links].forEach((step) => step(file));
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
