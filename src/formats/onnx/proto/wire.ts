import { InputError } from '../../../graph/errors.ts';

/*
 * Protocol buffers as they lie in a file, field by field. What isn't changed keeps its bytes, also fields that nobody here
 * knows: a written model is the source's own.
 */

/** Wire types that protocol buffers have today. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** One field of a message: number, wire type, and its content (`bytes`) or value. */
export interface Field {
  readonly no: number;
  readonly wire: number;
  /** of a varint, as a signed 64-bit number, rounded where it is beyond 2^53; else 0 */
  readonly value: number;
  /** the content of a field with a length, or the bytes of a fixed one; empty for varints */
  readonly bytes: Uint8Array;
  /** as it is in the file, with its tag */
  readonly raw: Uint8Array;
}

/** Fields that one message may have: a graph of 20,000 nodes with their weights is far below. */
const MAX_FIELDS = 2 ** 22;

/**
 * The fields of a message, in their order; contents are views of the bytes.
 * @throws InputError where it is none
 */
export function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const [tag, afterTag] = varint(bytes, at);
    const no = Math.floor(tag / 8);
    const wire = tag % 8;
    if (no < 1 || no > 2 ** 29 - 1) throw damaged();
    at = afterTag;
    let value = 0;
    let from = at;
    if (wire === VARINT) {
      [value, at] = varint(bytes, at);
      from = at;
    } else if (wire === BYTES) {
      const [length, begin] = varint(bytes, at);
      from = begin;
      at = begin + length;
      if (!(length >= 0 && at <= bytes.length)) throw damaged();
    } else if (wire === FIXED32 || wire === FIXED64) {
      at += wire === FIXED32 ? 4 : 8;
      if (at > bytes.length) throw damaged();
    } else throw damaged();
    if (fields.length >= MAX_FIELDS) throw damaged();
    fields.push({ no, wire, value, bytes: bytes.subarray(from, at), raw: bytes.subarray(start, at) });
  }
  return fields;
}

function damaged(): InputError {
  return new InputError('its protocol buffers are damaged or cut short');
}

/** A varint as a signed 64-bit number, and where the next byte is. */
function varint(bytes: Uint8Array, at: number): [number, number] {
  let low = 0;
  let scale = 1;
  for (let i = 0; i < 10; i++) {
    if (at + i >= bytes.length) throw damaged();
    const byte = bytes[at + i];
    if (i < 7) low += (byte & 127) * scale;
    if (byte < 128) {
      if (i < 7) return [low, at + i + 1];
      return [large(bytes, at, i), at + i + 1];
    }
    scale *= 128;
  }
  throw damaged();
}

function large(bytes: Uint8Array, at: number, last: number): number {
  let value = 0n;
  for (let k = last; k >= 0; k--) value = (value << 7n) | BigInt(bytes[at + k] & 127);
  return Number(BigInt.asIntN(64, value));
}

/** All numbers of a repeated varint field, packed or one by one. */
export function varints(fields: readonly Field[], no: number): number[] {
  const values: number[] = [];
  for (const field of fields) {
    if (field.no !== no) continue;
    if (field.wire === VARINT) values.push(field.value);
    else if (field.wire === BYTES)
      for (let at = 0; at < field.bytes.length;) {
        const [value, next] = varint(field.bytes, at);
        values.push(value);
        at = next;
      }
    else throw damaged();
  }
  return values;
}

/** All bytes of a repeated fixed-size field (float, double), packed or one by one, in a row. */
export function fixed(fields: readonly Field[], no: number): Uint8Array {
  const parts = fields.filter((field) => field.no === no && field.wire !== VARINT).map(({ bytes }) => bytes);
  return parts.length === 1 ? parts[0] : joined(parts);
}

/** The content of the last field of this number, as protocol buffers have it. */
export function lastBytes(fields: readonly Field[], no: number): Uint8Array | undefined {
  return fields.findLast((field) => field.no === no && field.wire === BYTES)?.bytes;
}

export function lastValue(fields: readonly Field[], no: number): number | undefined {
  return fields.findLast((field) => field.no === no && field.wire === VARINT)?.value;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function text(bytes: Uint8Array | undefined): string {
  return bytes ? decoder.decode(bytes) : '';
}

export function lastText(fields: readonly Field[], no: number): string {
  return text(lastBytes(fields, no));
}

export function texts(fields: readonly Field[], no: number): string[] {
  return fields.filter((field) => field.no === no && field.wire === BYTES).map(({ bytes }) => text(bytes));
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varintBytes(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

/** A field with a number, ready to be written. */
export function numberField(no: number, value: number | bigint): Uint8Array {
  return Uint8Array.from([...varintBytes(no * 8 + VARINT), ...varintBytes(value)]);
}

/** A field with bytes, in parts that aren't copied. */
export function bytesField(no: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([...varintBytes(no * 8 + BYTES), ...varintBytes(length)]), ...parts];
}

export function textField(no: number, value: string): Uint8Array {
  return joined(bytesField(no, [encoder.encode(value)]));
}

/** A repeated field of whole numbers, packed. */
export function packedField(no: number, values: readonly (number | bigint)[]): Uint8Array {
  return joined(bytesField(no, [Uint8Array.from(values.flatMap(varintBytes))]));
}
