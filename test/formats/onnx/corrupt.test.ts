import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../src/formats/index.ts';
import { InputError } from '../../../src/graph/errors.ts';
import { Random } from '../../../src/graph/random.ts';
import { encodeModel } from '../../../src/runtime/onnx/proto.ts';
import { OnnxFileBuilder } from '../../support/onnx.ts';
import {
  bytesField,
  fieldsOf,
  joined,
  numberField,
  textField,
} from '../../../src/formats/onnx/proto/wire.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'onnx-'));
  file = path.join(folder, 'net.onnx');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function small(): Uint8Array {
  const b = new OnnxFileBuilder();
  const x = b.relu(b.norm(b.conv(b.input([null, 3, 8, 8]), 3, 8, 3, { name: 'a' }), 8));
  return b.build(b.head(x, 8));
}

/** What reading says: null where it says nothing, and only an InputError counts. */
async function problem(bytes: Uint8Array): Promise<string | null> {
  await writeFile(file, bytes);
  try {
    await loadModel(file);
    return null;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).not.toContain('\n');
    return error.message;
  }
}

const graphOf = (graph: Record<string, unknown>): Uint8Array =>
  encodeModel({ ir_version: 8, opset_import: [{ domain: '', version: 17 }], graph });

const image = {
  name: 'x',
  type: { tensor_type: { elem_type: 1, shape: { dim: [1, 3, 8, 8].map((d) => ({ dim_value: d })) } } },
};
const output = { name: 'y', type: { tensor_type: { elem_type: 1 } } };
const relu = { op_type: 'Relu', input: ['x'], output: ['y'], name: 'relu' };

describe('damaged files', () => {
  it('says in one sentence where a file is cut short, wherever that is', async () => {
    const whole = small();
    for (let end = 0; end < whole.length; end += 37) await problem(whole.subarray(0, end));
    expect(await problem(whole.subarray(0, whole.length - 20))).toContain('damaged or cut short');
  });

  it('reads or refuses files with any byte changed', async () => {
    const random = new Random(8);
    const whole = small();
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const bytes = Uint8Array.from(whole);
      bytes[random.integer(0, 400)] = random.integer(0, 255);
      if ((await problem(bytes)) !== null) refused++;
    }
    expect(refused).toBeGreaterThan(30);
  });

  it.each<[string, Uint8Array, string]>([
    ['no graph', encodeModel({ ir_version: 8, producer_name: 'nobody' }), 'holds no graph'],
    ['no input', graphOf({ node: [], output: [output] }), 'has no input'],
    [
      'an input without a shape',
      graphOf({ input: [{ name: 'x' }], node: [relu], output: [output] }),
      'has no shape',
    ],
    [
      'an output that nothing gives',
      graphOf({ input: [image], node: [], output: [output] }),
      'given by no node',
    ],
    [
      'a value that nothing gives',
      graphOf({ input: [image], node: [{ ...relu, input: ['z'] }], output: [output] }),
      'reads "z", which no node before it gives',
    ],
    [
      'a circle',
      graphOf({
        input: [image],
        node: [{ ...relu, input: ['y'] }],
        output: [output],
      }),
      'reads "y", which no node before it gives',
    ],
    [
      'weights that are too few',
      graphOf({
        input: [image],
        node: [{ op_type: 'Conv', input: ['x', 'w'], output: ['y'] }],
        initializer: [{ name: 'w', dims: [4, 3, 3, 3], data_type: 1, raw_data: new Uint8Array(40) }],
        output: [output],
      }),
      'has 10 values, expected 108',
    ],
    [
      'weights of a size that nobody has',
      graphOf({
        input: [image],
        node: [{ op_type: 'Conv', input: ['x', 'w'], output: ['y'] }],
        initializer: [{ name: 'w', dims: [2 ** 40, 3, 3, 3], data_type: 1, raw_data: new Uint8Array(40) }],
        output: [output],
      }),
      'has 10 values',
    ],
    [
      'a weight that is no number',
      graphOf({
        input: [image],
        node: [{ op_type: 'Conv', input: ['x', 'w'], output: ['y'] }],
        initializer: [
          {
            name: 'w',
            dims: [1, 3, 1, 1],
            data_type: 1,
            raw_data: new Uint8Array(new Float32Array([1, NaN, 2]).buffer),
          },
        ],
        output: [output],
      }),
      'not finite',
    ],
  ])('refuses %s', async (_, bytes, text) => {
    expect(await problem(bytes)).toContain(text);
  });

  it.each(['../secret.bin', '/etc/passwd', 'a/../../b', 'C:\\weights', 'gone.bin'])(
    'reads no weights from %s',
    async (location) => {
      const entry = (key: string, value: string): Uint8Array[] =>
        bytesField(13, [textField(1, key), textField(2, value)]);
      const dims = [4, 3, 1, 1].map((d) => numberField(1, d));
      const tensor = [
        ...dims,
        numberField(2, 1),
        textField(8, 'w'),
        ...entry('location', location),
        numberField(14, 1),
      ];
      const bytes = graphOf({
        input: [image],
        node: [{ op_type: 'Conv', input: ['x', 'w'], output: ['y'] }],
        output: [output],
      });
      const whole = fieldsOf(bytes).flatMap((field) =>
        field.no === 7 ? bytesField(7, [field.bytes, ...bytesField(5, tensor)]) : [field.raw],
      );
      expect(await problem(joined(whole))).toMatch(/outside of its folder|it is not there/);
    },
  );

  it('folds no constant into more than the machine has', async () => {
    const big = new BigInt64Array([100_000n, 100_000n, 3n, 3n]);
    const said = await problem(
      graphOf({
        input: [image],
        node: [
          { op_type: 'ConstantOfShape', input: ['s'], output: ['w'] },
          { op_type: 'Conv', input: ['x', 'w'], output: ['y'] },
        ],
        initializer: [{ name: 's', dims: [4], data_type: 7, raw_data: new Uint8Array(big.buffer) }],
        output: [output],
      }),
    );
    expect(said).toBeNull();
  });
});
