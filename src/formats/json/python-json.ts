import { replaceOutside } from '../../files/json-text.ts';

/**
 * Python's JSON is not quite ours: NaN and Infinity are bare words, and 1.0 is a float where 1 is an integer (which
 * TensorFlow's operations tell apart). The words are read as the numbers that they are, and written as words again; a
 * float's point is put back from the source's text. Marks are within this file alone.
 */
const MARK = '\u0001';
const WORD = /^-?(?:NaN|Infinity)$/;
const MARKED = /^\u0001-?(?:NaN|Infinity)\u0001$/;

/** A bare word, or a number that is written as a float. */
const TOKEN = /-?\b(?:NaN|Infinity)\b|-?\b\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)/g;

/** @throws SyntaxError */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(
      replaceOutside(text, TOKEN, (found) => (WORD.test(found) ? marked(found) : found)),
      (_, value: unknown) =>
        typeof value === 'string' && MARKED.test(value) ? Number(value.slice(1, -1)) : value,
    );
  }
}

/**
 * JSON in ASCII alone, as Python writes it.
 * @param like the text that `value` was read from, before changes: whole numbers that are floats there stay floats
 */
export function pythonJson(value: unknown, like?: string): string {
  let floats: unknown;
  if (like !== undefined) floats = JSON.parse(replaceOutside(like, TOKEN, marked));
  return wordy(withPoints(value, floats)).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Like JSON.stringify, with the words that Python has for numbers that JSON doesn't know: for messages. */
export function shown(value: unknown): string {
  return value === undefined ? 'undefined' : wordy(withPoints(value, undefined));
}

const wordy = (value: unknown) => JSON.stringify(value).replace(/"\\u0001([^"\\]*)\\u0001"/g, '$1');

/** A copy with the whole numbers marked that were floats at the same place, and numbers that JSON has none for. */
function withPoints(value: unknown, floats: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${MARK}${value}${MARK}`;
  if (typeof value === 'number')
    return typeof floats === 'string' && floats.startsWith(MARK) && Number.isInteger(value)
      ? `${MARK}${Object.is(value, -0) ? '-0' : BigInt(value)}.0${MARK}`
      : value;
  if (Array.isArray(value))
    return value.map((v, i) => withPoints(v, Array.isArray(floats) ? floats[i] : undefined));
  if (value === null || typeof value !== 'object') return value;
  const source = floats !== null && typeof floats === 'object' ? (floats as Record<string, unknown>) : {};
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [
      k,
      withPoints(v, Object.hasOwn(source, k) ? source[k] : undefined),
    ]),
  );
}

const marked = (found: string) => JSON.stringify(MARK + found + MARK);
