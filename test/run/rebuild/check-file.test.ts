import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../../src/formats/index.ts';
import type { Graph, Weights } from '../../../src/graph/types.ts';
import { imageInput } from '../../../src/run/images/head.ts';
import { checkModel } from '../../../src/run/rebuild/check.ts';
import { fileRunner } from '../../../src/run/rebuild/own-file.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { runBackend, withLogits } from '../../../src/runtime/scoring/agreement.ts';
import { OnnxFileBuilder } from '../../support/onnx.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function network(unknown: boolean) {
  const b = new OnnxFileBuilder();
  const x = b.relu(b.conv(b.input([null, 3, 8, 8]), 3, 6, 3, { name: 'a' }));
  const y = unknown ? b.node('LRN', [x], { size: 3 }, 'lrn') : x;
  const file = path.join(folder, 'net.onnx');
  writeFileSync(file, b.build(b.node('Softmax', [b.head(b.conv(y, 6, 8, 3, { name: 'c' }), 8)])));
  return await loadModel(file);
}

async function check(unknown: boolean, spoil = (weights: Weights): Weights => weights) {
  const model = await network(unknown);
  const backend = await openBackend({ threads: 1 });
  const run = fileRunner(model, 1)!;
  const predict = (graph: Graph, weights: Weights, inputs: readonly Float32Array[], n: number) => {
    if (unknown) throw new Error('the backend knows no such operator');
    return runBackend(backend, withLogits(graph), spoil(weights), inputs, n);
  };
  const runFile: typeof run = (graph, weights, inputs, n) => run(graph, weights, inputs, n);
  const score = () => Promise.resolve(undefined);
  const { results } = await checkModel(
    model,
    { seed: 1, ratio: 0.5 },
    { loadModel, saveModel, predict, score, runFile },
  );
  return results;
}

describe('check of a model whose file can be run', () => {
  it("holds Espalier's reading against the file", async () => {
    const results = await check(false);
    expect(results.map(({ name }) => name)).toContain('file agrees');
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('fails where the reading is another', async () => {
    const twice = (weights: Weights): Weights =>
      new Map([...weights].map(([id, w]) => [id, id === 'c.w' ? w.map((v) => 2 * v) : w]));
    const failed = (await check(false, twice)).filter(({ ok }) => !ok).map(({ name }) => name);
    expect(new Set(failed)).toEqual(new Set(['file agrees']));
  });

  it('runs the file alone where the network holds what Espalier does not know', async () => {
    const results = await check(true);
    expect(results.map(({ name }) => name)).toEqual(['pruned equals zeroed', 'permutation', 'reload']);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('such a network is not given images, and the operator is named', async () => {
    expect(imageInput(await network(true))).toEqual({
      problem:
        "Espalier can't compute lrn (LRN), so this network can't be scored or trained: prune it by its weights alone, without images",
    });
  });
});
