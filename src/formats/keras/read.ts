import path from 'node:path';
import { openRegular } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import { readInput } from '../files.ts';
import { MAX_JSON_DEPTH, nestsTooDeep } from '../json/depth.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { unwrapPruning, unwrappedWarning } from '../keras-config/pruning-wrappers.ts';
import { parsePythonJson } from '../json/python-json.ts';
import { readModelSpec } from '../keras-config/spec.ts';
import { type Hdf5, withHdf5 } from '../keras-h5/hdf5.ts';
import { inWords, MAX_CONFIG, roomFor } from '../limits.ts';
import type { LoadedModel } from '../types.ts';
import { collectWeights } from '../weights.ts';
import { findMasks, maskedBy } from './masks.ts';
import { findArrays } from './store.ts';
import { openZip } from './zip.ts';

export const CONFIG = 'config.json';
export const STORE = 'model.weights.h5';

/** Role of the file's bytes in Container.files. */
export const ARCHIVE = 'zip';

/** Whether a file begins as a zip archive does. */
export async function isZip(file: string): Promise<boolean> {
  const opened = await openRegular(file).catch(() => undefined);
  if (!opened) return false;
  try {
    const { bytesRead, buffer } = await opened.handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.readUInt32LE(0) === 0x04034b50;
  } catch {
    return false;
  } finally {
    await opened.handle.close();
  }
}

/**
 * Reads a .keras file (the zip of Keras 3, and of tf.keras from 2.12): config.json and model.weights.h5.
 * @throws InputError in one sentence for what is no such file, is damaged, or can't be executed
 */
export async function readKeras(file: string): Promise<LoadedModel> {
  const bytes = await readInput(file, 'model');
  if (bytes.length === 0) throw new InputError(`"${file}" is empty`);
  const zip = await openZip(bytes, file);
  if (!zip.names.includes(CONFIG))
    throw new InputError(`"${file}" is a zip file, but not a Keras model (it has no ${CONFIG})`);
  if (!zip.names.includes(STORE)) {
    const other = zip.names.find((name) => name.startsWith('model.weights'));
    throw new InputError(
      other
        ? `"${file}" keeps its weights in ${other}, which Espalier does not read; load it in Keras and save it again in one .keras file`
        : `"${file}" holds a network's topology but no weights (no ${STORE})`,
    );
  }
  if (zip.size(CONFIG) > MAX_CONFIG)
    throw new InputError(
      `"${file}": its ${CONFIG} is larger than ${inWords(MAX_CONFIG)}, more than any network's configuration`,
    );
  const config = await zip.read(CONFIG);
  if (nestsTooDeep(config))
    throw new InputError(`"${file}": its ${CONFIG} is nested more than ${MAX_JSON_DEPTH} deep`);
  let written: unknown;
  try {
    written = parsePythonJson(new TextDecoder('utf-8', { fatal: true }).decode(config));
  } catch {
    throw new InputError(`"${file}" is damaged: its ${CONFIG} is not JSON`);
  }
  const { config: kerasConfig, wrappers } = unwrapPruning(written);
  const parsed = parseKerasConfig(kerasConfig, file);
  const model = readModelSpec(kerasConfig, file);
  const store = await zip.read(STORE);
  // a packed store is in memory too, beside the archive
  const packed = store.buffer === bytes.buffer ? 0 : store.length;
  const room = Math.max(roomFor(bytes.length) - packed, Math.min(packed, 2 * bytes.length));
  const collect = (h5: Hdf5) => {
    const arrays = findArrays(h5, model, parsed, file, wrappers);
    const masks = findMasks(h5, arrays, wrappers);
    return collectWeights(parsed.graph, file, (param) => {
      const name = arrays.get(param);
      if (name === undefined) return undefined;
      const meta = h5.dataset(name);
      return {
        name,
        shape: (meta.shape ?? []).map(Number),
        values: () => maskedBy(h5.floats(name, meta), masks.get(name)),
      };
    });
  };
  const weights = await withHdf5(store, file, collect, room);
  return {
    format: 'keras',
    path: file,
    name: model.name || path.parse(file).name,
    graph: parsed.graph,
    weights,
    warnings: wrappers.size > 0 ? [...parsed.warnings, unwrappedWarning] : parsed.warnings,
    // without wrappers it is written afresh
    container: { kerasConfig, files: wrappers.size > 0 ? new Map() : new Map([[ARCHIVE, bytes]]) },
  };
}
