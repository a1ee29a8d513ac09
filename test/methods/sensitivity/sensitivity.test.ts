import { beforeAll, describe, expect, test } from 'vitest';
import { batches } from '../../../src/data/batches.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import type { Graph, Weights } from '../../../src/graph/types.ts';
import { searchImportance } from '../../../src/methods/importance/search.ts';
import { Cutter } from '../../../src/methods/sensitivity/cutter.ts';
import { cutsOf, levelsOf } from '../../../src/methods/sensitivity/levels.ts';
import { measureSensitivity } from '../../../src/methods/sensitivity/measure.ts';
import type { Sensitivity } from '../../../src/methods/sensitivity/measure.ts';
import type { Measured } from '../../../src/methods/sensitivity/measured.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import type { Backend } from '../../../src/runtime/types.ts';
import { GraphBuilder } from '../../support/builder.ts';
import { imageSet, smallNet, unit } from '../nets.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

const settings = {
  recalibrationBatches: 1,
  recalibrationBatchSize: 32,
  recalibrationMode: 'average' as const,
  validationImages: 40,
};

async function cutterOf({ graph, weights }: { graph: Graph; weights: Weights }, validation = 40) {
  const dependencies = findGroups(graph);
  const images = { set: imageSet(64, validation), preprocess: unit, backend };
  const root = new Random(4).state;
  const context = { graph, weights, dependencies };
  const importance = await searchImportance(context, images, 'l1', root);
  return { dependencies, images, cutter: new Cutter(context, images, settings, root, importance) };
}

async function toEnd<T>(events: AsyncGenerator<unknown, T, void>, most = Infinity): Promise<T | null> {
  for (let done = 0; ; done++) {
    const next = await events.next();
    if (next.done) return next.value;
    if (done + 1 >= most) return null;
  }
}

describe('levels', () => {
  test('equal parts of a group, as rounding allows, each once', () => {
    expect(levelsOf(16, 8, 1)).toEqual([14, 12, 10, 8, 6, 4, 2]);
    expect(levelsOf(16, 8, 1, true)).toEqual([14, 12, 10, 8, 6, 4, 2, 1]);
    expect(levelsOf(16, 8, 8, true)).toEqual([8]);
    expect(levelsOf(3, 8, 1)).toEqual([2, 1]);
    expect(levelsOf(4, 8, 8)).toEqual([]);
    // the whole size is allowed, but a multiple above 10 is not
    expect(levelsOf(10, 4, 4, true)).toEqual([8, 4]);
  });
});

test('a network of one layer, by hand: what is left of the sum over its channels', async () => {
  const b = new GraphBuilder({ seed: 1 });
  // the mean of a picture times each channel's number, into a class each
  const h = b.conv(b.input([6, 6, 1]), 4, 1, { bias: false, name: 'conv' });
  const { graph, weights } = b.build(b.softmax(b.dense(b.globalPool(h), 3, { name: 'out' })));
  const own = new Map(weights);
  const kernel = [2, -0.5, 1, 4];
  const dense = [1, 0, -1, 2, 1, 0, 0, 1, -2, 0.5, -1, 1];
  own.set('conv/kernel', Float32Array.from(kernel));
  own.set('out/kernel', Float32Array.from(dense));
  own.set('out/bias', Float32Array.from([0.1, 0, -0.1]));
  const { dependencies, images, cutter } = await cutterOf({ graph, weights: own });
  const cuts = cutsOf(dependencies, 4, 1);
  expect(cuts.map(({ width }) => width)).toEqual([3, 2, 1]);
  const found = (await toEnd(measureSensitivity(dependencies, cutter, cuts, []))) as Sensitivity;

  // by |filter|: 3, 0, 2, 1
  const keptAt: Record<number, number[]> = { 4: [0, 1, 2, 3], 3: [0, 2, 3], 2: [0, 3], 1: [3] };
  const expected: Record<number, { loss: number; right: number; n: number }> = {};
  for (const [width, kept] of Object.entries(keptAt)) {
    const total = { loss: 0, right: 0, n: 0 };
    const all = batches(images.set.validation, unit, { batchSize: 40, order: 'sequential' });
    for await (const { x, y, n } of all)
      for (let i = 0; i < n; i++) {
        let mean = 0;
        for (let p = 0; p < 36; p++) mean += x[36 * i + p] / 36;
        const logits = [0.1, 0, -0.1].map(
          (bias, k) => bias + kept.reduce((sum, c) => sum + mean * kernel[c] * dense[3 * c + k], 0),
        );
        total.loss += Math.log(logits.reduce((sum, v) => sum + Math.exp(v), 0)) - logits[y[i]];
        total.right += Number(logits.every((v, k) => k === y[i] || v < logits[y[i]]));
        total.n++;
      }
    expected[Number(width)] = total;
  }
  for (const { width, loss, accuracy } of [{ width: 4, ...found.whole }, ...found.cuts]) {
    expect(loss).toBeCloseTo(expected[width].loss / expected[width].n, 4);
    expect(accuracy).toBeCloseTo((100 * expected[width].right) / expected[width].n, 9);
  }
});

test('broken off anywhere and gone on, by another cutter of the same seed: the same to the last digit', async () => {
  const net = smallNet();
  const { dependencies, cutter } = await cutterOf(net);
  const cuts = cutsOf(dependencies, 3, 1);
  const scores: Measured[] = [];
  const done: unknown[] = [];
  const events = measureSensitivity(dependencies, cutter, cuts, scores);
  for (let next = await events.next(); !next.done; next = await events.next()) done.push(next.value);
  expect(done).toHaveLength(1 + cuts.length);
  expect(done.at(-1)).toMatchObject({ stage: 'sensitivity', done: 1 + cuts.length, total: 1 + cuts.length });
  for (const at of [1, 4]) {
    const part: Measured[] = [];
    await toEnd(measureSensitivity(dependencies, cutter, cuts, part), at);
    expect(part).toHaveLength(at);
    const kept = JSON.parse(JSON.stringify(part)) as Measured[];
    const other = (await cutterOf(smallNet())).cutter;
    await toEnd(measureSensitivity(dependencies, other, cuts, kept));
    expect(JSON.stringify(kept)).toBe(JSON.stringify(scores));
  }
});
