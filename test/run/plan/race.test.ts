import { expect, test } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { raceRounds } from '../../../src/run/plan/race.ts';

test('on 2,700 images there is room for six of twelve networks, by hand', () => {
  // half of 48 epochs of 2,700 images are 64,800: 32,400 a round; seven would take three rounds of 21,600, and each
  // network 3,085 images in the first, fewer than 64 mini-batches of 64
  expect(raceRounds(12, 2700, { epochs: 48, batchSize: 64 })).toEqual([
    { networks: 6, images: 2700, epochs: 2 },
    { networks: 2, images: 2700, epochs: 6 },
  ]);
  // 160 epochs: 216,000 images, 72,000 a round
  expect(raceRounds(12, 2700, { epochs: 160, batchSize: 64 })).toEqual([
    { networks: 12, images: 2700, epochs: 2 },
    { networks: 4, images: 2700, epochs: 7 },
    { networks: 2, images: 2700, epochs: 13 },
  ]);
});

test('a short fine-tuning has room for four networks, none of them trained for longer than the winner', () => {
  // half of 60,000 images have no room for four; 64 mini-batches of 128 are 8192 images
  expect(raceRounds(12, 20_000, { epochs: 3, batchSize: 128 })).toEqual([
    { networks: 4, images: 8192, epochs: 1 },
    { networks: 2, images: 16_384, epochs: 1 },
  ]);
  // 15,000 images are the whole fine-tuning
  expect(raceRounds(12, 5000, { epochs: 3, batchSize: 128 })).toEqual([
    { networks: 4, images: 5000, epochs: 2 },
    { networks: 2, images: 5000, epochs: 3 },
  ]);
  // fewer than 64 mini-batches in all: one round, which is the fine-tuning itself
  expect(raceRounds(12, 500, { epochs: 3, batchSize: 128 })).toEqual([
    { networks: 4, images: 500, epochs: 3 },
  ]);
  expect(raceRounds(1, 50_000, { epochs: 10, batchSize: 128 })).toEqual([]);
});

test('whatever the numbers, rounds get smaller and longer, end with two, and take about half of the fine-tuning', () => {
  const random = new Random(1);
  for (let i = 0; i < 300; i++) {
    const images = random.integer(40, 60_000);
    const tuning = { epochs: random.integer(1, 60), batchSize: [32, 64, 128][random.integer(0, 2)] };
    const rounds = raceRounds(random.integer(2, 16), images, tuning);
    const whole = tuning.epochs * images;
    for (let r = 1; r < rounds.length; r++) {
      expect(rounds[r].networks).toBeLessThan(rounds[r - 1].networks);
      expect(rounds[r].images * rounds[r].epochs).toBeGreaterThanOrEqual(
        rounds[r - 1].images * rounds[r - 1].epochs,
      );
    }
    expect(rounds.at(-1)!.images * rounds.at(-1)!.epochs).toBeLessThanOrEqual(whole);
    if (rounds[0].networks <= 4) continue;
    expect(rounds.at(-1)!.networks).toBe(2);
    const total = rounds.reduce((sum, one) => sum + one.networks * one.images * one.epochs, 0);
    // whole epochs round it
    expect(total / whole).toBeGreaterThan(0.3);
    expect(total / whole).toBeLessThan(0.75);
  }
});
