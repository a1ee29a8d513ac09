import { afterEach, describe, expect, it, vi } from 'vitest';
import { LayerCall } from '../../../src/formats/keras-config/layer-call.ts';
import { OPERATIONS } from '../../../src/formats/keras-config/layers/operations.ts';
import { readClasses } from '../../../src/formats/keras-config/layers/table.ts';
import { least, ofKeras, parse, parseOperation, twoFor } from './one-layer.ts';
import type { Json } from './one-layer.ts';

afterEach(() => vi.restoreAllMocks());

/** What the readers of a layer ask for, whatever they are given. */
function asked(read: () => unknown): string[] {
  const spy = vi.spyOn(LayerCall.prototype, 'setting');
  read();
  const names = spy.mock.calls.map(([name]) => name);
  vi.restoreAllMocks();
  return [...new Set(names)];
}

function refusal(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Words of schemas and of programs, that nobody who trains networks has to know. */
const JARGON =
  /\b(invalid|expected|received|pattern|regex|union|undefined|NaN|object|array|tuple|literal|enum|input:)\b/i;

const WRONG: readonly unknown[] = ['reflect', { no: 'such' }, [['a'], 'b'], -3.5, 1e12];

/** Of every setting and wrong value a sentence that names layer, setting and value, and says what is read. */
function sentences(name: string, read: (config: Json) => unknown, kind: string): string[] {
  const wrong: string[] = [];
  for (const setting of asked(() => read({})))
    for (const value of WRONG) {
      const said = refusal(() => read({ [setting]: value }));
      if (said === undefined) continue;
      const whole =
        said.startsWith(`f: layer "x" (${kind}) `) &&
        said.includes(setting === 'activation' ? 'activation' : setting) &&
        (typeof value === 'number' || setting === 'activation' || said.includes(JSON.stringify(value))) &&
        !JARGON.test(said.replace(JSON.stringify(value), ''));
      if (!whole) wrong.push(`${name}, ${setting} ${JSON.stringify(value)}: ${said}`);
    }
  return wrong;
}

describe('a setting that can not be read is refused in one plain sentence', () => {
  it.each(readClasses)('%s', (name) => {
    const read = (config: Json) => parse(ofKeras(name, { ...least[name], ...config }), twoFor(name));
    expect(sentences(name, read, name)).toEqual([]);
  });

  it.each(Object.keys(OPERATIONS))('the operation %s', (name) => {
    const kind = name.replace(/^image\./, '').replace(/(^|_)([a-z])/g, (_, __, c: string) => c.toUpperCase());
    expect(sentences(name, (config) => parseOperation(name, config), kind)).toEqual([]);
  });

  it('says what is read', () => {
    expect(refusal(() => parseOperation('pad', { mode: 'reflect' }))).toBe(
      'f: layer "x" (Pad) has mode "reflect"; Espalier reads "constant" alone here',
    );
    expect(refusal(() => parse(ofKeras('MaxPooling2D', { padding: 'causal' })))).toBe(
      'f: layer "x" (MaxPooling2D) has padding "causal"; Espalier reads "same", "valid" here',
    );
    expect(refusal(() => parse(ofKeras('Dense', {})))).toBe(
      'f: layer "x" (Dense) has no units; Espalier reads a whole number from 1 on here',
    );
    expect(refusal(() => parseOperation('mean', { axis: 0 }))).toContain(
      'acts on axis 0, which is the images of a batch',
    );
    expect(refusal(() => parse(ofKeras('Dense', { units: 2, activation: 'sparsemax' })))).toBe(
      'f: layer "x" (Dense) has the activation "sparsemax", which Espalier does not execute',
    );
  });
});
