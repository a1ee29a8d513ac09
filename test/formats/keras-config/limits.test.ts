import { describe, expect, it } from 'vitest';
import { parsePythonJson, pythonJson } from '../../../src/formats/keras-config/index.ts';
import { shown } from '../../../src/formats/json/python-json.ts';
import { ofKeras, parse, tensor } from './one-layer.ts';
import type { Json } from './one-layer.ts';

const { NaN: none, Infinity: far } = globalThis;
const operation = (class_name: string, config: Json, args: unknown[] = [tensor('i')]) =>
  parse(
    { class_name, module: 'keras.src.ops.numpy', config: { name: 'x', ...config } },
    { args, kwargs: {} },
  ).map(({ op }) => op);
const against = (class_name: string, limit: unknown) => operation(class_name, {}, [tensor('i'), limit]);
const clip = (x_min: unknown, x_max: unknown) => operation('Clip', { x_min, x_max });
const refusal = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  return 'read';
};

describe('limits', () => {
  const op = { kind: 'activation', activation: 'clip' };
  it('are one operation, which adds and takes away nothing', () => {
    expect(against('Minimum', 1e9)).toEqual([{ ...op, maxValue: 1e9 }]);
    expect(against('Minimum', 0)).toEqual([{ ...op, maxValue: 0 }]);
    expect(against('Maximum', -1e7)).toEqual([{ ...op, minValue: -1e7 }]);
    expect(against('Maximum', 0)).toEqual([{ kind: 'activation', activation: 'relu' }]);
    expect(clip(-1e7, 1e7)).toEqual([{ ...op, minValue: -1e7, maxValue: 1e7 }]);
    expect(clip(0, 6)).toEqual([{ kind: 'activation', activation: 'relu6' }]);
  });

  it('that are infinite are none', () => {
    expect(clip(-far, 1)).toEqual([{ ...op, maxValue: 1 }]);
    expect(clip(0.5, far)).toEqual([{ ...op, minValue: 0.5 }]);
    expect(clip(0, far)).toEqual([{ kind: 'activation', activation: 'relu' }]);
    expect(clip(-far, far)).toEqual([{ kind: 'identity' }]);
    expect(against('Maximum', -far)).toEqual([{ kind: 'identity' }]);
    expect(parse(ofKeras('ReLU', { max_value: far }))[0].op).toEqual({
      kind: 'activation',
      activation: 'relu',
    });
  });

  it('of each channel are constants to compare with', () => {
    expect(against('Maximum', [1, -2])).toEqual([
      { kind: 'affine', scale: [0], offset: [1, -2] },
      { kind: 'maximum' },
    ]);
    expect(refusal(() => against('Minimum', [1, -far]))).toContain('compares each value with -Infinity');
    expect(refusal(() => against('Minimum', [1, far]))).toContain('compares some channels with Infinity');
  });

  it('that leave nothing, and numbers that are none, are refused by what Python calls them', () => {
    expect(refusal(() => clip(far, far))).toContain('has x_min Infinity and x_max Infinity; Espalier reads');
    expect(refusal(() => clip(none, 1))).toContain('has x_min NaN; Espalier reads a number here');
    expect(refusal(() => against('Minimum', -far))).toContain('compares each value with -Infinity');
    expect(refusal(() => against('Minimum', none))).toContain('is called with NaN; Espalier reads');
    expect(refusal(() => against('Add', far))).toContain(
      'is called with Infinity; Espalier reads finite numbers',
    );
    expect(refusal(() => against('Power', far))).toContain('no single finite number');
    expect(refusal(() => parse(ofKeras('LeakyReLU', { negative_slope: -far })))).toContain(
      'has negative_slope -Infinity; Espalier reads a number here',
    );
    expect(refusal(() => parse(ofKeras('Rescaling', { scale: [1, far] })))).toContain(
      'has scale [1,Infinity]',
    );
    expect(refusal(() => parse(ofKeras('Activation', { activation: none })))).toContain(
      'has the activation NaN,',
    );
    expect(refusal(() => parse(ofKeras('Dropout', { rate: 0.1, new: far })))).toContain('"new" (Infinity)');
  });
});

describe('words that JSON has no numbers for', () => {
  const text =
    '{"a": -Infinity, "b": [1.0, NaN, 2], "Infinity": "NaN", "c": Infinity, "d": 1.5, "e": "\\u00e4"}';
  it('are read as numbers, and written as they were', () => {
    const value = parsePythonJson(text);
    expect(value).toEqual({ a: -far, b: [1, none, 2], Infinity: 'NaN', c: far, d: 1.5, e: 'ä' });
    expect(pythonJson(value, text)).toBe(text.replace(/([:,]) /g, '$1'));
  });

  it('stand in messages as Python has them, without marks', () => {
    expect(shown(parsePythonJson(text))).toBe(
      '{"a":-Infinity,"b":[1,NaN,2],"Infinity":"NaN","c":Infinity,"d":1.5,"e":"ä"}',
    );
    expect(shown(undefined)).toBe('undefined');
  });
});

describe('a border of one value', () => {
  it('is padded with that value, however far it is', () => {
    const settings = { height: 3, width: 4, pad_to_aspect_ratio: true, fill_value: -1e7 };
    const ops = parse(ofKeras('Resizing', settings)).map(({ op }) => op);
    expect(ops.map(({ kind }) => kind)).toEqual(['zeroPad', 'resize']);
    expect(ops[0]).toMatchObject({ value: -1e7 });
  });
});

describe('a slice', () => {
  const part = (start: unknown, stop: unknown, step: unknown = null) => ({
    class_name: '__slice__',
    config: { start, stop, step },
  });
  const all = part(null, null);
  const rest = { class_name: '__ellipsis__', config: {} };
  const sliced = (...key: unknown[]) => operation('GetItem', {}, [tensor('i'), key]);
  it('of a picture of 6 x 4 is what Python leaves', () => {
    const left = (...cropping: number[]) => [{ kind: 'crop', cropping }];
    expect(sliced(all, part(1, -1))).toEqual(left(1, 1, 0, 0));
    expect(sliced(all, all, part(-3, 99), all)).toEqual(left(0, 0, 1, 0));
    expect(sliced(rest, part(2, 5, 1), all, part(0, 2))).toEqual(left(2, 1, 0, 0));
    expect(sliced(all, part(0, 6), part(-9, null), rest)).toEqual([{ kind: 'identity' }]);
    const some = (axis: number, positions: number[], step?: number) => ({
      kind: 'gather',
      axis,
      positions,
      ...(step && { step }),
    });
    expect(sliced(rest, part(null, null, -1))).toEqual([some(2, [1, 0])]);
    expect(sliced(all, part(-2, null, -2), part(1, 9, 2))).toEqual([
      some(0, [4, 2, 0], -2),
      some(1, [1, 3], 2),
    ]);
    expect(sliced(all, part(1, 4, 5), part(3, 1, -1), part(1, null))).toEqual([
      some(0, [1]),
      some(1, [3, 2]),
      some(2, [1]),
    ]);
    expect(sliced(rest, part(2, 4), -1)).toEqual([
      ...left(0, 0, 2, 0),
      some(2, [1]),
      { kind: 'reshape', target: [6, 2] },
    ]);
    expect(sliced(all, 0, null, rest, null)).toEqual([
      some(0, [0]),
      { kind: 'reshape', target: [1, 4, 2, 1] },
    ]);
  });

  it('of anything else is refused', () => {
    const others = [
      [part(1, null)],
      [part(0, 1)],
      [0],
      [null, all],
      [rest, 0, 0, 0, 0],
      [all, 0, 0, 0],
      [all, part(3, 3)],
      [all, part(null, null, 0)],
      [all, 6],
      [rest, -3],
      [all, true],
      [all, [1, 0]],
      [rest, rest],
      [all, all, all, all, all],
      [all, all, all, part(2, null)],
    ];
    for (const key of others)
      expect(
        refusal(() => sliced(...key)),
        JSON.stringify(key),
      ).toMatch(/layer "x" \(GetItem\) has key \[.*; Espalier reads slices and single positions of height/);
  });
});

describe('axes that are written in another order', () => {
  it('are said to be so where Keras mixes up the factors along them', () => {
    const mixed = () => parse(ofKeras('LayerNormalization', { axis: [-1, 1] }));
    expect(refusal(mixed)).toContain("has axis -1, 1, an order that Espalier doesn't read");
    expect(refusal(() => parse(ofKeras('LayerNormalization', { axis: [3, 1] })))).toBe('read');
    expect(
      refusal(() => parse(ofKeras('LayerNormalization', { axis: [-1, 1], scale: false, center: false }))),
    ).toBe('read');
  });
});
