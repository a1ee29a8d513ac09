export const MB: number;
export const GB: number;
export interface ZipEntry {
  name: string;
  data?: Uint8Array;
  packed?: Uint8Array;
  size?: number;
  crc?: number;
  mode?: number;
}
export function zip(entries: readonly ZipEntry[], options?: { overlap?: boolean }): Buffer;
export function packedZeros(bytes: number): { packed: Buffer; size: number; crc: number };
export function tarHeader(name: string, size: number, type?: string, link?: string): Buffer;
export function tar(
  files: readonly (readonly [name: string, bytes: Uint8Array, type?: string, link?: string])[],
): Buffer;
export function gzipAround(before: Uint8Array, zeroBytes: number, after?: Uint8Array): Buffer;
export function idxHeader(dims: readonly number[]): Buffer;
export function npyHeader(descr: string, shape: string, claimedLength?: number): Buffer;
