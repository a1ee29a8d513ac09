import { expect, test } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { raceRounds } from '../../../src/run/plan/race.ts';

test('twelve networks on 2,700 images, by hand', () => {
  // half of 48 epochs of 2,700 images are 64,800: 21,600 a round, over 12, 4 and 2 networks
  expect(raceRounds(12, 2700, { epochs: 48, batchSize: 64 })).toEqual([
    { networks: 12, images: 1800, epochs: 1 },
    { networks: 4, images: 2700, epochs: 2 },
    { networks: 2, images: 2700, epochs: 4 },
  ]);
});

test('a short fine-tuning has room for fewer networks, a very short one for none', () => {
  // 7,500 images: of two networks 3,750 each, more than 16 mini-batches of 128; of three they would have 1,250
  expect(raceRounds(12, 5000, { epochs: 3, batchSize: 128 })).toEqual([
    { networks: 2, images: 3750, epochs: 1 },
  ]);
  expect(raceRounds(12, 200, { epochs: 3, batchSize: 32 })).toEqual([]);
  expect(raceRounds(1, 50_000, { epochs: 10, batchSize: 128 })).toEqual([]);
});

test('whatever the numbers, rounds get smaller and longer, end with two, and take about half of the fine-tuning', () => {
  const random = new Random(1);
  for (let i = 0; i < 300; i++) {
    const images = random.integer(40, 60_000);
    const tuning = { epochs: random.integer(1, 60), batchSize: [32, 64, 128][random.integer(0, 2)] };
    const rounds = raceRounds(random.integer(2, 16), images, tuning);
    if (!rounds.length) continue;
    expect(rounds.at(-1)!.networks).toBe(2);
    for (let r = 1; r < rounds.length; r++) {
      expect(rounds[r].networks).toBeLessThan(rounds[r - 1].networks);
      expect(rounds[r].images * rounds[r].epochs).toBeGreaterThanOrEqual(
        rounds[r - 1].images * rounds[r - 1].epochs,
      );
    }
    const total = rounds.reduce((sum, one) => sum + one.networks * one.images * one.epochs, 0);
    // whole epochs round it
    expect(total / (tuning.epochs * images)).toBeGreaterThan(0.3);
    expect(total / (tuning.epochs * images)).toBeLessThan(0.75);
  }
});
