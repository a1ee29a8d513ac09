import type { Graph, Weights } from '../../graph/types.ts';
import { writeFileWhole } from '../files.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { pythonJson } from '../json/python-json.ts';
import { keepsCount } from '../keras-config/types.ts';
import type { ParsedConfig } from '../keras-config/types.ts';
import { updateKerasConfig } from '../keras-config/write/update.ts';
import type { LoadedModel } from '../types.ts';
import { valuesOf } from '../weights.ts';
import { copyFile, writeList } from './copy.ts';
import type { Step } from './copy.ts';
import type { Hdf5, Hdf5Writer } from './hdf5.ts';
import { makeHdf5, withHdf5 } from './hdf5.ts';
import { matchArrays, savedOrder, topLevel } from './match.ts';
import { H5_FILE, weightsRoot } from './read.ts';

/**
 * Writes the network as a Keras HDF5 file: the source's own structure with new arrays and sizes. training_config
 * stays, so that Keras can load the model compiled. The optimizer's state is dropped: its arrays have the old
 * shapes, and Keras starts a fresh optimizer where there are none.
 * @throws InputError where the file can't be written
 */
export async function writeKerasH5(
  source: LoadedModel,
  graph: Graph,
  weights: Weights,
  out: string,
): Promise<void> {
  const config = updateKerasConfig(source.container.kerasConfig, graph);
  const parsed = parseKerasConfig(source.container.kerasConfig, source.path);
  const bytes = source.container.files.get(H5_FILE);
  const fill = bytes
    ? await withHdf5(bytes, source.path, (h5) => copyWith(h5, source.path, config, parsed, graph, weights))
    : (file: Hdf5Writer) => writeNew(file, config, parsed, graph, weights);
  const written = await makeHdf5(fill);
  await writeFileWhole(out, written);
}

/** Reads what is to be kept while the source is open; the step that comes back makes the new file from it. */
function copyWith(
  h5: Hdf5,
  where: string,
  config: unknown,
  parsed: ParsedConfig,
  graph: Graph,
  weights: Weights,
): Step {
  const arrays = new Map<string, string>();
  for (const [id, array] of matchArrays(h5, weightsRoot(h5, where), parsed, where))
    arrays.set(array.path, id);
  const text = h5.strings('/', 'model_config')![0];
  const rest = copyFile(h5, where, {
    attribute: (path, name) => path !== '' || name !== 'model_config',
    replacement: (path) => {
      if (path === '/optimizer_weights') return 'drop';
      const id = arrays.get(path);
      return id === undefined ? 'keep' : valuesOf(graph, weights, id);
    },
  });
  return (file) => {
    file.string('', 'model_config', pythonJson(config, text));
    rest(file);
  };
}

/** A file for a network that was not read from one, as Keras 2 lays it out; Keras 3 reads the same. */
function writeNew(
  file: Hdf5Writer,
  config: unknown,
  parsed: ParsedConfig,
  graph: Graph,
  weights: Weights,
): void {
  const version = '2.15.0';
  file.string('', 'keras_version', version);
  file.string('', 'backend', 'tensorflow');
  file.string('', 'model_config', pythonJson(config));
  const root = '/model_weights';
  file.group(root);
  file.string(root, 'keras_version', version);
  file.string(root, 'backend', 'tensorflow');
  const groups = topLevel(parsed);
  writeList(
    file,
    root,
    'layer_names',
    groups.map((g) => g.name),
  );
  for (const { name, layers } of groups) {
    const names = new Map<string, string>();
    /** last parameter of a layer -> name of the count behind it */
    const counts = new Map<string, string>();
    for (const layer of layers) {
      const inside = layer.names.length > 1 ? layer.names.slice(1) : layer.names;
      for (const id of layer.params) names.set(id, `${inside.join('/')}${id.slice(id.lastIndexOf('/'))}:0`);
      if (keepsCount(layer)) counts.set(layer.params.at(-1)!, `${inside.join('/')}/count:0`);
    }
    const order = savedOrder([...names.keys()].map((id) => parsed.graph.params[id])).map((p) => p.id);
    file.group(`${root}/${name}`);
    writeList(
      file,
      `${root}/${name}`,
      'weight_names',
      order.flatMap((id) => [names.get(id)!, ...(counts.has(id) ? [counts.get(id)!] : [])]),
    );
    for (const id of order) {
      const { shape, values } = valuesOf(graph, weights, id);
      file.dataset(`${root}/${name}/${names.get(id)!}`, values, shape, '<f');
      const count = counts.get(id);
      if (count !== undefined) file.dataset(`${root}/${name}/${count}`, new BigInt64Array(1), [], '<q');
    }
  }
}
