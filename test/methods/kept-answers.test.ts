import { afterAll, beforeAll, expect, it } from 'vitest';
import { batches } from '../../src/data/batches.ts';
import type { Split } from '../../src/data/types.ts';
import { Random } from '../../src/graph/random.ts';
import { KEPT_BYTES, KeptAnswers, keptAnswers } from '../../src/methods/kept-answers.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { withoutLabels } from '../../src/runtime/heads.ts';
import { Teacher } from '../../src/runtime/training/teacher.ts';
import type { Backend, Batch } from '../../src/runtime/types.ts';
import { GraphBuilder } from '../support/builder.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});
afterAll(() => expect(backend.tf.memory().numTensors).toBe(0));

const SIZE = 150;
const unit = { name: 'unit', scale: [1 / 255], offset: [0], bgr: false };
const split: Split = {
  name: 'train',
  size: SIZE,
  height: 4,
  width: 4,
  channels: 3,
  labels: new Int32Array(SIZE),
  read: async (indices, out) =>
    Array.from(indices).forEach((image, k) => out.fill((7 * image) % 256, k * 48, (k + 1) * 48)),
};

async function all(given: AsyncIterable<Batch>): Promise<Batch[]> {
  const list: Batch[] = [];
  for await (const each of given) list.push(each);
  return list;
}

/** A teacher that counts the images that it answers. */
function counted(teacher: Teacher) {
  const seen = { images: 0 };
  const answer = async function* (given: AsyncIterable<Batch>): AsyncGenerator<Batch, void, void> {
    for await (const batch of teacher.answer(given)) {
      seen.images += batch.n;
      yield batch;
    }
  };
  return { seen, teacher: { answer } };
}

it('each image is answered once, whatever the order, and as the teacher would', async () => {
  const b = new GraphBuilder({ seed: 3 });
  const x = b.globalPool(b.relu(b.conv(b.input([4, 4, 3]), 6, 3)));
  const { graph: made, weights } = b.build([b.softmax(b.dense(x, 4)), b.dense(x, 2)]);
  const graph = withoutLabels(made, []);
  const plain = () => batches(split, unit, { batchSize: 64, order: 'sequential' });
  const own = (await Teacher.open(backend, graph, weights, plain()))!;
  const { seen, teacher } = counted(own);
  const kept = keptAnswers(teacher, graph, unit);
  const shuffled = () => batches(split, unit, { batchSize: 32, order: new Random(5) });
  const once = await all(kept.answer(shuffled(), split));
  expect(seen.images).toBe(SIZE);
  const again = await all(kept.answer(shuffled(), split));
  expect(seen.images).toBe(SIZE);
  expect(again).toEqual(once);
  const asked = await all(own.answer(shuffled()));
  expect(once).toHaveLength(asked.length);
  once.forEach(({ of, answers }, i) => {
    expect(of).toEqual(asked[i].of);
    answers!.forEach(({ values, ...rest }, k) => {
      const { values: theirs, ...others } = asked[i].answers![k];
      expect(rest).toEqual(others);
      values.forEach((v, at) => expect(v).toBeCloseTo(theirs[at], 5));
    });
  });
  // augmented images are others: nothing is known of them
  await all(kept.answer(shuffled()));
  expect(seen.images).toBe(2 * SIZE);
  own.dispose();
});

it('what does not fit the memory is asked each time', async () => {
  let images = 0;
  const teacher = {
    answer: async function* (given: AsyncIterable<Batch>): AsyncGenerator<Batch, void, void> {
      for await (const batch of given) {
        images += batch.n;
        yield { ...batch, answers: [{ values: new Float32Array(batch.n), weight: 1 }] };
      }
    },
  };
  const one = () => batches(split, unit, { batchSize: 50, order: 'sequential' });
  const large = new KeptAnswers(teacher, unit, Math.ceil(KEPT_BYTES / 4 / SIZE) + 1);
  await all(large.answer(one(), split));
  await all(large.answer(one(), split));
  expect(images).toBe(2 * SIZE);
  images = 0;
  const small = new KeptAnswers(teacher, unit, 1);
  await all(small.answer(one(), split));
  await all(small.answer(one(), split));
  expect(images).toBe(SIZE);
});
