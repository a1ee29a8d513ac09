import { InputError } from '../../graph/errors.ts';
import { sizeOf } from '../../graph/shapes.ts';
import type { Graph, Weights } from '../../graph/types.ts';
import { writeFileWhole } from '../files.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { pythonJson } from '../json/python-json.ts';
import { keepsCount } from '../keras-config/types.ts';
import type { ParsedConfig } from '../keras-config/types.ts';
import { updateKerasConfig } from '../keras-config/write/update.ts';
import type { LoadedModel } from '../types.ts';
import { toFloat32 } from './floats.ts';
import type { Hdf5, Hdf5Writer } from './hdf5.ts';
import type { Meta } from './hdf5-module.ts';
import { makeHdf5, stringSize, withHdf5 } from './hdf5.ts';
import { FLOAT, INTEGER, STRING } from './hdf5-module.ts';
import { matchArrays, savedOrder, topLevel } from './match.ts';
import { H5_FILE, weightsRoot } from './read.ts';

/** HDF5 stores no attribute of fixed size above 64 kB; Keras' own limit leaves room for its header. */
const ATTRIBUTE_LIMIT = 64512;

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

/** The array of a parameter, checked against its shape. */
function values(
  graph: Graph,
  weights: Weights,
  id: string,
): { shape: readonly number[]; data: Float32Array } {
  const shape = graph.params[id]?.shape;
  const data = weights.get(id);
  if (!shape || !data || data.length !== sizeOf(shape))
    throw new InputError(`the network to write has no weights that fit "${id}"`);
  return { shape, data };
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
  const steps: Step[] = [];
  const attributes = (path: string) => {
    for (const name of h5.attributeNames(path === '' ? '/' : path)) {
      if (path === '' && name === 'model_config') continue;
      const step = copyAttribute(h5, path, name);
      if (step) steps.push(step);
    }
  };
  const visit = (path: string, depth: number) => {
    if (depth > 100) throw new InputError(`${where}: its groups are nested more than 100 deep`);
    attributes(path);
    for (const name of h5.names(path === '' ? '/' : path)) {
      const child = `${path}/${name}`;
      if (child === '/optimizer_weights') continue;
      const kind = h5.kind(child);
      if (kind === 'group') {
        steps.push((file) => file.group(child));
        visit(child, depth + 1);
      } else if (kind === 'dataset') {
        const id = arrays.get(child);
        if (id === undefined) {
          const step = copyDataset(h5, child);
          if (step) steps.push(step);
        } else {
          const { shape, data } = values(graph, weights, id);
          steps.push((file) => file.dataset(child, data, shape, '<f'));
        }
        attributes(child);
      }
    }
  };
  const text = h5.strings('/', 'model_config')![0];
  steps.push((file) => file.string('', 'model_config', pythonJson(config, text)));
  visit('', 0);
  return (file) => steps.forEach((step) => step(file));
}

export type Step = (file: Hdf5Writer) => void;

/** An attribute as it is. @param to where it goes, if not to the same path */
export function copyAttribute(h5: Hdf5, path: string, name: string, to = path): Step | undefined {
  const at = path === '' ? '/' : path;
  const meta = h5.attributeMeta(at, name);
  if (meta.type === STRING) {
    const list = h5.strings(at, name) ?? [];
    const scalar = meta.shape?.length === 0;
    return (file) => (scalar ? file.string(to, name, list[0] ?? '') : writeList(file, to, name, list));
  }
  if (meta.total_size === 0) return (file) => file.strings(to, name, []);
  const numbers = typed(h5.numbers(at, name, meta), meta);
  return numbers && ((file) => file.numbers(to, name, numbers.data, numbers.shape, numbers.dtype));
}

/** An array that is no parameter: the state of a random generator, or what somebody else put there. */
export function copyDataset(h5: Hdf5, path: string, to = path): Step | undefined {
  const meta = h5.dataset(path);
  if (meta.type !== FLOAT && meta.type !== INTEGER) return undefined;
  const numbers = typed(h5.bytes(path, meta), meta);
  return numbers && ((file) => file.dataset(to, numbers.data, numbers.shape, numbers.dtype));
}

function typed(bytes: Uint8Array, meta: Meta) {
  const shape = (meta.shape ?? []).map(Number);
  const aligned = bytes.slice().buffer;
  if (meta.littleEndian && meta.type === INTEGER && meta.size === 8)
    return meta.signed
      ? { data: new BigInt64Array(aligned), shape, dtype: '<q' }
      : { data: new BigUint64Array(aligned), shape, dtype: '<Q' };
  if (meta.littleEndian && meta.type === INTEGER && meta.size === 4 && meta.signed)
    return { data: new Int32Array(aligned), shape, dtype: '<i' };
  if (meta.littleEndian && meta.type === FLOAT && meta.size === 8)
    return { data: new Float64Array(aligned), shape, dtype: '<d' };
  const data = toFloat32(bytes, meta);
  return data && { data, shape, dtype: '<f' };
}

/** A list of strings, split as Keras does (name0, name1, ...) where it is over HDF5's 64 kB. */
function writeList(file: Hdf5Writer, path: string, name: string, list: readonly string[]): void {
  if (list.length === 0 || stringSize(list) * list.length <= ATTRIBUTE_LIMIT)
    return file.strings(path, name, list);
  const perPart = Math.max(1, Math.floor(ATTRIBUTE_LIMIT / stringSize(list)));
  for (let at = 0, part = 0; at < list.length; at += perPart, part++)
    file.strings(path, `${name}${part}`, list.slice(at, at + perPart));
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
      const { shape, data } = values(graph, weights, id);
      file.dataset(`${root}/${name}/${names.get(id)!}`, data, shape, '<f');
      const count = counts.get(id);
      if (count !== undefined) file.dataset(`${root}/${name}/${count}`, new BigInt64Array(1), [], '<q');
    }
  }
}
