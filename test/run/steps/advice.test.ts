import { expect, it } from 'vitest';
import { adviceAfter } from '../../../src/run/steps/advice.ts';

const original = { accuracy: 80 };

it('says nothing where hardly anything was lost, or nothing is known', () => {
  expect(adviceAfter(original, { accuracy: 79.2 }, { epochs: 10, best: 10 }, 500)).toBeNull();
  expect(adviceAfter(undefined, { accuracy: 10 }, { epochs: 10 }, 500)).toBeNull();
});

it('asks for longer training where the last epochs were the best, or the best is not known', () => {
  const more =
    '10.0 points of accuracy are lost on validation, and it was still learning when training ended: try --fine-tune-epochs 30, or a higher --effort';
  expect(adviceAfter(original, { accuracy: 70 }, { epochs: 10, best: 9 }, 500)).toBe(more);
  expect(adviceAfter(original, { accuracy: 70 }, { epochs: 10 }, 500)).toBe(more);
});

it('asks for images where they are few, or for a larger budget', () => {
  const done = { epochs: 30, best: 10 };
  expect(adviceAfter(original, { accuracy: 70 }, done, 2700)).toContain(
    'nothing more after epoch 10 of 30, so longer training would hardly bring them back, but more training images than these 2,700, or a larger budget would',
  );
  expect(adviceAfter(original, { accuracy: 70 }, done, 50_000)).not.toContain('images');
});
