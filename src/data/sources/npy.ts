import { endianness } from 'node:os';
import * as z from 'zod';

/** What a .npy file says of itself. */
export interface NpyHeader {
  readonly shape: readonly number[];
  readonly type: NpyType;
  readonly bigEndian: boolean;
  /** bytes of one value */
  readonly itemBytes: number;
}

const TYPES = {
  u1: Uint8Array,
  b1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;
export type NpyType = keyof typeof TYPES;
/** A run of values, in the array's order. */
export type Values = ArrayLike<number> | ArrayLike<bigint>;

const MAX_HEADER = 64 * 1024;
const Dimensions = z.array(z.int().nonnegative()).max(8);

/** Header and length of the preamble; undefined while `bytes` doesn't hold all of it. @throws Error with the reason */
function parseNpyHeader(bytes: Buffer): { header: NpyHeader; length: number } | undefined {
  if (bytes.length < 12) return undefined;
  if (bytes.toString('latin1', 0, 6) !== '\x93NUMPY') throw new Error('not a .npy array');
  const wide = bytes[6] >= 2;
  const size = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  if (size > MAX_HEADER) throw new Error(`claims a header of ${size} bytes`);
  const length = (wide ? 12 : 10) + size;
  if (bytes.length < length) return undefined;
  const text = bytes.toString('latin1', wide ? 12 : 10, length);
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || shape === undefined) throw new Error('has no plain type and shape');
  const type = descr.replace(/^[<>|=]/, '');
  if (!Object.hasOwn(TYPES, type)) throw new Error(`has values of type ${descr}, which is not read`);
  const dims = Dimensions.safeParse(
    shape
      .split(',')
      .filter((part) => part.trim() !== '')
      .map(Number),
  );
  if (!dims.success) throw new Error(`claims the shape (${shape})`);
  if (/'fortran_order':\s*True/.test(text) && dims.data.length > 1)
    throw new Error('is in Fortran order: save it with numpy.ascontiguousarray');
  const itemBytes = Number(type.slice(1));
  return {
    header: { shape: dims.data, type: type as NpyType, bigEndian: descr.startsWith('>'), itemBytes },
    length,
  };
}

/**
 * Reads an array as it comes, in bounded memory.
 * @param start called once with the header, before any value; may refuse by throwing, or end it by giving false
 * @param values called with runs of values, in order
 * @throws Error with the reason
 */
export async function readNpy(
  stream: AsyncIterable<unknown>,
  start: (header: NpyHeader, dataBytes: number) => void | false,
  values: (run: Values) => void,
): Promise<void> {
  let held: Buffer = Buffer.alloc(0);
  let header: NpyHeader | undefined;
  let expected = 0;
  let have = 0;
  for await (const chunk of stream) {
    held = held.length ? Buffer.concat([held, chunk as Buffer]) : (chunk as Buffer);
    if (!header) {
      const parsed = parseNpyHeader(held);
      if (!parsed) continue;
      header = parsed.header;
      expected = header.shape.reduce((a, b) => a * b, header.itemBytes);
      if (start(header, expected) === false) return;
      held = held.subarray(parsed.length);
    }
    const whole = held.length - (held.length % header.itemBytes);
    have += whole;
    if (have > expected) throw new Error('is longer than its shape says');
    if (whole > 0) values(toValues(held.subarray(0, whole), header));
    held = held.subarray(whole);
  }
  if (!header) throw new Error('is cut off in its header');
  if (have !== expected || held.length) throw new Error('is cut off');
}

function toValues(bytes: Buffer, header: NpyHeader): Values {
  // a copy: typed arrays need alignment, and swapping must not touch the stream's buffer
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (header.bigEndian !== (endianness() === 'BE')) {
    if (header.itemBytes === 2) copy.swap16();
    else if (header.itemBytes === 4) copy.swap32();
    else if (header.itemBytes === 8) copy.swap64();
  }
  return new TYPES[header.type](copy.buffer, 0, copy.length / header.itemBytes);
}
