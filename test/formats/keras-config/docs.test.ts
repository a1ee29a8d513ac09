import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readActivations } from '../../../src/formats/keras-config/layers/activation.ts';
import { operationReader } from '../../../src/formats/keras-config/layers/operation.ts';
import { OPERATIONS } from '../../../src/formats/keras-config/layers/operations.ts';
import { readClasses } from '../../../src/formats/keras-config/layers/table.ts';

const text = readFileSync('docs/layers.md', 'utf8');
/** The names in code style of a part of the text. */
const between = (from: string, to: string) =>
  [...text.slice(text.indexOf(from), text.indexOf(to)).matchAll(/`([^`]+)`/g)].map(([, name]) => name);

const layer = (library: 'keras' | 'tensorflow', name: string) => ({
  name: 'x',
  className: 'x',
  module: '',
  operation: { library, name },
  config: {},
  calls: [],
});

describe('docs/layers.md says what is read, no more and no less', () => {
  it('layers', () => {
    const listed = between('## Layers', 'How channels go through');
    const others = ['keras.applications'];
    expect(listed.filter((name) => !others.includes(name)).sort()).toEqual(
      ['InputLayer', ...readClasses].sort(),
    );
  });

  it('activations', () => {
    const listed = between('## Activations', 'Not `sparsemax`').filter((name) => name !== 'Activation');
    expect(listed.sort()).toEqual([...readActivations].sort());
  });

  it('operations', () => {
    const keras = between('**keras.ops**', '**tf**').map((name) => [`ops.${name}`, name] as const);
    const tf = between('**tf**', 'What they are not read for')
      .filter((name) => name !== 'keras.activations')
      .map((name) => [name, name.replace(/^(math|nn)\./, '').replace(/^reduce_/, '')] as const);
    for (const [name] of keras)
      expect(operationReader(layer('keras', name.replace(/^ops\.image\./, 'image.'))), name).toBeDefined();
    for (const [name] of tf) expect(operationReader(layer('tensorflow', name)), name).toBeDefined();
    const said = new Set([...keras, ...tf].map(([, key]) => key));
    // other names of the same functions, by which files keep them
    for (const alias of ['add_v2', 'sub', 'mul', 'neg', 'get_item', 'getitem']) said.add(alias);
    // functions of keras.activations, called
    for (const name of ['exponential', 'hard_swish', 'mish']) said.add(name);
    expect([...said].sort()).toEqual(Object.keys(OPERATIONS).sort());
  });
});
