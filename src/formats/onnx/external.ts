import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { whyUnreadable } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import { FIELD } from './proto/model.ts';
import { placeOf } from './proto/tensor.ts';
import type { External } from './proto/tensor.ts';
import { fieldsOf, lastBytes } from './proto/wire.ts';

/**
 * Where a model's tensors lie that are outside its file: in files of its own folder, and nowhere else.
 * @throws InputError for a name that leads out of it, a file that is missing, or that ends before
 */
export function externalOf(file: string): External {
  const folder = path.dirname(path.resolve(file));
  return (location, offset, length) => {
    const named = JSON.stringify(location.slice(0, 200));
    const parts = location.split(/[\\/]/);
    if (
      path.isAbsolute(location) ||
      /^[a-z]:/i.test(location) ||
      parts.includes('..') ||
      location.includes('\0')
    )
      throw new InputError(`it keeps weights in ${named}, which is outside of its folder`);
    const target = path.join(folder, ...parts);
    try {
      const real = realpathSync(target);
      if (!real.startsWith(realpathSync(folder) + path.sep))
        throw new InputError(`it keeps weights in ${named}, which leads out of its folder`);
      return readPart(real, offset, length, named);
    } catch (error) {
      const why = error instanceof InputError ? undefined : whyUnreadable(error);
      if (why === undefined) throw error;
      throw new InputError(`its weights in ${named} can't be read: ${why}`);
    }
  };
}

function readPart(file: string, offset: number, length: number | undefined, named: string): Uint8Array {
  const handle = openSync(file, 'r');
  try {
    const info = fstatSync(handle);
    if (!info.isFile()) throw new InputError(`it keeps weights in ${named}, which is no file`);
    const size = length ?? info.size - offset;
    if (!(size >= 0 && offset + size <= info.size))
      throw new InputError(
        `its weights in ${named} are cut short: it has ${info.size} bytes, not ${offset + size}`,
      );
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let have = 0; have < size;) {
      const read = readSync(handle, bytes, have, Math.min(size - have, 2 ** 30), offset + have);
      if (read === 0) throw new InputError(`its weights in ${named} are cut short`);
      have += read;
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}

/**
 * The files that a model keeps weights in, beside its own, each once. What is no ONNX model has none.
 * @param bytes of the model's file
 */
export function externalFiles(bytes: Uint8Array): string[] {
  try {
    const graph = lastBytes(fieldsOf(bytes), FIELD.model.graph) ?? new Uint8Array();
    const tensors = fieldsOf(graph).filter(({ no, wire }) => no === FIELD.graph.initializer && wire === 2);
    return [...new Set(tensors.flatMap((tensor) => placeOf(tensor.bytes) ?? []))];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}
