import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../../src/formats/index.ts';
import { onnxFile } from '../../../src/formats/onnx/file.ts';
import { findGroups, statisticsOverChannels } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { inputSize } from '../../../src/graph/shapes.ts';
import { permuteChannels, prune, zeroRemoved } from '../../../src/graph/surgery.ts';
import { runFile } from '../../../src/runtime/onnx/file.ts';
import { runOnnx } from '../../../src/runtime/scoring/agreement.ts';
import { largestDifference } from '../../../src/runtime/training/conditioning.ts';
import { randomKept } from '../../graph/checks.ts';
import { draw } from './draw.ts';

/** Networks of each run; ESPALIER_GRAPHS asks for more. */
const GRAPHS = Number(process.env.ESPALIER_GRAPHS ?? 40);
const SMALL = 1e-4;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'onnx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('random networks', () => {
  it.each(Array.from({ length: GRAPHS }, (_, i) => i + 1))('network %i', async (seed) => {
    const file = path.join(folder, `${seed}.onnx`);
    await writeFile(file, draw(seed));
    const model = await loadModel(file);
    const { graph, weights } = model;
    expect(graph.fixed).toBeUndefined();
    const dependencies = findGroups(graph);
    const random = new Random(seed);
    const inputs = graph.inputs.map((id) =>
      Float32Array.from({ length: inputSize(graph, id) }, () => random.normal()),
    );
    const run = (of: typeof graph, w: typeof weights) =>
      runFile(onnxFile(model, of, w)!, inputs, 1, { threads: 1 });

    const right = await run(graph, weights);
    const known = !graph.nodes.some(({ op }) => op.kind === 'opaque');
    if (known)
      expect(
        largestDifference(right, await runOnnx(graph, weights, inputs, 1, { threads: 1, optimise: false })),
      ).toBeLessThan(SMALL);

    const kept = randomKept(dependencies, random, 0.3 + 0.5 * random.uniform());
    const small = prune(graph, weights, dependencies, kept);
    const out = path.join(folder, `${seed}-small.onnx`);
    await saveModel(model, small.graph, small.weights, out);
    const again = await loadModel(out);
    const found = await runFile(onnxFile(again, again.graph, again.weights)!, inputs, 1, { threads: 1 });
    if (statisticsOverChannels(graph, dependencies).length === 0)
      expect(
        largestDifference(await run(graph, zeroRemoved(graph, weights, dependencies, kept)), found),
      ).toBeLessThan(SMALL);
    if (known)
      expect(
        largestDifference(
          found,
          await runOnnx(small.graph, small.weights, inputs, 1, { threads: 1, optimise: false }),
        ),
      ).toBeLessThan(SMALL);

    const orders = dependencies.groups.map(({ size, frozen }) => {
      const order = Array.from({ length: size }, (_, c) => c);
      return frozen === undefined ? random.shuffle(order) : order;
    });
    const shuffled = permuteChannels(graph, weights, dependencies, orders);
    expect(largestDifference(right, await run(graph, shuffled))).toBeLessThan(SMALL);
  });
});
