import { readFileSync, writeFileSync } from 'node:fs';

/** Writes a float32 array as numpy's .npy (version 1). */
export function writeNpy(file: string, data: ArrayLike<number>, shape: readonly number[]): void {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.map((d) => `${d},`).join('')}), }`;
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n';
  const head = Buffer.alloc(10);
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(padded.length, 8);
  const values = Float32Array.from(data);
  writeFileSync(file, Buffer.concat([head, Buffer.from(padded, 'latin1'), Buffer.from(values.buffer)]));
}

/** Reads a float32 .npy. */
export function readNpy(file: string): { shape: number[]; data: Float32Array } {
  const bytes = readFileSync(file);
  const length = bytes.readUInt16LE(8);
  const header = bytes.subarray(10, 10 + length).toString('latin1');
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False"))
    throw new Error(`not float32 in C order: ${header}`);
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]
    .split(',')
    .filter((s) => s.trim() !== '')
    .map(Number);
  const data = new Float32Array(Uint8Array.from(bytes.subarray(10 + length)).buffer);
  return { shape, data };
}
