import { InputError } from '../../graph/errors.ts';
import { toFloat32 } from './floats.ts';
import type { Hdf5, Hdf5Writer } from './hdf5.ts';
import { stringSize } from './hdf5.ts';
import type { Meta } from './hdf5-module.ts';
import { FLOAT, INTEGER, STRING } from './hdf5-module.ts';

/** HDF5 stores no attribute of fixed size above 64 kB; Keras' own limit leaves room for its header. */
const ATTRIBUTE_LIMIT = 64512;

/** Groups in groups that are followed. */
const DEEPEST = 200;

/** Writes a part of a new file; what it takes from another was read before. */
export type Step = (file: Hdf5Writer) => void;

/** What becomes of a group or array; `values` are float32. */
export type Replacement =
  'keep' | 'drop' | { readonly shape: readonly number[]; readonly values: Float32Array };

export interface CopyOptions {
  readonly replacement: (path: string) => Replacement;
  /** whether a group's attribute is copied; default: every one is */
  readonly attribute?: (path: string, name: string) => boolean;
  /**
   * another path for a group of the root, which keeps its name as a second one; what has both already is one group.
   * undefined: it stays
   */
  readonly moved?: (name: string) => string | undefined;
}

/**
 * Everything of a file, with some arrays replaced; what is to be kept is read now, and written by the step.
 * @param where the file, for messages
 * @throws InputError where its groups are nested too deep
 */
export function copyFile(
  h5: Hdf5,
  where: string,
  { replacement, attribute = () => true, moved = () => undefined }: CopyOptions,
): Step {
  const steps: Step[] = [];
  const links: Step[] = [];
  const push = (step: Step | undefined) => step && steps.push(step);
  const visit = (path: string, to: string, depth: number): void => {
    if (depth > DEEPEST) throw new InputError(`"${where}": its groups are nested more than ${DEEPEST} deep`);
    for (const name of h5.attributeNames(path || '/'))
      if (attribute(path, name)) push(copyAttribute(h5, path, name, to));
    for (const name of h5.names(path || '/')) {
      const child = `${path}/${name}`;
      const elsewhere = path === '' ? moved(name) : undefined;
      const target = elsewhere ?? `${to}/${name}`;
      const replaced = replacement(child);
      if (replaced === 'drop') continue;
      if (elsewhere !== undefined) {
        links.push((file) => file.link(elsewhere, name));
        if (h5.kind(elsewhere) !== undefined) continue;
      }
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
        for (const name of h5.attributeNames(child)) {
          // a replaced array is float32, whatever the old one was
          if (replaced === 'keep' || name !== 'dtype') push(copyAttribute(h5, child, name, target));
        }
      }
    }
  };
  visit('', '', 0);
  return (file) => [...steps, ...links].forEach((step) => step(file));
}

/** An attribute as it is. @param to where it goes, if not to the same path */
function copyAttribute(h5: Hdf5, path: string, name: string, to = path): Step | undefined {
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
function copyDataset(h5: Hdf5, path: string, to = path): Step | undefined {
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
export function writeList(file: Hdf5Writer, path: string, name: string, list: readonly string[]): void {
  if (list.length === 0 || stringSize(list) * list.length <= ATTRIBUTE_LIMIT)
    return file.strings(path, name, list);
  const perPart = Math.max(1, Math.floor(ATTRIBUTE_LIMIT / stringSize(list)));
  for (let at = 0, part = 0; at < list.length; at += perPart, part++)
    file.strings(path, `${name}${part}`, list.slice(at, at + perPart));
}
