import type * as H5wasm from 'h5wasm';
import { InputError } from '../../graph/errors.ts';

type Wasm = typeof H5wasm;
type FileHandle = InstanceType<Wasm['File']>;

/** The parts of the wasm module below h5wasm's classes that are used here. */
interface Module {
  FS: {
    writeFile(path: string, data: Uint8Array): void;
    readFile(path: string): Uint8Array;
    unlink(path: string): void;
  };
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  UTF8ToString(pointer: number): string;
  activate_throwing_error_handler(): void;
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Meta;
  get_attribute_data(file: bigint, path: string, name: string, pointer: bigint): void;
  get_dataset_metadata(file: bigint, path: string): Meta;
  get_dataset_data(file: bigint, path: string, a: null, b: null, c: null, pointer: bigint): void;
  reclaim_vlen_memory(file: bigint, path: string, name: string, pointer: bigint): void;
  get_type(file: bigint, path: string): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  H5G_GROUP: number;
  H5G_DATASET: number;
}

/** How a value is stored. type: 0 integer, 1 float, 3 string. */
export interface Meta {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly vlen: boolean;
  readonly shape: number[] | null;
  readonly total_size: number;
}

export const INTEGER = 0;
export const FLOAT = 1;
export const STRING = 3;

/** Attributes larger than this are damage: a model's configuration has a few megabytes at the most. */
const MAX_ATTRIBUTE = 2 ** 28;
const MAX_DATASET = 2 ** 31 - 1;

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
 * Opens HDF5 bytes, hands them to `use`, and closes them whatever happens.
 * @throws InputError for what the HDF5 library can't read
 */
export async function withHdf5<T>(bytes: Uint8Array, where: string, use: (file: Hdf5) => T): Promise<T> {
  const { wasm, module } = await load();
  const name = `/in-${counter++}.h5`;
  let file: FileHandle | undefined;
  try {
    module.FS.writeFile(name, bytes);
    file = new wasm.File(name, 'r');
    return use(new Hdf5(module, file.file_id));
  } catch (error) {
    if (error instanceof InputError) throw error;
    const cut = error instanceof Error && /truncated file|addr overflow|eoa/i.test(error.message);
    throw new InputError(`${where}: not a readable HDF5 file: it is ${cut ? 'cut short' : 'damaged'}`);
  } finally {
    quietly(() => file?.close());
    quietly(() => module.FS.unlink(name));
  }
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

  constructor(module: Module, id: bigint) {
    this.module = module;
    this.id = id;
  }

  kind(path: string): 'group' | 'dataset' | undefined {
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
    return [...this.module.get_names(this.id, group, false)];
  }

  attributeNames(path: string): string[] {
    return [...this.module.get_attribute_names(this.id, path)];
  }

  attributeMeta(path: string, name: string): Meta {
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

  dataset(path: string): Meta {
    return this.module.get_dataset_metadata(this.id, path);
  }

  /** Raw bytes of a dataset, row-major, as they are stored (decompressed). */
  bytes(path: string, meta: Meta): Uint8Array {
    const size = meta.size * meta.total_size;
    if (!(size <= MAX_DATASET)) throw new InputError(`the array "${path}" is too large (${size} bytes)`);
    return this.withMemory(size, (pointer) => {
      this.module.get_dataset_data(this.id, path, null, null, null, BigInt(pointer));
      return this.module.HEAPU8.slice(pointer, pointer + size);
    });
  }

  private attributeBytes<T>(
    path: string,
    name: string,
    meta: Meta,
    use: (data: Uint8Array, heap: (pointer: number) => string) => T,
  ): T {
    const size = meta.size * meta.total_size;
    if (!(size <= MAX_ATTRIBUTE))
      throw new InputError(`the attribute "${name}" is too large (${size} bytes)`);
    return this.withMemory(size, (pointer) => {
      this.module.get_attribute_data(this.id, path, name, BigInt(pointer));
      try {
        return use(this.module.HEAPU8.slice(pointer, pointer + size), (p) => this.module.UTF8ToString(p));
      } finally {
        if (meta.vlen) this.module.reclaim_vlen_memory(this.id, path, name, BigInt(pointer));
      }
    });
  }

  private withMemory<T>(size: number, use: (pointer: number) => T): T {
    const pointer = this.module._malloc(Math.max(size, 1));
    if (pointer === 0) throw new InputError(`not enough memory to read ${size} bytes of HDF5`);
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
