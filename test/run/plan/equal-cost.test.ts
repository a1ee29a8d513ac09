import { expect, it } from 'vitest';
import { equalEpochs, moreEpochs, spent } from '../../../src/run/plan/equal-cost.ts';

const work = {
  // 2 epochs of 1,000 images at the whole network, 500 at half of it
  trained: [
    { images: 2000, share: 1 },
    { images: 500, share: 0.5 },
  ],
  recalibrated: [{ images: 3000, share: 0.5 }],
  scored: [{ images: 6000, share: 0.5 }],
  opened: 10,
};

it('counts images by the MACs that they go through, and forward passes by a third', () => {
  // method: 2,000 + 250 + (1,500 + 3,000) / 3 = 3,750; its own 4 epochs at half the MACs: 2,000; 5,750 / (1,000 x 0.5)
  expect(equalEpochs(work, { tuned: 4, raced: 0, share: 0.5, own: 0.5, images: 1000 })).toBe(12);
  // a smaller network has more epochs for it: 5,750 / 250
  expect(equalEpochs(work, { tuned: 4, raced: 0, share: 0.5, own: 0.25, images: 1000 })).toBe(23);
  // and a race's images, at the method's network: 5,750 + 2,000 x 0.5
  expect(equalEpochs(work, { tuned: 4, raced: 2000, share: 0.5, own: 0.5, images: 1000 })).toBe(14);
});

it('counts nothing of what a search left undone', () => {
  // 3,750 of the method, of which 1,250 never happened: 4,500 / (1,000 x 0.5)
  expect(equalEpochs(work, { tuned: 4, raced: 0, share: 0.5, own: 0.5, images: 1000, spared: 1250 })).toBe(9);
});

it('shares what a search left undone among all arms, and stays within it', () => {
  const spared = spent({ trained: [], recalibrated: work.recalibrated, scored: work.scored });
  expect(spared).toBe(1500);
  // an epoch: 300 x 0.5, and 30 looked at for a third of that: 155; of 4 arms, and half an arm's training in the race
  const epoch = { share: 0.5, train: 300, validation: 30, distilled: false };
  expect(moreEpochs(spared, { ...epoch, arms: 4 })).toBe(Math.floor(1500 / (4 * 155 + 75)));
  // the original's answers: 300 / 3 more
  expect(moreEpochs(spared, { ...epoch, arms: 1, distilled: true })).toBe(Math.floor(1500 / (255 + 125)));
  expect(moreEpochs(600, { ...epoch, arms: 4 })).toBe(0);
});

it('is never less than what every arm has', () => {
  const none = { trained: [], recalibrated: [], scored: [], opened: 0 };
  expect(equalEpochs(none, { tuned: 7, raced: 0, share: 0.4, own: 0.5, images: 1000 })).toBe(7);
});
