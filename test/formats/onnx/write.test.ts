import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hashModel, modelParts } from '../../../src/formats/identity.ts';
import { loadModel, saveModel } from '../../../src/formats/index.ts';
import type { LoadedModel } from '../../../src/formats/index.ts';
import { onnxFile } from '../../../src/formats/onnx/file.ts';
import { readModelProto } from '../../../src/formats/onnx/proto/model.ts';
import { newTensor, toHalf, TYPE } from '../../../src/formats/onnx/proto/tensor.ts';
import {
  bytesField,
  fieldsOf,
  joined,
  lastText,
  numberField,
  textField,
} from '../../../src/formats/onnx/proto/wire.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { prune, zeroRemoved } from '../../../src/graph/surgery.ts';
import { runFile } from '../../../src/runtime/onnx/file.ts';
import { largestDifference, ownInputs } from '../../../src/runtime/training/conditioning.ts';
import { randomKept } from '../../graph/checks.ts';
import { lacks, needs } from '../../support/needs.ts';
import { OnnxFileBuilder } from '../../support/onnx.ts';
import { draw } from './draw.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => path.join(folder, name);
const none = () => {
  throw new Error('no weights lie elsewhere');
};

/** A model with every initializer as another one. */
function withTensors(bytes: Uint8Array, change: (tensor: Uint8Array) => Uint8Array[]): Uint8Array {
  return joined(
    fieldsOf(bytes).flatMap((field) =>
      field.no === 7
        ? bytesField(
            7,
            fieldsOf(field.bytes).flatMap((one) =>
              one.no === 5 ? bytesField(5, change(one.bytes)) : [one.raw],
            ),
          )
        : [field.raw],
    ),
  );
}

function plain(): Uint8Array {
  const b = new OnnxFileBuilder();
  const x = b.relu(b.conv(b.input([null, 3, 6, 6]), 3, 8, 3, { name: 'a' }));
  return b.build(b.head(b.relu(b.conv(x, 8, 6, 3, { name: 'c' })), 6));
}

/** Prunes a file and compares what it gives with the original's zeros. */
async function pruned(model: LoadedModel, out: string): Promise<number> {
  const dependencies = findGroups(model.graph);
  const kept = randomKept(dependencies, new Random(2));
  const small = prune(model.graph, model.weights, dependencies, kept);
  await saveModel(model, small.graph, small.weights, out);
  const again = await loadModel(out);
  const x = ownInputs(model.graph, model.weights, 1, new Random(3));
  const zeros = zeroRemoved(model.graph, model.weights, dependencies, kept);
  const right = await runFile(onnxFile(model, model.graph, zeros)!, x, 1, { threads: 1 });
  const found = await runFile(onnxFile(again, again.graph, again.weights)!, x, 1, { threads: 1 });
  return largestDifference(right, found);
}

describe('kinds of weights', () => {
  it('listed number by number', async () => {
    writeFileSync(
      at('typed.onnx'),
      withTensors(plain(), (tensor) => {
        const fields = fieldsOf(tensor);
        const raw = fields.find(({ no }) => no === 9)!.bytes;
        return [...fields.filter(({ no }) => no !== 9).map((one) => one.raw), ...bytesField(4, [raw])];
      }),
    );
    writeFileSync(at('raw.onnx'), plain());
    const [typed, raw] = [await loadModel(at('typed.onnx')), await loadModel(at('raw.onnx'))];
    expect([...typed.weights]).toEqual([...raw.weights]);
    expect(await pruned(typed, at('typed-small.onnx'))).toBeLessThan(2e-5);
  });

  it.each([TYPE.float16, TYPE.double, TYPE.bfloat16])('of type %i stay so', async (type) => {
    const bytes = withTensors(plain(), (tensor) => {
      const { name, dims, values } = readModelProto(joined(bytesField(7, bytesField(5, [tensor]))), none)
        .graph.initializers.values()
        .next().value as never as { name: string; dims: number[]; values(): Float32Array };
      return newTensor(name, type, dims, values());
    });
    writeFileSync(at('other.onnx'), bytes);
    const model = await loadModel(at('other.onnx'));
    await saveModel(model, model.graph, model.weights, at('same.onnx'));
    expect(readFileSync(at('same.onnx')).equals(bytes)).toBe(true);
    const dependencies = findGroups(model.graph);
    const small = prune(model.graph, model.weights, dependencies, randomKept(dependencies, new Random(2)));
    await saveModel(model, small.graph, small.weights, at('small.onnx'));
    const { graph } = readModelProto(readFileSync(at('small.onnx')), none);
    expect([...graph.initializers.values()].every((one) => one.type === type)).toBe(true);
    const again = await loadModel(at('small.onnx'));
    for (const [id, values] of small.weights) expect(again.weights.get(id)).toEqual(values);
  });

  it('half-precision numbers are rounded to the nearest, even where two are', () => {
    const cases: [number, number][] = [
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65520, 0x7c00],
      [2 ** -24, 1],
      [2 ** -25, 0],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [0.000061035156, 0x0400],
    ];
    for (const [value, bits] of cases) expect(toHalf(value), String(value)).toBe(bits);
  });

  it('in a file beside the model come into it, and belong to it', async () => {
    mkdirSync(at('beside'));
    const parts: Uint8Array[] = [];
    let offset = 0;
    const bytes = withTensors(plain(), (tensor) => {
      const fields = fieldsOf(tensor);
      const raw = fields.find(({ no }) => no === 9)!.bytes;
      const entry = (key: string, value: string) => bytesField(13, [textField(1, key), textField(2, value)]);
      const place = { location: 'net.data', offset: String(offset), length: String(raw.length) };
      offset += raw.length;
      parts.push(raw);
      return [
        ...fields.filter(({ no }) => no !== 9).map((one) => one.raw),
        ...Object.entries(place).flatMap(([key, value]) => entry(key, value)),
        numberField(14, 1),
      ];
    });
    writeFileSync(at('beside/net.onnx'), bytes);
    writeFileSync(at('beside/net.data'), joined(parts));
    writeFileSync(at('raw.onnx'), plain());
    const model = await loadModel(at('beside/net.onnx'));
    expect([...model.weights]).toEqual([...(await loadModel(at('raw.onnx'))).weights]);
    expect(await pruned(model, at('alone.onnx'))).toBeLessThan(2e-5);
    expect(await modelParts(at('beside/net.onnx'))).toEqual([at('beside/net.onnx'), at('beside/net.data')]);
    const before = await hashModel(at('beside/net.onnx'));
    writeFileSync(at('beside/net.data'), joined([...parts.slice(1), parts[0]]));
    expect(await hashModel(at('beside/net.onnx'))).not.toBe(before);
  });
});

describe('what is written', () => {
  it('keeps names, versions and what nobody knows, and changes what has to', async () => {
    const extra = bytesField(100, [new TextEncoder().encode('of a later version')]);
    const bytes = joined([
      plain(),
      ...extra,
      ...bytesField(14, [textField(1, 'author'), textField(2, 'somebody')]),
    ]);
    writeFileSync(at('meta.onnx'), bytes);
    const model = await loadModel(at('meta.onnx'));
    expect(await pruned(model, at('meta-small.onnx'))).toBeLessThan(2e-5);
    const fields = fieldsOf(readFileSync(at('meta-small.onnx')));
    expect(lastText(fields, 100)).toBe('of a later version');
    const [old, made] = ['meta.onnx', 'meta-small.onnx'].map((name) =>
      readModelProto(readFileSync(at(name)), none),
    );
    expect([...made.metadata]).toEqual([['author', 'somebody']]);
    expect(made.graph.nodes.map(({ bytes: one }) => Buffer.from(one).toString('hex'))).toEqual(
      old.graph.nodes.map(({ bytes: one }) => Buffer.from(one).toString('hex')),
    );
    expect([...made.graph.initializers.keys()]).toEqual([...old.graph.initializers.keys()]);
  });

  it('a constant that two layers want otherwise is copied for one of them', async () => {
    const b = new OnnxFileBuilder();
    const x = b.input([null, 3, 6, 6]);
    const sizes = b.ints([4, 8]);
    const parts = ['a', 'c'].map((name) => {
      const made = b.conv(x, 3, 12, 3, { name });
      b.node('Split', [made, sizes], { axis: 1 }, `split-${name}`, [`${name}0`, `${name}1`]);
      return b.node('Concat', [`${name}1`, `${name}0`], { axis: 1 });
    });
    const outputs = parts.map((part, i) => {
      const flat = b.node('Flatten', [b.node('GlobalAveragePool', [b.conv(part, 12, 5, 1)])]);
      return b.dense(flat, 5, 3, `fc${i}`);
    });
    const bytes = b.build(outputs);
    writeFileSync(at('shared.onnx'), bytes);
    const model = await loadModel(at('shared.onnx'));
    expect(await pruned(model, at('shared-small.onnx'))).toBeLessThan(2e-5);
  });

  it('sizes in Constant nodes are changed where they stand', async () => {
    const b = new OnnxFileBuilder();
    const x = b.conv(b.input([null, 3, 6, 6]), 3, 8, 3, { name: 'a' });
    const sizes = b.node('Constant', [], { value_ints: [-1, 2, 4, 36] });
    const turned = b.node('Transpose', [b.node('Reshape', [x, sizes])], { perm: [0, 2, 1, 3] });
    const back = b.node('Reshape', [turned, b.node('Constant', [], { value_ints: [-1, 8, 6, 6] })]);
    writeFileSync(at('constants.onnx'), b.build(b.head(back, 8)));
    const model = await loadModel(at('constants.onnx'));
    expect(model.graph.fixed).toBeUndefined();
    expect(await pruned(model, at('constants-small.onnx'))).toBeLessThan(2e-5);
  });

  const need = needs(lacks.keras());
  it.skipIf(need.skip)(need.name("passes ONNX' own checks, as whole networks at random do"), async () => {
    const files: string[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      writeFileSync(at('one.onnx'), draw(seed));
      const model = await loadModel(at('one.onnx'));
      const dependencies = findGroups(model.graph);
      const small = prune(
        model.graph,
        model.weights,
        dependencies,
        randomKept(dependencies, new Random(seed)),
      );
      const out = at(`checked-${seed}.onnx`);
      await saveModel(model, small.graph, small.weights, out);
      files.push(out);
    }
    const script = `import onnx, sys\nfor f in sys.argv[1:]: onnx.checker.check_model(onnx.shape_inference.infer_shapes(onnx.load(f), strict_mode=True), full_check=True)`;
    const run = spawnSync(process.env.ESPALIER_PYTHON!, ['-c', script, ...files], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
  });
});
