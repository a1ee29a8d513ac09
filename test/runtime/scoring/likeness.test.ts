import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/graph/types.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { tellsClasses, headsOf, withoutLabels } from '../../../src/runtime/heads.ts';
import { agreementOf, Likeness } from '../../../src/runtime/scoring/likeness.ts';
import { evaluate } from '../../../src/runtime/scoring/score.ts';
import { Network } from '../../../src/runtime/training/network.ts';
import { taughtGraph } from '../../../src/runtime/training/taught.ts';
import { Teacher } from '../../../src/runtime/training/teacher.ts';
import type { Backend, Batch } from '../../../src/runtime/types.ts';
import { isAgreement } from '../../../src/terms/scores.ts';
import { GraphBuilder } from '../../support/builder.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});
afterAll(() => expect(backend.tf.memory().numTensors).toBe(0));

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of given) list.push(each);
  return list;
}

/** What is fed comes out of a dense layer that changes nothing, K numbers wide, and then what `ends` make of it. */
function passing(K: number, ends: (b: GraphBuilder, x: string) => string[]) {
  const b = new GraphBuilder({ seed: 1 });
  const x = b.dense(b.flatten(b.input([1, 1, K])), K, { name: 'd', bias: false });
  const { graph, weights } = b.build(ends(b, x));
  const identity = Float32Array.from({ length: K * K }, (_, i) => Number(i % (K + 1) === 0));
  return { graph, weights: new Map(weights).set('d/kernel', identity) };
}

const flat = (rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());
const batchOf = (rows: readonly (readonly number[])[]): Batch => ({
  n: rows.length,
  x: flat(rows),
  y: new Int32Array(rows.length),
});
async function* one<T>(value: T): AsyncGenerator<T> {
  yield value;
}

describe('agreement and losses, worked out by hand', () => {
  it('a classifier: the images of the same class, and KL divergence at a temperature of 2', () => {
    const { graph } = passing(2, (b, x) => [b.softmax(x)]);
    const likeness = new Likeness(withoutLabels(graph, []));
    const answers = [
      {
        values: flat([
          [2, 0],
          [0, 2],
          [2, 0],
          [0, 0.5],
        ]),
        weight: 1,
      },
    ];
    likeness.add(
      answers,
      [
        flat([
          [2, 0],
          [2, 0],
          [4, 0],
          [0, 0],
        ]),
      ],
      4,
    );
    // the first and third agree; the last says class 0 where both scores are the same
    expect(likeness.right).toEqual([true, false, true, false]);
    expect(likeness.agreement).toBe(50);
    // p = softmax(1, 0) = (0.731059, 0.268941); 4 (p log p/q) with q = p reversed: 4 * 0.462117
    expect(likeness.losses[0]).toBeCloseTo(0, 6);
    expect(likeness.losses[1]).toBeCloseTo(4 * 0.462117, 5);
    // q = softmax(2, 0) = (0.880797, 0.119203): 0.731059 log(0.731059 / 0.880797) + 0.268941 log(0.268941 / 0.119203)
    expect(likeness.losses[2]).toBeCloseTo(4 * (0.731059 * -0.18633 + 0.268941 * 0.813668), 4);
    // p = softmax(0, 0.25) = (0.437823, 0.562177), q = (0.5, 0.5): log 2 less its entropy
    expect(likeness.losses[3]).toBeCloseTo(4 * (Math.LN2 - 0.685391), 4);
  });

  it('numbers: one minus the root of the mean squared error over the answers’ variance', async () => {
    const { graph, weights } = passing(2, (b, x) => [b.activation(x, 'linear')]);
    const bare = withoutLabels(graph, []);
    // each value has the variance 1 about its own mean
    const rows = [
      [1, 11],
      [3, 9],
      [1, 9],
      [3, 11],
    ];
    const teacher = (await Teacher.open(backend, bare, weights, one(batchOf(rows))))!;
    const [answered] = await all(teacher.answer(one(batchOf(rows))));
    expect(answered.answers).toEqual([{ values: flat(rows), weight: 1, scale: 1 }]);
    const likeness = new Likeness(bare);
    likeness.add(answered.answers, [flat(rows.map(([a, c]) => [a + 0.3, c - 0.4]))], 4);
    // every image is off by 0.3 and 0.4: a mean square of 0.125, whose root is 0.353553
    expect(likeness.agreement).toBeCloseTo(64.6447, 3);
    expect(likeness.losses.map((loss) => Number(loss.toFixed(5)))).toEqual([0.125, 0.125, 0.125, 0.125]);
    // saying the mean agrees by nothing, and worse is not less than nothing
    const dull = new Likeness(bare);
    dull.add(answered.answers, [flat(rows.map(() => [2, 10]))], 4);
    expect(dull.agreement).toBeCloseTo(0, 5);
    const far = new Likeness(bare);
    far.add(answered.answers, [flat(rows.map(() => [NaN, 99]))], 4);
    expect(far.agreement).toBe(0);
    teacher.dispose();
  });

  it('numbers ten times as large agree by as much and weigh as much', async () => {
    const { graph, weights } = passing(1, (b, x) => [b.activation(x, 'linear')]);
    const bare = withoutLabels(graph, []);
    const figures = [];
    for (const unit of [1, 10, 0.01]) {
      const rows = [1, 2, 3, 4].map((v) => [unit * v]);
      const teacher = (await Teacher.open(backend, bare, weights, one(batchOf(rows))))!;
      const [{ answers }] = await all(teacher.answer(one(batchOf(rows))));
      const likeness = new Likeness(bare);
      likeness.add(answers, [flat(rows.map(([v]) => [v + 0.2 * unit]))], 4);
      figures.push([likeness.agreement, likeness.losses[0]]);
      teacher.dispose();
    }
    for (const [agreement, loss] of figures) {
      expect(agreement).toBeCloseTo(100 * (1 - 0.2 / Math.sqrt(1.25)), 3);
      expect(loss).toBeCloseTo(0.04 / 1.25, 4);
    }
  });

  it('several outputs: their mean, and the sum of their losses', () => {
    const { graph } = passing(2, (b, x) => [b.softmax(x), b.activation(x, 'linear')]);
    const bare = withoutLabels(graph, []);
    expect(agreementOf(bare)).toBe('agreement in values');
    const likeness = new Likeness(bare);
    const values = flat([
      [2, 0],
      [0, 2],
    ]);
    const answers = [
      { values, weight: 1 },
      { values, weight: 0.5, scale: 2 },
    ];
    likeness.add(
      answers,
      [
        flat([
          [2, 0],
          [2, 0],
        ]),
        flat([
          [2, 0],
          [1, 2],
        ]),
      ],
      2,
    );
    // 50 % of the classes; squares of 0 and 0.5 on the mean, over 2
    expect(likeness.agreement).toBeCloseTo((50 + 100 * (1 - Math.sqrt(0.25 / 2))) / 2, 5);
    expect(likeness.losses[1]).toBeCloseTo(4 * 0.462117 + 0.25, 4);
    expect(likeness.right).toBeNull();
  });

  it('a map of scores is no class of an image; one unit behind a sigmoid is', () => {
    const b = new GraphBuilder({ seed: 1 });
    const map = b.build(b.softmax(b.conv(b.input([4, 4, 3]), 2, 1)));
    const says = (graph: Graph) => headsOf(graph).map((head) => tellsClasses(head, withoutLabels(graph, [])));
    expect(says(map.graph)).toEqual([false]);
    expect(says(passing(1, (c, x) => [c.activation(x, 'sigmoid')]).graph)).toEqual([true]);
    expect(says(passing(3, (c, x) => [c.activation(x, 'sigmoid')]).graph)).toEqual([true]);
    expect(says(passing(1, (c, x) => [c.activation(x, 'linear')]).graph)).toEqual([false]);
    expect(isAgreement(agreementOf(withoutLabels(map.graph, [])))).toBe(true);
  });
});

describe('training and scoring go by one loss', () => {
  for (const [what, ends] of [
    ['a softmax', (b: GraphBuilder, x: string) => [b.softmax(x)]],
    ['sigmoids', (b: GraphBuilder, x: string) => [b.activation(x, 'sigmoid')]],
    ['numbers', (b: GraphBuilder, x: string) => [b.activation(x, 'linear')]],
    ['all of them', (b: GraphBuilder, x: string) => [b.softmax(x), b.activation(x, 'sigmoid'), b.relu(x)]],
  ] as const)
    it(what, async () => {
      const { graph, weights } = passing(3, (b, x) => [...ends(b, x)]);
      const bare = withoutLabels(graph, []);
      const batch = batchOf([
        [1, 0.5, -1],
        [0.2, 2, 1],
        [3, -2, 0.1],
        [0, 1, 0],
      ]);
      const teacher = (await Teacher.open(backend, bare, weights, one(batch)))!;
      const [answered] = await all(teacher.answer(one(batch)));
      const changed = new Map(weights).set(
        'd/kernel',
        weights.get('d/kernel')!.map((v, i) => v * 0.7 + 0.1 * (i % 3)),
      );
      const network = new Network(backend, bare, changed);
      const settings = {
        optimizer: 'sgd',
        momentum: 0,
        nesterov: false,
        weightDecay: 0,
        labelSmoothing: 0,
      } as const;
      const trained = network.trainStep(answered, { rate: 0, settings });
      const scored = await evaluate({ graph: bare, weights: changed }, one(answered), {
        backend,
        threads: 1,
      });
      expect(scored.loss).toBeCloseTo(trained, 4);
      expect(scored.loss).toBeGreaterThan(0.001);
      expect(isAgreement(scored.measure)).toBe(true);
      // the original agrees with itself
      const same = await evaluate({ graph: bare, weights }, one(answered), {
        backend,
        threads: 1,
        each: true,
      });
      expect(same.accuracy).toBeCloseTo(100, 3);
      expect(same.loss).toBeCloseTo(0, 5);
      network.dispose();
      teacher.dispose();
    });

  it('answers are needed, and a step follows them', async () => {
    const { graph, weights } = passing(2, (b, x) => [b.softmax(x)]);
    const bare = withoutLabels(graph, []);
    const batch = batchOf([
      [1, 0],
      [0, 1],
    ]);
    await expect(evaluate({ graph: bare, weights }, one(batch), { backend })).rejects.toThrow(
      "original's answers",
    );
    const teacher = (await Teacher.open(backend, bare, weights, one(batch)))!;
    const [answered] = await all(teacher.answer(one(batch)));
    const network = new Network(backend, bare, new Map(weights).set('d/kernel', new Float32Array(4)));
    const settings = {
      optimizer: 'sgd',
      momentum: 0,
      nesterov: false,
      weightDecay: 0,
      labelSmoothing: 0,
    } as const;
    const losses = Array.from({ length: 200 }, () => network.trainStep(answered, { rate: 0.5, settings }));
    expect(losses.at(-1)!).toBeLessThan(0.05 * losses[0]);
    network.dispose();
    teacher.dispose();
  });
});

describe('plain values in a row are scores of classes where they tell images apart as scores do', () => {
  const decide = async (K: number, rows: readonly (readonly number[])[]) => {
    const { graph, weights } = passing(K, (b, x) => [b.activation(x, 'linear')]);
    const found = await taughtGraph(backend, graph, weights, one(batchOf(rows)));
    return found.taught!.length > 0;
  };
  it('sure of one, and of others from image to image', async () => {
    expect(
      await decide(3, [
        [9, 0, 0],
        [0, 8, 1],
        [1, 0, 9],
        [8, 0, 0],
      ]),
    ).toBe(true);
  });
  it('not a box, always largest in the same place, nor small numbers, nor what is as wide as embeddings', async () => {
    expect(
      await decide(4, [
        [3, 10, 60, 80],
        [5, 7, 50, 70],
        [9, 9, 40, 90],
      ]),
    ).toBe(false);
    expect(
      await decide(3, [
        [0.1, 0.2, 0.3],
        [0.3, 0.1, 0.2],
        [0.2, 0.3, 0.1],
      ]),
    ).toBe(false);
    const wide = Array.from({ length: 8 }, (_, i) =>
      Array.from({ length: 64 }, (__, k) => (i === k ? 20 : 0)),
    );
    expect(await decide(64, wide)).toBe(false);
  });
});

it('an original that says the same of every image is told from one that doesn’t', async () => {
  const { graph, weights } = passing(2, (b, x) => [b.softmax(x), b.activation(x, 'linear')]);
  const bare = withoutLabels(graph, []);
  const dullOn = async (rows: readonly (readonly number[])[]) => {
    const teacher = (await Teacher.open(backend, bare, weights, one(batchOf(rows))))!;
    teacher.dispose();
    return teacher.dull;
  };
  const [probabilities, numbers] = headsOf(bare).map(({ name }) => name);
  const many = (row: (i: number) => number[]) => Array.from({ length: 24 }, (_, i) => row(i));
  expect(await dullOn(many((i) => [i, 12]))).toEqual([]);
  expect(await dullOn(many((i) => [i, 50]))).toEqual([probabilities]);
  expect(await dullOn(many(() => [1, 2]))).toEqual([probabilities, numbers]);
  // too few to say
  expect(
    await dullOn([
      [1, 2],
      [1, 2],
    ]),
  ).toEqual([]);
});
