import { open } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import { readInput } from '../files.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { parsePythonJson } from '../keras-config/python-json.ts';
import { readModelSpec } from '../keras-config/spec.ts';
import { toFloat32 } from '../keras-h5/floats.ts';
import { withHdf5 } from '../keras-h5/hdf5.ts';
import type { LoadedModel } from '../types.ts';
import { collectWeights } from '../weights.ts';
import { findArrays } from './store.ts';
import { readZip } from './zip.ts';

export const CONFIG = 'config.json';
export const STORE = 'model.weights.h5';

/** Whether a file begins as a zip archive does. */
export async function isZip(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return bytesRead === 4 && buffer.readUInt32LE(0) === 0x04034b50;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}

/**
 * Reads a .keras file (the zip of Keras 3, and of tf.keras from 2.12): config.json and model.weights.h5.
 * @throws InputError in one sentence for what is no such file, is damaged, or can't be executed
 */
export async function readKeras(file: string): Promise<LoadedModel> {
  const bytes = await readInput(file, 'model');
  if (bytes.length === 0) throw new InputError(`"${file}" is empty`);
  const entries = await readZip(bytes, file);
  const config = entries.get(CONFIG);
  const store = entries.get(STORE);
  if (!config) throw new InputError(`"${file}" is a zip file, but not a Keras model (it has no ${CONFIG})`);
  if (!store) {
    const other = [...entries.keys()].find((name) => name.startsWith('model.weights'));
    throw new InputError(
      other
        ? `"${file}" keeps its weights in ${other}, which Espalier does not read; load it in Keras and save it again in one .keras file`
        : `"${file}" holds a network's topology but no weights (no ${STORE})`,
    );
  }
  let kerasConfig: unknown;
  try {
    kerasConfig = parsePythonJson(new TextDecoder('utf-8', { fatal: true }).decode(config));
  } catch {
    throw new InputError(`"${file}" is damaged: its ${CONFIG} is not JSON`);
  }
  const parsed = parseKerasConfig(kerasConfig, file);
  const model = readModelSpec(kerasConfig, file);
  const weights = await withHdf5(store, file, (h5) => {
    const arrays = findArrays(h5, model, parsed, file);
    return collectWeights(parsed.graph, file, (param) => {
      const name = arrays.get(param);
      if (name === undefined) return undefined;
      const meta = h5.dataset(name);
      const values = toFloat32(h5.bytes(name, meta), meta);
      if (!values) throw new InputError(`"${file}": the array "${name}" holds no numbers`);
      return { name, shape: (meta.shape ?? []).map(Number), values };
    });
  });
  return {
    format: 'keras',
    path: file,
    name: model.name || path.parse(file).name,
    graph: parsed.graph,
    weights,
    warnings: parsed.warnings,
    container: { kerasConfig, files: entries },
  };
}
