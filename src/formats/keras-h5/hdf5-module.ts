import type * as H5wasm from 'h5wasm';

export type Wasm = typeof H5wasm;
export type FileHandle = InstanceType<Wasm['File']>;

/** The parts of the wasm module below h5wasm's classes that are used here. */
export interface Module {
  FS: {
    writeFile(path: string, data: Uint8Array): void;
    lookupPath(path: string): { node: FileNode };
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
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    pointer: bigint,
  ): void;
  reclaim_vlen_memory(file: bigint, path: string, name: string, pointer: bigint): void;
  get_type(file: bigint, path: string): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  H5G_GROUP: number;
  H5G_DATASET: number;
}

/** A file of the module's file system in memory. */
export interface FileNode {
  usedBytes: number;
  stream_ops: Record<string, unknown>;
}

/** How a value is stored. type: 0 integer, 1 float, 3 string. */
export interface Meta {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly vlen: boolean;
  readonly shape: number[] | null;
  readonly chunks?: number[] | null;
  readonly total_size: number;
  /** of an array that is put together from others */
  readonly virtual_sources?: readonly unknown[];
}

/** In how many chunks an array is, stored or not. */
export function chunkCount({ chunks: sides, shape }: Meta): number {
  if (!sides || !shape) return 0;
  return shape.reduce((product, length, i) => product * Math.ceil(Number(length) / Number(sides[i])), 1);
}

export const INTEGER = 0;
export const FLOAT = 1;
export const STRING = 3;
