import { expect, test } from 'vitest';
import type { Method } from '../../../../src/methods/types.ts';
import { races } from '../../../../src/run/steps/race/race.ts';
import type { RunContext } from '../../../../src/run/steps/run-context.ts';
import type { ArmState } from '../../../../src/run/store/state.ts';

/** Whether there is a race for these weights. */
function at(made: Method['weights'], arm: ArmState['weights'], retrain: string, epochs = 3): boolean {
  const context = { fineTuning: { epochs }, plan: { retrain } } as unknown as RunContext;
  return races(context, { weights: made } as Method, { weights: arm } as ArmState);
}

test('what is fine-tuned from the source’s weights races, and a network that was trained jointly', () => {
  expect(at('search', 'source', 'auto')).toBe(true);
  expect(at(undefined, 'source', 'source')).toBe(true);
  expect(at('joint', 'generated', 'auto')).toBe(true);
  expect(at('joint', 'source', 'source')).toBe(true);
});

test('fresh weights, and those of a generator that were asked for, have nothing to race with', () => {
  expect(at('search', 'scratch', 'auto')).toBe(false);
  expect(at('joint', 'scratch', 'scratch')).toBe(false);
  expect(at('search', 'generated', 'generated')).toBe(false);
  expect(at('joint', 'generated', 'generated')).toBe(false);
  expect(at('search', 'source', 'auto', 0)).toBe(false);
});
