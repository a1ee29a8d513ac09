import { beforeAll, describe, expect, it } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { GraphBuilder } from '../../support/builder.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import type { Dependencies, Graph, Weights } from '../../../src/graph/types.ts';
import { importanceOf } from '../../../src/methods/importance/importance.ts';
import { taylorImportance } from '../../../src/methods/importance/taylor.ts';
import { baselines } from '../../../src/methods/baselines/method.ts';
import { methodNamed, methods } from '../../../src/methods/index.ts';
import type { MethodContext, MethodEvent, Outcome } from '../../../src/methods/types.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { Network } from '../../../src/runtime/training/network.ts';
import { Teacher } from '../../../src/runtime/training/teacher.ts';
import type { Backend, Batch } from '../../../src/runtime/types.ts';
import { batchOf, imageSet, smallNet, unit } from '../nets.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

/** Two convolutions that meet in an Add, each 1x1 from one input channel: four channels, filters of one number. */
function twoBranches(
  a: number[],
  b: number[],
  gammas?: number[],
): { graph: Graph; weights: Weights; dependencies: Dependencies } {
  const g = new GraphBuilder({ seed: 1 });
  const x = g.input([2, 2, 1]);
  let left = g.conv(x, 4, 1, { bias: false, name: 'left' });
  if (gammas) left = g.batchNorm(left, { name: 'bn' });
  const right = g.conv(x, 4, 1, { bias: false, name: 'right' });
  const sum = g.merge('add', [left, right]);
  const { graph, weights } = g.build(g.dense(g.globalPool(g.relu(sum)), 2, { name: 'out' }));
  const all = new Map(weights);
  all.set('left/kernel', Float32Array.from(a));
  all.set('right/kernel', Float32Array.from(b));
  if (gammas) all.set('bn/gamma', Float32Array.from(gammas));
  return { graph, weights: all, dependencies: findGroups(graph) };
}

describe('importance', () => {
  const net = twoBranches([1, -2, 3, -4], [-40, 30, 10, 20]);

  it('sums over all places of a group, each divided by its mean', () => {
    const group = net.dependencies.params['left/kernel'][3]!.group[0];
    for (const criterion of ['l1', 'l2'] as const) {
      const { importance } = importanceOf(net.graph, net.dependencies, net.weights, criterion);
      // |a| / 2.5 + |b| / 25
      expect([...importance[group]]).toEqual(
        [0.4 + 1.6, 0.8 + 1.2, 1.2 + 0.4, 1.6 + 0.8].map((v) => expect.closeTo(v, 6)),
      );
    }
  });

  it('geometric median: the sum of distances to the other filters', () => {
    const { importance } = importanceOf(net.graph, net.dependencies, net.weights, 'geometric-median');
    const group = net.dependencies.params['left/kernel'][3]!.group[0];
    const distances = (values: number[]) =>
      values.map((v) => values.reduce((s, w) => s + Math.abs(v - w), 0));
    const normal = (values: number[]) =>
      values.map((v) => v / (values.reduce((s, w) => s + w, 0) / values.length));
    const [a, b] = [normal(distances([1, -2, 3, -4])), normal(distances([-40, 30, 10, 20]))];
    expect([...importance[group]]).toEqual(a.map((v, i) => expect.closeTo(v + b[i], 6)));
  });

  it('l2 is the norm of whole filters, not of single weights', () => {
    const g = new GraphBuilder({ seed: 1 });
    const h = g.conv(g.input([4, 4, 1]), 2, 2, { bias: false, name: 'conv' });
    const { graph, weights } = g.build(g.dense(g.globalPool(h), 2));
    // HWIO: filter 0 is 3, 0, 4, 0 and filter 1 is 2, 2, 2, 2
    const set = new Map(weights).set('conv/kernel', Float32Array.from([3, 2, 0, 2, 4, 2, 0, 2]));
    const dependencies = findGroups(graph);
    const of = (criterion: 'l1' | 'l2') => [
      ...importanceOf(graph, dependencies, set, criterion).importance[
        dependencies.params['conv/kernel'][3]!.group[0]
      ],
    ];
    expect(of('l1').map((v) => v * 7.5)).toEqual([expect.closeTo(7, 5), expect.closeTo(8, 5)]);
    expect(of('l2').map((v) => v * 4.5)).toEqual([expect.closeTo(5, 5), expect.closeTo(4, 5)]);
  });

  it('bn-scale: |gamma| as it is; without any, refuses; where some lack it, says so', () => {
    const normed = twoBranches([1, 1, 1, 1], [1, 1, 1, 1], [0.1, -3, 0.2, 0]);
    const { importance, warnings } = importanceOf(
      normed.graph,
      normed.dependencies,
      normed.weights,
      'bn-scale',
    );
    const group = normed.dependencies.params['left/kernel'][3]!.group[0];
    expect([...importance[group]]).toEqual([0.1, 3, 0.2, 0].map((v) => expect.closeTo(v, 6)));
    expect(warnings).toEqual([]);
    expect(() => importanceOf(net.graph, net.dependencies, net.weights, 'bn-scale')).toThrow(/l1/);
    const mixed = smallNet();
    const found = importanceOf(mixed.graph, findGroups(mixed.graph), mixed.weights, 'bn-scale');
    expect(found.warnings.join()).toMatch(/side/);
  });

  it('taylor: |w dL/dw| agrees with finite differences of the loss', async () => {
    const { graph, weights } = smallNet();
    const dependencies = findGroups(graph);
    const batch = batchOf(5, 24);
    async function* once(): AsyncGenerator<Batch> {
      yield batch;
    }
    const { importance } = await taylorImportance(
      backend,
      graph,
      dependencies,
      weights,
      once(),
      new Random(1),
    );
    const lossAt = (changed: Weights): number => {
      const network = new Network(backend, graph, changed);
      const [y] = network.predict(batch.x, batch.n);
      network.dispose();
      let loss = 0;
      batch.y.forEach((label, i) => (loss -= Math.log(y[i * 3 + label])));
      return loss / batch.n;
    };
    // "side" is alone in its group: its kernel [1, 1, 8, 4] and its bias
    const expected = new Float64Array(4);
    const step = 3e-3;
    for (const [id, size] of [
      ['side/kernel', 32],
      ['side/bias', 4],
    ] as const)
      for (let i = 0; i < size; i++) {
        const value = weights.get(id)![i];
        const at = (v: number) =>
          lossAt(
            new Map(weights).set(
              id,
              weights.get(id)!.map((w, k) => (k === i ? v : w)),
            ),
          );
        expected[i % 4] += Math.abs((value * (at(value + step) - at(value - step))) / (2 * step));
      }
    const group = dependencies.params['side/kernel'][3]!.group[0];
    importance[group].forEach((v, c) =>
      expect(Math.abs(v - expected[c])).toBeLessThan(0.05 * expected[c] + 1e-3),
    );
  });
});

it('taylor refuses to rank by gradients that are not finite', async () => {
  const { graph, weights } = smallNet();
  const huge = new Map(weights).set(
    'side/kernel',
    weights.get('side/kernel')!.map(() => 3e38),
  );
  const batch = batchOf(5, 24);
  async function* once(): AsyncGenerator<Batch> {
    yield batch;
  }
  const ranking = taylorImportance(backend, graph, findGroups(graph), huge, once(), new Random(1));
  await expect(ranking).rejects.toThrow(/ranked by gradients: that of "[^"]+" is not finite.*--method l1/);
});

describe('taylor, of several outputs', () => {
  const K = 3;
  /** Labels are of `kind`; each branch has a layer of its own, whose 1x1 kernel makes one channel a number. */
  function branches(): { graph: Graph; weights: Weights } {
    const b = new GraphBuilder({ seed: 4, lively: true });
    const x = b.input([2, 2, 3]);
    const head = (name: string, units: number) =>
      b.dense(b.globalPool(b.relu(b.conv(x, 4, 1, { name: `${name}_conv` }))), units, { name });
    const kind = b.softmax(head('kind', K));
    const mood = b.softmax(head('mood', 4));
    const tags = b.activation(head('tags', 3), 'sigmoid');
    return b.build([kind, mood, tags, head('size', 2)]);
  }
  const draw = new Random(6);
  const n = 2048;
  const x = Float32Array.from({ length: n * 12 }, () => draw.normal());
  const size = 128;
  const once = async function* (): AsyncGenerator<Batch> {
    for (let from = 0; from < n; from += size)
      yield {
        n: size,
        x: x.subarray(from * 12, (from + size) * 12),
        y: Int32Array.from({ length: size }, (_, i) => i % K),
      };
  };

  it('what other outputs lose counts as fine-tuning counts it: half the curvature of their distance', async () => {
    const { graph, weights } = branches();
    const dependencies = findGroups(graph);
    const teacher = (await Teacher.open(backend, graph, weights, once()))!;
    const { importance, warnings } = await taylorImportance(
      backend,
      graph,
      dependencies,
      weights,
      teacher.answer(once()),
      new Random(2),
    );
    teacher.dispose();
    expect(warnings).toEqual([]);
    // what a sigmoid or softmax is away by in KL divergence, plain values by their mean square, told from outputs alone
    const answersOf = (changed: Weights): Float32Array[] => {
      const network = new Network(backend, graph, changed);
      const found = network.predict(x, n).map((values) => values.slice());
      network.dispose();
      return found;
    };
    const before = answersOf(weights);
    const kl = (p: number, q: number) => (p > 0 ? p * Math.log(p / q) : 0);
    const far: Record<string, (now: Float32Array[]) => number> = {
      mood: (now) => before[1].reduce((sum, p, i) => sum + kl(p, now[1][i]), 0) / n,
      // three sigmoids count three times their mean: once each
      tags: (now) =>
        before[2].reduce((sum, p, i) => sum + kl(p, now[2][i]) + kl(1 - p, 1 - now[2][i]), 0) / n,
      size: (now) => before[3].reduce((sum, v, i) => sum + (v - now[3][i]) ** 2, 0) / before[3].length,
    };
    for (const [name, distance] of Object.entries(far)) {
      const expected = new Float64Array(4);
      for (const [id, size] of [
        [`${name}_conv/kernel`, 12],
        [`${name}_conv/bias`, 4],
      ] as const)
        for (let i = 0; i < size; i++) {
          const moved = (by: number) =>
            distance(
              answersOf(
                new Map(weights).set(
                  id,
                  weights.get(id)!.map((w, k) => (k === i ? w + by : w)),
                ),
              ),
            );
          const step = 0.05;
          const curvature = (moved(step) + moved(-step)) / step ** 2;
          expected[i % 4] += 0.5 * weights.get(id)![i] ** 2 * curvature;
        }
      const group = dependencies.params[`${name}_conv/kernel`][3]!.group[0];
      importance[group].forEach((v, c) => {
        expect(v / expected[c], `${name} ${c}`).toBeGreaterThan(0.65);
        expect(v / expected[c], `${name} ${c}`).toBeLessThan(1.5);
      });
    }
  });
});

async function run(
  name: string,
  context: MethodContext,
): Promise<{ events: MethodEvent[]; outcome: Outcome }> {
  const generator = methodNamed(name).run(context);
  const events: MethodEvent[] = [];
  for (;;) {
    const next = await generator.next();
    if (next.done) return { events, outcome: next.value };
    events.push(next.value);
  }
}

const names = baselines.map(({ name }) => name);

describe('methods', () => {
  const { graph, weights } = smallNet(3, 16);
  const dependencies = findGroups(graph);
  const cost = costModel(graph, dependencies);
  const original = cost(fullArchitecture(dependencies));
  const set = imageSet(64, 20);
  const contextOf = (
    name: string,
    given: Record<string, unknown>,
    more: Partial<MethodContext> = {},
  ): MethodContext => ({
    graph,
    weights,
    dependencies,
    budgets: [{ metric: 'macs', limit: original.macs * 0.5, original: original.macs }],
    random: new Random(3),
    settings: methodNamed(name).settings(given, 'quick', {
      graph,
      dependencies,
      trainImages: 64,
      untrained: false,
    }),
    images: { set, preprocess: unit, backend },
    roundTo: 1,
    ...more,
  });

  it('are all there', () => {
    expect(names).toEqual(['uniform', 'random', 'l1', 'l2', 'geometric-median', 'bn-scale', 'taylor']);
    for (const one of baselines) expect(methods.get(one.name)).toBe(one);
    expect(names.filter((name) => methodNamed(name).needsImages)).toEqual(['taylor']);
  });

  for (const name of names)
    for (const widths of ['uniform', 'global'])
      it(`${name} with ${widths} widths meets the budget within one channel, each time alike`, async () => {
        const { outcome } = await run(name, contextOf(name, { widths }));
        const { architecture, kept } = outcome.chosen;
        const { macs } = cost(architecture);
        expect(macs).toBeLessThanOrEqual(original.macs * 0.5);
        // within what one more channel in some group would cost
        const steps = dependencies.groups.flatMap((g, i) =>
          g.frozen === undefined && architecture[i] < g.size
            ? [cost(architecture.map((w, k) => (k === i ? w + 1 : w))).macs - macs]
            : [],
        );
        expect(original.macs * 0.5 - macs).toBeLessThan(Math.max(...steps));
        expect(outcome.chosen.cost.macs).toBe(macs);
        kept.forEach((channels, g) => {
          expect(channels).toHaveLength(architecture[g]);
          expect([...channels].sort((a, b) => a - b)).toEqual(channels);
          if (dependencies.groups[g].frozen !== undefined)
            expect(channels).toHaveLength(dependencies.groups[g].size);
        });
        expect((await run(name, contextOf(name, { widths }))).outcome).toEqual(outcome);
      });

  it('two budgets at once both hold', async () => {
    const budgets = [
      { metric: 'macs' as const, limit: original.macs * 0.6, original: original.macs },
      { metric: 'params' as const, limit: original.params * 0.4, original: original.params },
    ];
    const { outcome } = await run('l1', contextOf('l1', {}, { budgets }));
    expect(outcome.chosen.cost.macs).toBeLessThanOrEqual(original.macs * 0.6);
    expect(outcome.chosen.cost.params).toBeLessThanOrEqual(original.params * 0.4);
    expect(outcome.chosen.cost.params).toBeGreaterThan(original.params * 0.33);
  });

  it('random draws by seed, uniform takes the first channels', async () => {
    const [a, b] = [1, 2].map((seed) => run('random', contextOf('random', {}, { random: new Random(seed) })));
    expect((await a).outcome.chosen.kept).not.toEqual((await b).outcome.chosen.kept);
    expect((await a).outcome.chosen.architecture).toEqual((await b).outcome.chosen.architecture);
    const uniform = (await run('uniform', contextOf('uniform', {}))).outcome.chosen;
    uniform.kept.forEach((channels) => expect(channels).toEqual(channels.map((_, i) => i)));
  });

  it('global widths take from the layer whose channels matter least', async () => {
    const weak = new Map(weights);
    // half of the middle layer's filters nearly zero
    const kernel = weights.get('mid/kernel')!.slice();
    const width = 18;
    kernel.forEach((v, i) => (kernel[i] = i % width < width / 2 ? v * 1e-4 : v));
    weak.set('mid/kernel', kernel);
    const { outcome } = await run('l1', contextOf('l1', { widths: 'global' }, { weights: weak }));
    const mid = dependencies.params['mid/kernel'][3]!.group[0];
    expect(outcome.chosen.kept[mid].every((c) => c >= width / 2)).toBe(true);
    const stem = dependencies.params['stem/kernel'][3]!.group[0];
    expect(outcome.chosen.architecture[mid] / width).toBeLessThan(outcome.chosen.architecture[stem] / 16);
  });

  it('refuses budgets that cannot be met or searched for', async () => {
    const budget = (metric: 'macs' | 'script', limit: number) => ({
      budgets: [{ metric, limit, original: 1 }],
    });
    await expect(run('l1', contextOf('l1', {}, budget('macs', 100)))).rejects.toThrow(/can't be reached/);
    await expect(run('l1', contextOf('l1', {}, budget('script', 100)))).rejects.toThrow(/script/);
    expect(() => contextOf('l1', { widths: 'wide' })).toThrow(/"widths"/);
  });
});
