import { expect, it } from 'vitest';
import { signed, verdictOf as verdictBy, verdictSentence } from '../../../src/terms/comparison/verdict.ts';
import type { Contender } from '../../../src/terms/comparison/verdict.ts';
import { packed } from '../../../src/terms/comparison/answers.ts';

/** The first `right` of 1,000 images. */
function score(right: number) {
  const answers = Array.from({ length: 1000 }, (_, i) => i < right);
  return { accuracy: right / 10, loss: 1, images: 1000, right: packed(answers) };
}
const arm = (name: string, test: number, control = true) => ({
  name,
  control,
  scores: { test: score(test) },
});

const verdictOf = (arms: readonly Contender[]) => verdictBy(arms, 'params');

it('holds the method to the best control, and says on which side of the error it is', () => {
  // one network's right answers are all the other's: d of 1,000 differ, error 196 * sqrt((d - d^2 / 1000) / 1e6)
  const better = verdictOf([arm('ours', 850, false), arm('l1', 820), arm('random', 700)])!;
  expect(better).toMatchObject({
    method: 'ours',
    control: 'l1',
    split: 'test',
    result: 'better',
    images: 1000,
  });
  expect(better.points).toBeCloseTo(3, 10);
  expect(better.error).toBeCloseTo(1.0573, 3);
  expect(verdictSentence(better)).toBe(
    'ours is better than its best control, l1: +3.00 ± 1.06 points on 1,000 test images (paired, 95 %).',
  );
  expect(verdictOf([arm('ours', 820, false), arm('l1', 850)])!.result).toBe('worse');
  const even = verdictOf([arm('ours', 822, false), arm('l1', 820)])!;
  // 196 * sqrt((2 - 0.004) / 1e6) = 0.277
  expect(even.result).toBe('even');
  expect(signed(even)).toBe('+0.20 ± 0.28');
});

it('says where the method ended with its best control’s own network', () => {
  const same = verdictOf([arm('ours', 850, false), arm('uniform', 850), arm('l1', 850)])!;
  expect(same.result).toBe('same');
  expect(verdictSentence(same)).toBe(
    'ours ended with a network that answers every image as its best control does, uniform: nothing that it found is better.',
  );
  // as good by other images: not the same
  const [one, other] = [arm('ours', 850, false), arm('l1', 850)];
  const shifted = Array.from({ length: 1000 }, (_, i) => i >= 150);
  other.scores.test = { ...other.scores.test, right: packed(shifted) };
  expect(verdictOf([one, other])!.result).toBe('even');
  // the one that is the same, of two that are as good
  expect(verdictOf([one, other, arm('uniform', 850)])).toMatchObject({ control: 'uniform', result: 'same' });
});

it('takes validation images where there are none for the test', () => {
  const tuned = (name: string, right: number, control: boolean) => ({
    name,
    control,
    scores: { fineTuned: score(right) },
  });
  expect(verdictOf([tuned('ours', 500, false), tuned('l1', 600, true)])).toMatchObject({
    split: 'validation',
    result: 'worse',
  });
});

it('says nothing without a control, or of runs that did not record their answers', () => {
  expect(verdictOf([arm('ours', 850, false)])).toBeNull();
  const old = { name: 'l1', control: true, scores: { test: { accuracy: 80, loss: 1, images: 1000 } } };
  expect(verdictOf([arm('ours', 850, false), old])).toBeNull();
});

it('says where the control costs much more or less', () => {
  const costing = (one: Contender, params: number): Contender => ({
    ...one,
    chosen: { cost: { macs: 100, params, bytes: 4 * params, peakActivationBytes: 7 } },
  });
  const said = (own: number, its: number) =>
    verdictSentence(
      verdictOf([costing(arm('ours', 850, false), own), costing(arm('l1', 820), its)])!,
    ).replace(/^.*\(paired, 95 %\)\. ?/, '');
  expect(said(100, 100)).toBe('');
  expect(said(105, 100)).toBe('');
  expect(said(106, 100)).toBe('Its network costs 6.0 % more than the control’s.');
  expect(said(90, 100)).toBe('Its network costs 10.0 % less than the control’s.');
  expect(verdictOf([costing(arm('ours', 850, false), 90), arm('l1', 820)])!.cost).toBeNull();
});
