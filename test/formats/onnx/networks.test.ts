import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../../src/formats/index.ts';
import type { LoadedModel } from '../../../src/formats/index.ts';
import { onnxFile } from '../../../src/formats/onnx/file.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { inputSize } from '../../../src/graph/shapes.ts';
import { permuteChannels, prune, zeroRemoved } from '../../../src/graph/surgery.ts';
import type { Dependencies, Graph, Weights } from '../../../src/graph/types.ts';
import { runFile } from '../../../src/runtime/onnx/file.ts';
import { runOnnx } from '../../../src/runtime/scoring/agreement.ts';
import { largestDifference } from '../../../src/runtime/training/conditioning.ts';
import { randomKept } from '../../graph/checks.ts';
import { execute } from '../../support/reference-executor.ts';
import { OnnxFileBuilder } from '../../support/onnx.ts';
import { cases } from './networks.ts';

const SMALL = 2e-5;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'onnx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Groups that can lose channels, and those of several channels that can't, as the cases declare them. */
function told({ groups }: Dependencies): string[] {
  return groups
    .filter(({ size, frozen }) => frozen === undefined || size > 1)
    .map(({ id, size, members, frozen }) => {
      const makers = new Set(members.filter(({ role }) => role === 'producer').map(({ layer }) => layer));
      return `${id} = ${size}: ${[...makers].join(' ')}${frozen === undefined ? '' : ` | ${frozen}`}`;
    });
}

describe.each(cases)('$name', ({ build, opset, groups, opaque = [], pooled }) => {
  let bytes: Uint8Array;
  let model: LoadedModel;
  let dependencies: Dependencies;
  const inputs = (n: number): Float32Array[] => {
    const random = new Random(2);
    return model.graph.inputs.map((id) =>
      Float32Array.from({ length: n * inputSize(model.graph, id) }, () => random.normal()),
    );
  };
  const byFile = (graph: Graph, weights: Weights) =>
    runFile(onnxFile(model, graph, weights)!, inputs(2), 2, { threads: 1 });

  beforeAll(async () => {
    const b = new OnnxFileBuilder({ opset });
    bytes = b.build(build(b));
    const file = path.join(folder, 'net.onnx');
    await writeFile(file, bytes);
    model = await loadModel(file);
    dependencies = findGroups(model.graph);
  });

  it('has the declared groups', () => {
    expect(model.graph.fixed).toBeUndefined();
    expect(told(dependencies)).toEqual(Object.entries(groups).map(([id, text]) => `${id} = ${text}`));
    const unknown = model.graph.nodes.flatMap(({ op }) => (op.kind === 'opaque' ? op.what : []));
    expect(unknown).toEqual(opaque);
  });

  it('computes what its file computes', async () => {
    if (opaque.length > 0) return;
    const right = await byFile(model.graph, model.weights);
    const scored = await runOnnx(model.graph, model.weights, inputs(2), 2, { threads: 1, optimise: false });
    expect(largestDifference(right, scored)).toBeLessThan(SMALL);
    const [one] = inputs(1);
    const shape = model.graph.nodes.find(({ id }) => id === model.graph.inputs[0])!.op;
    const plain = execute(model.graph, model.weights, [
      { shape: shape.kind === 'input' ? shape.shape : [], data: Float64Array.from(one) },
    ]);
    const first = right.map((y, i) => y.subarray(0, plain[i].data.length));
    expect(
      largestDifference(
        first,
        plain.map(({ data }) => Float32Array.from(data)),
      ),
    ).toBeLessThan(SMALL);
  });

  it('is written as it was where nothing changed', async () => {
    const out = path.join(folder, 'same.onnx');
    await saveModel(model, model.graph, model.weights, out);
    expect(Buffer.compare(await readFile(out), bytes)).toBe(0);
  });

  it.each([0.3, 0.7])(
    'pruned to %f equals the original with zeros, and is so when it is read again',
    async (share) => {
      const kept = randomKept(dependencies, new Random(3), share);
      const small = prune(model.graph, model.weights, dependencies, kept);
      const out = path.join(folder, 'small.onnx');
      await saveModel(model, small.graph, small.weights, out);
      const again = await loadModel(out);
      const found = await runFile(onnxFile(again, again.graph, again.weights)!, inputs(2), 2, { threads: 1 });
      if (!pooled) {
        const right = await byFile(model.graph, zeroRemoved(model.graph, model.weights, dependencies, kept));
        expect(largestDifference(right, found)).toBeLessThan(SMALL);
      }
      const ours = await byFile(small.graph, small.weights);
      expect(largestDifference(ours, found)).toBe(0);
      if (opaque.length === 0) {
        const scored = await runOnnx(small.graph, small.weights, inputs(2), 2, {
          threads: 1,
          optimise: false,
        });
        expect(largestDifference(found, scored)).toBeLessThan(SMALL);
      }
    },
  );

  it('gives the same with its channels in another order', async () => {
    const random = new Random(4);
    const orders = dependencies.groups.map(({ size, frozen }) => {
      const order = Array.from({ length: size }, (_, c) => c);
      return frozen === undefined ? random.shuffle(order) : order;
    });
    const shuffled = permuteChannels(model.graph, model.weights, dependencies, orders);
    const right = await byFile(model.graph, model.weights);
    expect(largestDifference(right, await byFile(model.graph, shuffled))).toBeLessThan(SMALL);
  });
});
