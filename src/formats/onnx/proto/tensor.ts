import { InputError } from '../../../graph/errors.ts';
import { sizeOf } from '../../../graph/ops/rules/sizes.ts';
import {
  bytesField,
  fieldsOf,
  fixed,
  lastBytes,
  lastText,
  lastValue,
  numberField,
  packedField,
  text,
  varints,
} from './wire.ts';
import type { Field } from './wire.ts';

/** Numbers of ONNX's TensorProto.DataType. */
export const TYPE = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const;

const bytesOf: Readonly<Record<number, number>> = {
  [TYPE.float]: 4,
  [TYPE.uint8]: 1,
  [TYPE.int8]: 1,
  [TYPE.uint16]: 2,
  [TYPE.int16]: 2,
  [TYPE.int32]: 4,
  [TYPE.int64]: 8,
  [TYPE.bool]: 1,
  [TYPE.float16]: 2,
  [TYPE.double]: 8,
  [TYPE.uint32]: 4,
  [TYPE.uint64]: 8,
  [TYPE.bfloat16]: 2,
};

/** Whether values of a type are real numbers that weights may be. */
export function isReal(type: number): boolean {
  return type === TYPE.float || type === TYPE.float16 || type === TYPE.double || type === TYPE.bfloat16;
}

/** A tensor of a model: its values are read once they are asked for. */
export interface Tensor {
  readonly type: number;
  readonly dims: readonly number[];
  /** real numbers as float32, integers and truth as numbers; @throws InputError where they don't fit the dims */
  values(): Float32Array | Float64Array;
}

/** Where a file's tensors may have their bytes outside of it. */
export type External = (location: string, offset: number, length: number | undefined) => Uint8Array;

/** Numbers of a tensor that are kept once they are read. */
const KEPT = 4096;

/** Axes that a tensor may have. */
const MAX_RANK = 16;

/** A TensorProto. @throws InputError where it is damaged */
export function readTensor(bytes: Uint8Array, external: External): Tensor & { readonly name: string } {
  const fields = fieldsOf(bytes);
  const dims = varints(fields, 1);
  const type = lastValue(fields, 2) ?? 0;
  const name = lastText(fields, 8);
  if (dims.length > MAX_RANK || dims.some((d) => !(d >= 0 && Number.isSafeInteger(d))))
    throw new InputError(`its tensor "${name}" has the shape [${dims.slice(0, MAX_RANK).join(', ')}]`);
  let known: Float32Array | Float64Array | undefined;
  // lists of sizes are asked for often, weights are large
  const small = sizeOf(dims) <= KEPT;
  const values = () => {
    if (known) return known;
    const read = decode(fields, name, type, dims, external);
    if (small) known = read;
    return read;
  };
  return { name, type, dims, values };
}

function decode(
  fields: readonly Field[],
  name: string,
  type: number,
  dims: readonly number[],
  external: External,
): Float32Array | Float64Array {
  const count = sizeOf(dims);
  const wrong = (has: number): InputError =>
    new InputError(`its tensor "${name}" has ${has} values, expected ${count} for [${dims.join(', ')}]`);
  const size = bytesOf[type];
  if (size === undefined)
    throw new InputError(`its tensor "${name}" has values of type ${type}, which Espalier does not read`);
  const raw = lastValue(fields, 14) === 1 ? outside(fields, name, external) : lastBytes(fields, 9);
  if (raw) {
    if (raw.length !== count * size) throw wrong(Math.floor(raw.length / size));
    return fromRaw(raw, type, count);
  }
  if (type === TYPE.float || type === TYPE.double) {
    const own = fixed(fields, type === TYPE.float ? 4 : 10);
    if (own.length !== count * size) throw wrong(Math.floor(own.length / size));
    return fromRaw(own, type, count);
  }
  const list = varints(
    fields,
    type === TYPE.int64 ? 7 : type === TYPE.uint64 || type === TYPE.uint32 ? 11 : 5,
  );
  if (list.length !== count) throw wrong(list.length);
  if (type === TYPE.float16 || type === TYPE.bfloat16)
    return Float32Array.from(list, type === TYPE.float16 ? fromHalf : fromBrain);
  return Float64Array.from(list);
}

function entriesOf(fields: readonly Field[]): Map<string, string> {
  const entries = fields.filter(({ no, wire }) => no === 13 && wire === 2);
  return new Map(
    entries.map(({ bytes }) => {
      const entry = fieldsOf(bytes);
      return [lastText(entry, 1), lastText(entry, 2)];
    }),
  );
}

function outside(fields: readonly Field[], name: string, external: External): Uint8Array {
  const entries = entriesOf(fields);
  const number = (key: string): number | undefined => {
    const value = entries.get(key);
    if (value === undefined) return undefined;
    const found = Number(value);
    if (!/^\d+$/.test(value) || !Number.isSafeInteger(found))
      throw new InputError(`its tensor "${name}" lies at the ${key} "${value.slice(0, 40)}" of another file`);
    return found;
  };
  const location = entries.get('location');
  if (!location) throw new InputError(`its tensor "${name}" lies in another file that it does not name`);
  return external(location, number('offset') ?? 0, number('length'));
}

function fromRaw(raw: Uint8Array, type: number, count: number): Float32Array | Float64Array {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const each = (read: (i: number) => number): Float64Array => {
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = read(i);
    return values;
  };
  switch (type) {
    case TYPE.float: {
      // a copy, since what lies in the file needn't be aligned
      const copy = new Uint8Array(raw);
      return new Float32Array(copy.buffer, copy.byteOffset, count);
    }
    case TYPE.double:
      return Float32Array.from(each((i) => view.getFloat64(8 * i, true)));
    case TYPE.float16:
      return Float32Array.from(each((i) => fromHalf(view.getUint16(2 * i, true))));
    case TYPE.bfloat16:
      return Float32Array.from(each((i) => fromBrain(view.getUint16(2 * i, true))));
    case TYPE.int64:
      return each((i) => Number(view.getBigInt64(8 * i, true)));
    case TYPE.uint64:
      return each((i) => Number(view.getBigUint64(8 * i, true)));
    case TYPE.int32:
      return each((i) => view.getInt32(4 * i, true));
    case TYPE.uint32:
      return each((i) => view.getUint32(4 * i, true));
    case TYPE.int16:
      return each((i) => view.getInt16(2 * i, true));
    case TYPE.uint16:
      return each((i) => view.getUint16(2 * i, true));
    case TYPE.int8:
      return each((i) => view.getInt8(i));
    default:
      return each((i) => view.getUint8(i));
  }
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const scratch = new DataView(new ArrayBuffer(4));

function fromBrain(bits: number): number {
  scratch.setUint32(0, (bits << 16) >>> 0);
  return scratch.getFloat32(0);
}

/** A float32 as bfloat16's bits, rounded to the nearest, even where two are. */
function toBrain(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  return Number.isNaN(value) ? 0x7fc0 : ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** A number as float16's bits, rounded to the nearest, even where two are. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.min(15, Math.floor(Math.log2(size || 1e-30))));
  const step = 2 ** (exponent - 10);
  let units = size / step;
  const low = Math.floor(units);
  const rest = units - low;
  units = rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
  // 1024 units are the hidden bit: a carry goes into the exponent by itself
  return sign | (units < 1024 ? units : (exponent + 15) * 1024 + (units - 1024));
}

/** Values as a tensor of this type has them in raw_data. */
function toRaw(values: ArrayLike<number>, type: number): Uint8Array {
  if (type === TYPE.float) {
    const floats = values instanceof Float32Array ? values : Float32Array.from(values);
    return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  }
  const size = bytesOf[type];
  const view = new DataView(new ArrayBuffer(values.length * size));
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (type === TYPE.double) view.setFloat64(8 * i, v, true);
    else if (type === TYPE.float16) view.setUint16(2 * i, toHalf(v), true);
    else if (type === TYPE.bfloat16) view.setUint16(2 * i, toBrain(v), true);
    else if (type === TYPE.int64) view.setBigInt64(8 * i, BigInt(Math.trunc(v)), true);
    else if (type === TYPE.int32) view.setInt32(4 * i, v, true);
    else throw new InputError(`a tensor of type ${type} can't be written`);
  }
  return new Uint8Array(view.buffer);
}

/** Fields of a TensorProto that say its shape and its values, and so go where others take their place. */
const CONTENT = [1, 4, 5, 6, 7, 9, 10, 11, 13, 14];

/**
 * The tensor with another shape and other values, in parts: its name, type and all else stay, and integers that were
 * listed one by one are so again.
 */
export function withValues(
  bytes: Uint8Array,
  dims: readonly number[],
  values: ArrayLike<number>,
): Uint8Array[] {
  const fields = fieldsOf(bytes);
  const type = lastValue(fields, 2) ?? 0;
  const rest = fields.filter(({ no }) => !CONTENT.includes(no)).map(({ raw }) => raw);
  const shape = dims.length ? [packedField(1, dims)] : [];
  return [...shape, ...rest, ...bytesField(9, [toRaw(values, type)])];
}

/** Whether a tensor's values lie in another file, and in which. */
export function placeOf(bytes: Uint8Array): string | undefined {
  const fields = fieldsOf(bytes);
  return lastValue(fields, 14) === 1 ? entriesOf(fields).get('location') : undefined;
}

/** A tensor whose values lie in another file with them in it, in parts. */
export function embedded(bytes: Uint8Array, external: External): Uint8Array[] {
  const fields = fieldsOf(bytes);
  const rest = fields.filter(({ no }) => no !== 13 && no !== 14).map(({ raw }) => raw);
  return [...rest, ...bytesField(9, [outside(fields, lastText(fields, 8), external)])];
}

/** A new TensorProto. */
export function newTensor(
  name: string,
  type: number,
  dims: readonly number[],
  values: ArrayLike<number>,
): Uint8Array[] {
  const shape = dims.length ? [packedField(1, dims)] : [];
  const named = bytesField(8, [new TextEncoder().encode(name)]);
  return [...shape, numberField(2, type), ...named, ...bytesField(9, [toRaw(values, type)])];
}

/** The bytes of a string tensor's or attribute's text, for messages. */
export const shown = (bytes: Uint8Array): string => text(bytes).slice(0, 80);
