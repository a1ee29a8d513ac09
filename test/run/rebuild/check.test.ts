import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { LoadedModel } from '../../../src/formats/types.ts';
import { GraphBuilder } from '../../support/builder.ts';
import type { Graph, Op, Weights } from '../../../src/graph/types.ts';
import { checkModel } from '../../../src/run/rebuild/check.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { ownInputs } from '../../../src/runtime/training/conditioning.ts';
import { runBackend, runOnnx, judgeOnnx, withLogits } from '../../../src/runtime/scoring/agreement.ts';
import { Random } from '../../../src/graph/random.ts';
import type { Backend } from '../../../src/runtime/types.ts';

import type * as surgery from '../../../src/graph/surgery.ts';
import type * as exporter from '../../../src/runtime/export-onnx.ts';
import type { BackendName } from '../../../src/terms/choices.ts';

/** What a deliberately wrong cut does to the weights that it gives. */
const fault = vi.hoisted(() => ({
  spoil: undefined as ((weights: Map<string, Float32Array>) => void) | undefined,
}));
vi.mock('../../../src/graph/surgery.ts', async (original) => {
  const real = await original<typeof surgery>();
  return {
    ...real,
    prune: (...given: Parameters<typeof real.prune>) => {
      const narrow = real.prune(...given);
      const weights = new Map(narrow.weights);
      fault.spoil?.(weights);
      return { graph: narrow.graph, weights };
    },
  };
});
/** What ONNX Runtime is given another network for. */
const onnx = vi.hoisted(() => ({ spoil: false }));
vi.mock('../../../src/runtime/export-onnx.ts', async (original) => {
  const real = await original<typeof exporter>();
  return {
    ...real,
    exportOnnx: (graph: Graph, weights: Weights) =>
      real.exportOnnx(
        graph,
        onnx.spoil ? new Map([...weights].map(([id, w]) => [id, w.map((v) => 1.01 * v)])) : weights,
      ),
  };
});

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({
    prefer: process.env.ESPALIER_BACKEND as BackendName | undefined,
    threads: 1,
  });
});

/** Layers that spread what lies close together: each makes twice as much of a difference as it is given, or more. */
function chaotic(layers: number): { graph: Graph; weights: Weights } {
  const b = new GraphBuilder({ seed: 4, lively: true });
  let x = b.input([5, 5, 3]);
  for (let i = 0; i < layers; i++) x = b.activation(b.conv(x, 12, 3, { name: `conv${i}` }), 'tanh');
  const { graph, weights } = b.build(b.dense(b.globalPool(x), 4, { name: 'head' }));
  const wild = [...weights].map(([id, w]): [string, Float32Array] => [
    id,
    id.startsWith('conv') && w.length > 100 ? w.map((v) => 3 * v) : w,
  ]);
  return { graph, weights: new Map(wild) };
}

async function check(network: { graph: Graph; weights: Weights }) {
  let written: LoadedModel | undefined;
  const model: LoadedModel = {
    ...network,
    format: 'keras-h5',
    path: 'net.h5',
    name: 'net',
    warnings: [],
    container: { kerasConfig: null, files: new Map() },
  };
  return await checkModel(
    model,
    { seed: 1, ratio: 0.5 },
    {
      predict: (graph, weights, inputs, n) => runBackend(backend, withLogits(graph), weights, inputs, n),
      score: (graph, weights, inputs, n) => runOnnx(withLogits(graph), weights, inputs, n, { threads: 1 }),
      saveModel: async (source, graph, weights) => void (written = { ...source, graph, weights }),
      loadModel: async () => written!,
    },
  );
}

describe.each([
  ['tame', 2],
  ['ill-conditioned', 13],
  ['hopeless', 40],
] as const)('check of a network that is %s', (kind, layers) => {
  const network = chaotic(layers);
  const failed = ({ results }: Awaited<ReturnType<typeof check>>) =>
    results.filter(({ ok }) => !ok).map(({ name }) => name);

  it('passes, and says how exact the network is', async () => {
    fault.spoil = undefined;
    const { results, rounding } = await check(network);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    const names = results.map(({ name }) => name);
    expect(names).toContain('engines agree');
    expect(names.includes('layer by layer')).toBe(kind !== 'tame');
    expect(results.some(({ skipped }) => skipped)).toBe(kind === 'hopeless');
    if (kind === 'tame') expect(rounding).toBeLessThan(1e-5);
    if (kind === 'ill-conditioned') expect(rounding).toBeGreaterThan(1e-5);
  });

  const kernel = `conv${layers - 1}/kernel`;
  const swapped = (weights: Map<string, Float32Array>, id: string) => {
    const values = weights.get(id)!.slice();
    for (let i = 0; i + 1 < values.length; i += 6) [values[i], values[i + 1]] = [values[i + 1], values[i]];
    weights.set(id, values);
  };
  it.each([
    [
      'two channels exchanged in the first layer',
      (w: Map<string, Float32Array>) => swapped(w, 'conv0/kernel'),
    ],
    ['two channels exchanged in the last convolution', (w: Map<string, Float32Array>) => swapped(w, kernel)],
    [
      'one weight of the last convolution off by a hundredth of the largest',
      (w: Map<string, Float32Array>) => {
        const values = w.get(kernel)!.slice();
        values[0] += 0.01 * Math.max(...values.map(Math.abs));
        w.set(kernel, values);
      },
    ],
  ])('fails for a wrong cut: %s', async (_, spoil) => {
    fault.spoil = spoil;
    try {
      const names = failed(await check(network));
      expect(names.some((name) => name === 'pruned equals zeroed' || name === 'layer by layer')).toBe(true);
    } finally {
      fault.spoil = undefined;
    }
  });
});

describe('lengths over channels that go', () => {
  const unit = (behind: (b: GraphBuilder, x: string) => string) => {
    const b = new GraphBuilder({ seed: 3, lively: true });
    const h = behind(b, b.conv(b.input([5, 5, 3]), 8, 3, { name: 'conv' }));
    const y = b.add({ kind: 'unitNorm', axes: [2], least: 1e-6 }, [h], { name: 'unit' });
    return b.build(b.dense(b.globalPool(y), 4, { name: 'head' }));
  };
  const zeroed = async (network: { graph: Graph; weights: Weights }) =>
    (await check(network)).results.find(({ name }) => name === 'pruned equals zeroed');

  it('are compared, since zeros add nothing to them', async () => {
    const found = await zeroed(unit((b, x) => b.relu(x)));
    expect(found).toMatchObject({ ok: true });
    expect(found).not.toHaveProperty('skipped');
    fault.spoil = (w) =>
      w.set(
        'conv/kernel',
        w.get('conv/kernel')!.map((v, i) => (i % 4 ? v : -v)),
      );
    try {
      expect(await zeroed(unit((b, x) => b.relu(x)))).toMatchObject({ ok: false });
    } finally {
      fault.spoil = undefined;
    }
  });

  it('are not where zeros become other numbers before them', async () => {
    for (const behind of [
      (b: GraphBuilder, x: string) => b.activation(x, 'sigmoid'),
      (b: GraphBuilder, x: string) => b.add({ kind: 'activation', activation: 'clip', minValue: 0.2 }, [x]),
    ])
      expect(await zeroed(unit(behind))).toMatchObject({
        ok: true,
        skipped:
          '"unit" takes a length over channels that go, and whose zeros the layers before it make other numbers',
      });
  });
});

describe('a backend that disagrees with ONNX Runtime', () => {
  it('fail the check, and a run scores by the one that trains', async () => {
    const network = chaotic(2);
    expect(await judgeOnnx(network, { backend })).toEqual({ trust: 'optimised' });
    onnx.spoil = true;
    try {
      const { results } = await check(network);
      expect(results.filter(({ ok }) => !ok).map(({ name }) => name)).toContain('engines agree');
      expect(await judgeOnnx(network, { backend })).toEqual({
        trust: 'none',
        said: expect.stringMatching(/ONNX Runtime's outputs .* differ from the \w+ backend's by [\d.]+ %/),
      });
    } finally {
      onnx.spoil = false;
    }
  });
});

describe('inputs in a network’s own range', () => {
  const of = (build: (b: GraphBuilder, x: string) => string) => {
    const b = new GraphBuilder({ seed: 1, lively: true });
    const { graph, weights } = b.build(build(b, b.input([16, 16, 3])));
    return ownInputs(graph, weights, 2, new Random(1))[0];
  };
  const affine = (scale: number[], offset: number[]): Op => ({ kind: 'affine', scale, offset });
  it('are bytes before a rescaling, and normal without one', () => {
    for (const op of [affine([1 / 255], [0]), affine([1 / 127.5], [-1]), affine([1], [-103, -116, -123])]) {
      const x = of((b, i) => b.conv(b.add(op, [b.dropout(i)]), 2, 3));
      expect([Math.min(...x), Math.max(...x)]).toEqual([0, 255]);
      expect(x.every(Number.isInteger)).toBe(true);
    }
    const normal = of((b, i) => b.conv(i, 2, 3));
    expect(Math.min(...normal)).toBeLessThan(-2);
    expect(Math.max(...normal)).toBeLessThan(6);
  });
});
