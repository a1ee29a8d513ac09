import { InputError } from '../../graph/errors.ts';
import {
  inWords,
  MAX_ATTRIBUTES,
  MAX_CHUNK,
  MAX_CHUNKS,
  MAX_CONFIG,
  MAX_GROUPS_DEEP,
  MAX_QUESTIONS,
  roomFor,
} from '../limits.ts';
import { intoFloat32, isNumeric } from './floats.ts';
import type { FileHandle, Meta, Module, Wasm } from './hdf5-module.ts';
import { chunkCount, STRING } from './hdf5-module.ts';
import { checkHeaps } from './heap.ts';

/** An HDF5 file to read: in memory, or wherever `read` takes it from (bytes at `at`; it gives how many). */
export type Hdf5Bytes = Uint8Array | { readonly size: number; read(into: Uint8Array, at: number): number };

/** Numbers are copied out of the library's memory in pieces of about this size, so that it stays small. */
const PIECE = 16 * 2 ** 20;

let loading: Promise<{ wasm: Wasm; module: Module }> | undefined;
let counter = 0;

/** HDF5 in WebAssembly, on files in memory. Loaded at the first use; it prints nothing, errors are thrown. */
function load() {
  loading ??= import('h5wasm').then(async (wasm) => {
    const module = (await wasm.ready) as unknown as Module;
    module.activate_throwing_error_handler();
    return { wasm, module };
  });
  return loading;
}

/**
 * Opens an HDF5 file, hands it to `use`, and closes it whatever happens.
 * @param room bytes that all arrays which are read may take in memory, default by the file's size
 * @throws InputError for what the HDF5 library can't read, or what claims more than the file can hold
 */
export async function withHdf5<T>(
  bytes: Hdf5Bytes,
  where: string,
  use: (file: Hdf5) => T,
  room?: number,
): Promise<T> {
  const { wasm, module } = await load();
  const name = `/in-${counter++}.h5`;
  const size = bytes instanceof Uint8Array ? bytes.length : bytes.size;
  let file: FileHandle | undefined;
  try {
    mount(module, name, bytes, size);
    file = new wasm.File(name, 'r');
    return use(new Hdf5(module, file.file_id, where, room ?? roomFor(size)));
  } catch (error) {
    if (error instanceof InputError) throw error;
    const cut = error instanceof Error && /truncated file|addr overflow|eoa/i.test(error.message);
    throw new InputError(`${where}: not a readable HDF5 file: it is ${cut ? 'cut short' : 'damaged'}`);
  } finally {
    quietly(() => file?.close());
    quietly(() => module.FS.unlink(name));
  }
}

/** A file of the module that reads from where the bytes are, so that they aren't in memory twice. */
function mount(module: Module, name: string, bytes: Hdf5Bytes, size: number): void {
  module.FS.writeFile(name, new Uint8Array(0));
  const { node } = module.FS.lookupPath(name);
  node.usedBytes = size;
  const take = (into: Uint8Array, at: number): number => {
    const target = into.subarray(0, Math.max(0, Math.min(into.length, size - at)));
    if (!(bytes instanceof Uint8Array)) return bytes.read(target, at);
    target.set(bytes.subarray(at, at + target.length));
    return target.length;
  };
  const read = (_: unknown, into: Uint8Array, offset: number, length: number, at: number): number => {
    const target = new Uint8Array(into.buffer, into.byteOffset + offset, length);
    const n = take(target, at);
    checkHeaps(target.subarray(0, n), at, size, take);
    return n;
  };
  node.stream_ops = { ...node.stream_ops, read };
}

/** Makes an HDF5 file in memory. */
export async function makeHdf5(fill: (file: Hdf5Writer) => void): Promise<Uint8Array> {
  const { wasm, module } = await load();
  const name = `/out-${counter++}.h5`;
  return timeless(() => {
    const file = new wasm.File(name, 'w');
    try {
      fill(new Hdf5Writer(wasm, file));
      file.close();
      return module.FS.readFile(name);
    } finally {
      quietly(() => file.close());
      quietly(() => module.FS.unlink(name));
    }
  });
}

/** HDF5 stamps what it makes with the time, which it asks Date for; a fixed one gives one content the same bytes. */
function timeless<T>(work: () => T): T {
  const { now } = Date;
  Date.now = () => 0;
  try {
    return work();
  } finally {
    Date.now = now;
  }
}

/** A file open for reading; paths are absolute. */
export class Hdf5 {
  private readonly module: Module;
  private readonly id: bigint;
  private readonly where: string;
  /** bytes that arrays may still take */
  private room: number;
  private questions = 0;
  private chunks = 0;
  /** whose attributes' names were listed last: each attribute that is read asks for them again */
  private asked: { readonly path: string; readonly names: readonly string[] } | undefined;

  constructor(module: Module, id: bigint, where: string, room: number) {
    this.module = module;
    this.id = id;
    this.where = where;
    this.room = room;
  }

  kind(path: string): 'group' | 'dataset' | undefined {
    this.ask();
    if (path.length > MAX_GROUPS_DEEP && path.split('/').length > MAX_GROUPS_DEEP)
      throw new InputError(`${this.where}: it names an array more than ${MAX_GROUPS_DEEP} groups deep`);
    let type: number;
    try {
      type = this.module.get_type(this.id, path);
    } catch {
      return undefined;
    }
    if (type === this.module.H5G_GROUP) return 'group';
    return type === this.module.H5G_DATASET ? 'dataset' : undefined;
  }

  names(group: string): string[] {
    this.ask();
    return [...this.module.get_names(this.id, group, false)];
  }

  attributeNames(path: string): readonly string[] {
    this.ask();
    if (this.asked?.path !== path)
      this.asked = { path, names: [...this.module.get_attribute_names(this.id, path)] };
    const { names } = this.asked;
    if (names.length > MAX_ATTRIBUTES)
      throw new InputError(
        `${this.where}: its "${path}" has ${names.length} attributes; Espalier reads at most ${MAX_ATTRIBUTES} of one group or array`,
      );
    return names;
  }

  attributeMeta(path: string, name: string): Meta {
    // the library looks through all of them for each
    this.ask(this.attributeNames(path).length);
    return this.module.get_attribute_metadata(this.id, path, name);
  }

  /** Strings of an attribute, scalar or list; undefined where it is not there or holds none. */
  strings(path: string, name: string): string[] | undefined {
    if (!this.attributeNames(path).includes(name)) return undefined;
    const meta = this.attributeMeta(path, name);
    if (meta.type !== STRING) return meta.total_size === 0 ? [] : undefined;
    const bytes = this.attributeBytes(path, name, meta, (data, heap) => {
      if (!meta.vlen) return chunks(data, meta.size).map(cString);
      const pointers = new Uint32Array(data.buffer, data.byteOffset, meta.total_size);
      return [...pointers].map((p) => (p === 0 ? '' : heap(p)));
    });
    return bytes;
  }

  /** Raw bytes of an attribute of numbers. */
  numbers(path: string, name: string, meta: Meta): Uint8Array {
    return this.attributeBytes(path, name, meta, (data) => data);
  }

  /** @throws InputError where its numbers lie in other files or arrays */
  dataset(path: string): Meta {
    this.ask();
    const meta = this.module.get_dataset_metadata(this.id, path);
    if (meta.virtual_sources)
      throw new InputError(
        `${this.where}: the array "${path}" is put together from other arrays or files, which Espalier does not follow; save the model again in one file`,
      );
    return meta;
  }

  /** Raw bytes of a dataset, row-major, as they are stored (decompressed). */
  bytes(path: string, meta: Meta): Uint8Array {
    this.claim(path, meta, meta.size * meta.total_size);
    return this.piece(path, meta.size * meta.total_size, null, null, (data) => data.slice());
  }

  /**
   * A dataset's numbers as float32.
   * @throws InputError where it holds no numbers
   */
  floats(path: string, meta: Meta): Float32Array {
    if (!isNumeric(meta)) throw new InputError(`${this.where}: the array "${path}" holds no numbers`);
    this.claim(path, meta, 4 * meta.total_size);
    const out = new Float32Array(meta.total_size);
    const shape = (meta.shape ?? []).map(Number);
    const row = shape.length > 0 && shape[0] > 0 ? meta.total_size / shape[0] : 0;
    const least = meta.chunks?.[0] ? Number(meta.chunks[0]) : 1;
    // whole chunks, which the library would unpack again for each piece that they are cut into
    const rows = row > 0 ? Math.max(1, Math.floor(PIECE / (row * meta.size * least))) * least : 0;
    if (rows === 0 || rows >= shape[0]) {
      this.piece(path, meta.size * meta.total_size, null, null, (data) => intoFloat32(data, meta, out));
      return out;
    }
    const rest = shape.slice(1).map(BigInt);
    for (let at = 0; at < shape[0]; at += rows) {
      const n = Math.min(rows, shape[0] - at);
      const offset = [BigInt(at), ...rest.map(() => 0n)];
      this.piece(path, n * row * meta.size, [BigInt(n), ...rest], offset, (data) =>
        intoFloat32(data, meta, out.subarray(at * row, (at + n) * row)),
      );
    }
    return out;
  }

  /** Counts an array against the room that there is, before anything is allocated for it. */
  private claim(path: string, meta: Meta, bytes: number): void {
    const chunk = (meta.chunks ?? []).reduce((product, d) => product * Number(d), meta.size);
    if (meta.chunks && chunk > MAX_CHUNK)
      throw new InputError(
        `${this.where}: the array "${path}" is stored in chunks of ${inWords(chunk)}, more than the ${inWords(MAX_CHUNK)} that Espalier unpacks at once; save the model again without compression`,
      );
    // the library notes every chunk of an array that it reads, stored or not
    this.chunks += chunkCount(meta);
    if (!(this.chunks <= MAX_CHUNKS))
      throw new InputError(
        `${this.where}: with the array "${path}" its arrays are cut into more than the ${MAX_CHUNKS.toLocaleString('en-US')} chunks that Espalier reads of a file; save the model again without chunks`,
      );
    this.room -= bytes;
    if (!(this.room >= 0))
      throw new InputError(
        `${this.where}: the array "${path}" of ${inWords(bytes)} makes its arrays far larger than the file that holds them`,
      );
  }

  private ask(count = 1): void {
    this.questions += count;
    if (this.questions > MAX_QUESTIONS)
      throw new InputError(`${this.where}: it has too many groups, arrays and attributes to be a model`);
  }

  private piece<T>(
    path: string,
    size: number,
    count: bigint[] | null,
    offset: bigint[] | null,
    use: (data: Uint8Array) => T,
  ): T {
    return this.withMemory(size, (pointer) => {
      const strides = count && count.map(() => 1n);
      this.module.get_dataset_data(this.id, path, count, offset, strides, BigInt(pointer));
      return use(this.module.HEAPU8.subarray(pointer, pointer + size));
    });
  }

  private attributeBytes<T>(
    path: string,
    name: string,
    meta: Meta,
    use: (data: Uint8Array, heap: (pointer: number) => string) => T,
  ): T {
    const size = meta.size * meta.total_size;
    const tooLarge = () =>
      new InputError(
        `${this.where}: its attribute "${name}" is larger than ${inWords(MAX_CONFIG)}, more than any network's configuration`,
      );
    if (!(size <= MAX_CONFIG)) throw tooLarge();
    let text = 0;
    const heap = (pointer: number): string => {
      text += this.module.HEAPU8.indexOf(0, pointer) - pointer;
      if (!(text <= MAX_CONFIG)) throw tooLarge();
      return this.module.UTF8ToString(pointer);
    };
    return this.withMemory(size, (pointer) => {
      this.module.get_attribute_data(this.id, path, name, BigInt(pointer));
      try {
        return use(this.module.HEAPU8.slice(pointer, pointer + size), heap);
      } finally {
        if (meta.vlen) this.module.reclaim_vlen_memory(this.id, path, name, BigInt(pointer));
      }
    });
  }

  private withMemory<T>(size: number, use: (pointer: number) => T): T {
    const pointer = this.module._malloc(Math.max(size, 1));
    if (pointer === 0)
      throw new InputError(`${this.where}: there is not enough memory to read ${inWords(size)} of it`);
    try {
      return use(pointer);
    } finally {
      this.module._free(pointer);
    }
  }
}

/** A file being made; paths are absolute, groups come into being as they are needed. */
export class Hdf5Writer {
  private readonly wasm: Wasm;
  private readonly file: FileHandle;
  private readonly groups = new Set(['']);

  constructor(wasm: Wasm, file: FileHandle) {
    this.wasm = wasm;
    this.file = file;
  }

  group(path: string): void {
    const parts = path.split('/').filter((p) => p !== '');
    let at = '';
    for (const part of parts) {
      if (!this.groups.has(`${at}/${part}`))
        new this.wasm.Group(this.file.file_id, at === '' ? '/' : at).create_group(part);
      at += `/${part}`;
      this.groups.add(at);
    }
  }

  /** A string of any length, as h5py writes bytes: variable length, ASCII. */
  string(path: string, name: string, value: string): void {
    this.at(path).create_attribute(name, value, null, 'A');
  }

  /** A list of strings, as numpy writes bytes: of one length, in ASCII or UTF-8; an empty one as no numbers. */
  strings(path: string, name: string, values: readonly string[]): void {
    if (values.length === 0) return this.numbers(path, name, new Float64Array(0), [0], '<d');
    this.at(path).create_attribute(name, [...values], [values.length], `A${stringSize(values)}`);
  }

  numbers(path: string, name: string, values: NumberArray, shape: number[], dtype: string): void {
    this.at(path).create_attribute(name, values as Float64Array, shape, dtype);
  }

  dataset(path: string, values: NumberArray, shape: readonly number[], dtype: string): void {
    const slash = path.lastIndexOf('/');
    this.group(path.slice(0, slash));
    this.at(path.slice(0, slash)).create_dataset({
      name: path.slice(slash + 1),
      data: values as Float32Array,
      shape: [...shape],
      dtype,
    });
  }

  /** Another name, in the root, for a group that is there. */
  link(path: string, name: string): void {
    this.at('').create_hard_link(path, name);
  }

  private at(path: string): InstanceType<Wasm['Group']> {
    return new this.wasm.Group(this.file.file_id, path === '' ? '/' : path);
  }
}

export type NumberArray = Float32Array | Float64Array | BigInt64Array | BigUint64Array | Int32Array;

/** Bytes that each of these strings takes in an attribute, with the terminator. */
export function stringSize(values: readonly string[]): number {
  return Math.max(...values.map((v) => Buffer.byteLength(v))) + 1;
}

function chunks(data: Uint8Array, size: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; size > 0 && at + size <= data.length; at += size) out.push(data.subarray(at, at + size));
  return out;
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

/** Closing what is broken may fail again; the first error is the one to tell. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // nothing more can be done
  }
}
