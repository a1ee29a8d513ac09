import { describe, expect, it, test } from 'vitest';
import { firstSlice, Lead } from '../../../src/methods/rewarded-meta/lead.ts';
import { packedLosses } from '../../../src/terms/comparison/losses.ts';
import type { Score } from '../../../src/terms/scores.ts';

const scoreOf = (losses: readonly number[]): Score => ({
  accuracy: 50,
  loss: losses.reduce((sum, one) => sum + one, 0) / losses.length,
  images: losses.length,
  losses: packedLosses(losses),
});

const leadOf = (rules: Readonly<Record<string, readonly number[]>>, ...found: (readonly number[])[]) => {
  const lead = new Lead();
  for (const [name, losses] of Object.entries(rules)) lead.add(scoreOf(losses), name);
  for (const losses of found) lead.add(scoreOf(losses));
  return lead;
};

describe('what a search found, and the best of the rules', () => {
  const rules = { uniform: [2, 2, 2, 2], l1: [1, 1, 1, 1] };

  it('is ahead where the losses of the same images are lower by more than the error of their mean', () => {
    // lower by 0.5 on three images of four: the mean difference 0.375, its error 0.25 / 2 = 0.125
    expect(leadOf(rules, [0.5, 0.5, 0.5, 1]).unbeaten()).toBeNull();
    // by 1 on one and by -0.5 on another: 0.125, where the error is the root of (0.75 + ...) / 12: 0.315
    expect(leadOf(rules, [0, 1.5, 1, 1]).unbeaten()).toBe('l1');
  });

  it('is not where it is the same, or behind', () => {
    expect(leadOf(rules, [1, 1, 1, 1]).unbeaten()).toBe('l1');
    expect(leadOf(rules, [1.5, 1.5, 1.5, 1.5]).unbeaten()).toBe('l1');
  });

  it('is judged by its lowest loss', () => {
    expect(leadOf(rules, [3, 3, 3, 3], [0.5, 0.5, 0.5, 0.5], [3, 3, 3, 3]).unbeaten()).toBeNull();
  });

  it('can’t be told without both, or without single losses', () => {
    expect(leadOf(rules).unbeaten()).toBeNull();
    expect(leadOf({}, [1, 1, 1, 1]).unbeaten()).toBeNull();
    const lead = leadOf(rules);
    lead.add({ accuracy: 50, loss: 9, images: 4 });
    expect(lead.unbeaten()).toBeNull();
  });

  it('is the same from its state, as a file holds it', () => {
    for (const found of [
      [0.5, 0.5, 0.5, 1],
      [1, 1, 1, 1],
    ]) {
      const lead = leadOf(rules, found);
      const again = new Lead(JSON.parse(JSON.stringify(lead.state)));
      expect(again.state).toEqual(lead.state);
      expect(again.unbeaten()).toBe(lead.unbeaten());
    }
  });
});

test('a quarter of the generations, one at least', () => {
  expect([1, 2, 3, 6, 12, 20].map(firstSlice)).toEqual([1, 1, 1, 2, 3, 5]);
});
