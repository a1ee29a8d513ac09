import { readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { fileError, LARGEST_WHOLE, openRegular, readAll } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import { MAX_JSON_DEPTH, nestsTooDeep } from '../json/depth.ts';
import { parseKerasConfig } from '../keras-config/parse.ts';
import { modelName } from '../keras-config/plain.ts';
import { unwrapPruning, unwrappedWarning } from '../keras-config/pruning-wrappers.ts';
import { parsePythonJson } from '../json/python-json.ts';
import type { LoadedModel } from '../types.ts';
import { collectWeights } from '../weights.ts';
import type { Hdf5 } from './hdf5.ts';
import { withHdf5 } from './hdf5.ts';
import { attributeList, matchArrays } from './match.ts';
import type { StoredArray } from './match.ts';

/** Role of the file's bytes in Container.files. */
export const H5_FILE = 'h5';

const SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Whether a file begins with HDF5's signature (also behind a user block of 512 bytes to 4 kB). */
export async function isHdf5(file: string): Promise<boolean> {
  const opened = await openRegular(file).catch(() => undefined);
  if (!opened) return false;
  try {
    return await isSigned(opened.handle);
  } catch {
    return false;
  } finally {
    await opened.handle.close();
  }
}

async function isSigned(handle: FileHandle): Promise<boolean> {
  for (const at of [0, 512, 1024, 2048, 4096]) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(8), 0, 8, at);
    if (bytesRead === 8 && SIGNATURE.equals(buffer)) return true;
  }
  return false;
}

/**
 * Reads a whole-model HDF5 file of Keras 2.0 to 2.15, tf.keras and Keras 3.
 * @throws InputError in one sentence
 */
export async function readKerasH5(file: string): Promise<LoadedModel> {
  const opened = await openRegular(file).catch((error: unknown) => {
    throw fileError(error, `can't read the model "${file}"`);
  });
  const { handle, size } = opened;
  try {
    if (size === 0) throw new InputError(`${file}: the file is empty`);
    if (size > LARGEST_WHOLE) throw new InputError(`${file}: has more than Espalier can read (2 GB)`);
    if (!(await isSigned(handle))) throw new InputError(`${file}: not an HDF5 file`);
    const source = {
      size,
      read: (into: Uint8Array, at: number) => readSync(handle.fd, into, 0, into.length, at),
    };
    const { kerasConfig, wrapped, parsed, weights } = await withHdf5(source, file, (h5) => {
      const { config: kerasConfig, wrappers } = unwrapPruning(readConfig(h5, file));
      const parsed = parseKerasConfig(kerasConfig, file);
      const arrays = matchArrays(h5, weightsRoot(h5, file), parsed, file, wrappers);
      const weights = collectWeights(parsed.graph, file, (param) => {
        const array = arrays.get(param);
        return (
          array && {
            name: array.path,
            shape: (array.meta.shape ?? []).map(Number),
            values: () => floatsOf(h5, array),
          }
        );
      });
      return { kerasConfig, wrapped: wrappers.size > 0, parsed, weights };
    });
    return {
      format: 'keras-h5',
      path: file,
      name: modelName(kerasConfig) ?? path.parse(file).name,
      graph: parsed.graph,
      weights,
      warnings: wrapped ? [...parsed.warnings, unwrappedWarning] : parsed.warnings,
      // only now: what is no model costs no more than its first pages; without wrappers it is written afresh
      container: {
        kerasConfig,
        files: wrapped ? new Map() : new Map([[H5_FILE, await readAll(handle, size)]]),
      },
    };
  } finally {
    await handle.close();
  }
}

/** An array's values, zero where a pruning wrapper keeps them so. */
function floatsOf(h5: Hdf5, { path, meta, mask }: StoredArray): Float32Array {
  const values = h5.floats(path, meta);
  const zeros = mask && h5.floats(mask.path, mask.meta);
  return zeros ? values.map((v, i) => v * zeros[i]) : values;
}

function readConfig(h5: Hdf5, file: string): unknown {
  const text = h5.strings('/', 'model_config')?.[0];
  if (text === undefined) {
    if (attributeList(h5, '/', 'layer_names') || h5.kind('/layers') === 'group')
      throw new InputError(
        `${file}: holds weights without the network's topology; save the whole model (model.save), not its weights alone`,
      );
    throw new InputError(`${file}: an HDF5 file, but not a Keras model (no model_config)`);
  }
  if (nestsTooDeep(Buffer.from(text)))
    throw new InputError(`${file}: its model_config is nested more than ${MAX_JSON_DEPTH} deep`);
  let config: unknown;
  try {
    config = parsePythonJson(text);
  } catch {
    throw new InputError(`${file}: its model_config is not JSON`);
  }
  const root = h5.kind('/model_weights') === 'group' ? '/model_weights' : '/';
  const version = h5.strings('/', 'keras_version')?.[0] ?? h5.strings(root, 'keras_version')?.[0];
  if (version?.startsWith('1.'))
    throw new InputError(`${file}: written by Keras ${version}; load and save it with Keras 2 first`);
  const backend = h5.strings('/', 'backend')?.[0] ?? h5.strings(root, 'backend')?.[0];
  if (backend === 'theano' || backend === 'cntk')
    throw new InputError(
      `${file}: trained on the ${backend} backend, whose kernels are stored flipped; load and save it with TensorFlow first`,
    );
  return config;
}

/** Group that holds the layers' arrays. */
export function weightsRoot(h5: Hdf5, file: string): string {
  if (h5.kind('/model_weights') !== 'group' || !attributeList(h5, '/model_weights', 'layer_names'))
    throw new InputError(`${file}: holds a network's topology but no weights (no model_weights)`);
  return '/model_weights';
}
