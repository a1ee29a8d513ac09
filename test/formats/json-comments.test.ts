import { describe, expect, it } from 'vitest';
import { withoutComments } from '../../src/formats/json/comments.ts';
import { namesInLabelMap } from '../../src/formats/label-map.ts';

const without = (text: string) => JSON.parse(withoutComments(text)) as unknown;

describe('JSON with comments', () => {
  it('is read without them, and without a comma behind the last', () => {
    expect(without('// a\n{"a": /* [ */ 1, // ]\n "b": [1, 2, /* end */ ],\r\n}\n//')).toEqual({
      a: 1,
      b: [1, 2],
    });
  });

  it('keeps what looks like one in a string, and refuses what is no JSON otherwise', () => {
    const text = '["http://x", "/* */", "a\\\\", "\\"//", ",]"]';
    expect(without(text)).toEqual(JSON.parse(text));
    expect(() => without('[1 /* 2]')).toThrow(SyntaxError);
    expect(() => without('["a, // b]')).toThrow(SyntaxError);
    // a comment parts what stands on both sides of it
    expect(() => without('[1/**/2]')).toThrow(SyntaxError);
  });

  it('of many signs that end nothing is passed over once', () => {
    const size = 2 ** 19;
    for (const part of ['/*', ', ', '//\n', '"\\"', '"', '[', '/**/'])
      expect(withoutComments(part.repeat(size / part.length)).length).toBeGreaterThan(0);
    for (const part of ['item { ', 'item{"', 'item{#', 'item{id:', '"', 'a', '\\"'])
      expect(namesInLabelMap(part.repeat(size / part.length))).toBeUndefined();
  });
});
