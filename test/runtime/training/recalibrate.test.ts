import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../support/builder.ts';
import { InputError } from '../../../src/graph/errors.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { Network } from '../../../src/runtime/training/network.ts';
import { recalibrate } from '../../../src/runtime/training/recalibrate.ts';
import type { Backend } from '../../../src/runtime/types.ts';
import { difference, randomInputs } from '../zoo.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});
afterAll(() => expect(backend.tf.memory().numTensors).toBe(0));

/** conv 1x1 (easily done by hand) -> batch norm -> relu -> conv 1x1 -> batch norm, with dropout that must not act. */
function net() {
  const b = new GraphBuilder({ seed: 4, lively: true });
  const h = b.dropout(
    b.relu(b.batchNorm(b.conv(b.input([3, 2, 2]), 3, 1, { bias: false }), { name: 'bn1' })),
    0.5,
  );
  return b.build(b.batchNorm(b.conv(h, 2, 1, { bias: false }), { name: 'bn2' }));
}

/** Statistics of each batch by plain loops in double precision. */
function byHand(x: Float32Array, { graph, weights }: ReturnType<typeof net>) {
  const stats: Record<string, number[]> = {};
  let rows: number[][] = [];
  for (let p = 0; p < x.length; p += 2) rows.push([x[p], x[p + 1]]);
  for (const node of graph.nodes) {
    if (node.op.kind === 'conv2d') {
      const kernel = weights.get(node.params.kernel)!;
      const [cin, cout] = graph.params[node.params.kernel].shape.slice(2);
      rows = rows.map((row) =>
        Array.from({ length: cout }, (_, o) => {
          let sum = 0;
          for (let i = 0; i < cin; i++) sum += row[i] * kernel[i * cout + o];
          return sum;
        }),
      );
    } else if (node.op.kind === 'batchNorm') {
      const mean = rows[0].map((_, c) => rows.reduce((s, r) => s + r[c], 0) / rows.length);
      const variance = rows[0].map(
        (_, c) => rows.reduce((s, r) => s + (r[c] - mean[c]) ** 2, 0) / rows.length,
      );
      stats[node.params.mean] = mean;
      stats[node.params.variance] = variance;
      const [gamma, beta] = [weights.get(node.params.gamma)!, weights.get(node.params.beta)!];
      const { epsilon } = node.op;
      rows = rows.map((r) =>
        r.map((v, c) => ((v - mean[c]) / Math.sqrt(variance[c] + epsilon)) * gamma[c] + beta[c]),
      );
    } else if (node.op.kind === 'activation') rows = rows.map((r) => r.map((v) => Math.max(v, 0)));
  }
  return stats;
}

const sizes = [4, 4, 2];

describe('batch-norm recalibration', () => {
  for (const mode of ['average', 'momentum'] as const)
    it(`equals plain loops: ${mode}`, async () => {
      const made = net();
      const batches = sizes.map((n, i) => ({ n, x: randomInputs(made.graph, n, 50 + i)[0] }));
      const perBatch = batches.map(({ x }) => byHand(x, made));
      const result = await recalibrate(backend, made.graph, made.weights, {
        mode,
        batches: (async function* () {
          yield* batches;
        })(),
      });
      const ids = Object.keys(perBatch[0]);
      expect([...result.keys()].sort()).toEqual(ids.sort());
      for (const id of ids) {
        const start = id.endsWith('variance') ? 1 : 0;
        const expected = perBatch[0][id].map((_, c) =>
          mode === 'average'
            ? perBatch.reduce((s, stats, i) => s + (stats[id][c] * sizes[i]) / 10, 0)
            : perBatch.reduce((m, stats) => 0.9 * m + 0.1 * stats[id][c], start),
        );
        expect(difference(result.get(id)!, expected)).toBeLessThan(1e-5);
      }
    });

  it('takes the tensors of a network, frozen batch norms too, and changes nothing', async () => {
    const made = net();
    const params = Object.fromEntries(
      Object.entries(made.graph.params).map(([id, p]) => [id, { ...p, trainable: false }]),
    );
    const graph = { ...made.graph, params };
    const network = new Network(backend, graph, made.weights);
    const [x] = randomInputs(graph, 6);
    const batches = async function* () {
      yield { n: 6, x };
    };
    const result = await recalibrate(backend, graph, (id) => network.variable(id), { batches: batches() });
    expect(result.size).toBe(4);
    for (const [id, values] of network.weights()) expect(values).toEqual(made.weights.get(id));
    network.setWeights(result);
    const [y] = network.predict(x, 6);
    const weights = network.weights();
    network.dispose();
    // with its own statistics, the last batch norm's output has beta and gamma as mean and deviation
    const bn = graph.nodes.at(-1)!;
    for (let c = 0; c < 2; c++) {
      const column = y.filter((_, i) => i % 2 === c);
      const mean = column.reduce((a, b) => a + b, 0) / column.length;
      expect(mean).toBeCloseTo(weights.get(bn.params.beta)![c], 4);
    }
  });

  it('refuses to run on nothing', async () => {
    const { graph, weights } = net();
    const batches = async function* () {};
    await expect(recalibrate(backend, graph, weights, { batches: batches() })).rejects.toThrow(InputError);
  });
});
