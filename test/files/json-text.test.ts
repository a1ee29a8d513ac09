import { expect, it } from 'vitest';
import { duplicateKey } from '../../src/config/duplicates.ts';
import { endOfString, replaceOutside } from '../../src/files/json-text.ts';
import { parsePythonJson, pythonJson } from '../../src/formats/json/python-json.ts';

it('finds the end of a string, whatever is escaped in it', () => {
  for (const value of ['', 'a', '"', '\\', 'a\\"b', '\\\\"', '\\\\', 'é"']) {
    const text = JSON.stringify(value);
    expect(endOfString(`[${text},"x"]`, 1)).toBe(1 + text.length);
  }
  expect(endOfString('"never', 0)).toBe(6);
});

it('replaces what is not in a string', () => {
  expect(replaceOutside('{"a1":1,"b\\"1":[1,"1"],"c":1', /1/g, () => '2')).toBe(
    '{"a1":2,"b\\"1":[2,"1"],"c":2',
  );
});

// a pattern of alternatives needs stack for each character
it('strings of many megabytes are read like others', () => {
  const long = 'x\\'.repeat(5_000_000);
  const text = `{"a":${JSON.stringify(long)},"b":1.0,"c":NaN}`;
  expect(duplicateKey(text)).toBeNull();
  expect(duplicateKey(text.replace('"c"', '"b"'))).toBe('b');
  const read = parsePythonJson(text) as { a: string };
  expect(read).toEqual({ a: long, b: 1, c: NaN });
  expect(pythonJson({ a: long, b: 1 }, `{"a":${JSON.stringify(long)},"b":1.0}`)).toMatch(/"b":1\.0\}$/);
});
