import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { baselines } from '../../src/methods/baselines/method.ts';
import { methods } from '../../src/methods/index.ts';
import { EQUAL_COST, SCRATCH, controlsOf, defaultControls } from '../../src/protocol/controls.ts';
import { controlArms } from '../../src/run/plan/make-plan.ts';

test.each([
  { controls: ['uniform', 'random'], method: 'uniform', data: true, of: ['random'] },
  { controls: ['uniform', 'scratch'], method: 'l1', data: true, of: ['uniform', 'scratch'] },
  { controls: ['uniform', 'scratch'], method: 'l1', data: false, of: ['uniform'] },
  { controls: ['l1', 'equal-cost'], method: 'rewarded-meta', data: true, of: ['l1', 'equal-cost'] },
  { controls: ['uniform', 'equal-cost'], method: 'l1', data: true, of: ['uniform'] },
  { controls: ['equal-cost'], method: 'rewarded-meta', data: false, of: [] },
])('the plan names the control arms that the run will have: $method, $controls', (one) => {
  const { controls, method, data, of } = one;
  expect(controlsOf(controls, method, data)).toEqual(of);
  expect(controlArms(controls, method, data)).toEqual(of);
});

test('the setting names every control arm that there is, the usual ones among them', () => {
  const { contributes } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const setting: string[] = contributes.configuration.properties['espalier.controls'].items.enum;
  const proposers = ['greedy-slimming', 'knapsack'];
  expect(proposers.every((name) => methods.has(name))).toBe(true);
  expect(setting).toEqual([...baselines.map(({ name }) => name), ...proposers, SCRATCH, EQUAL_COST]);
  expect(setting).toEqual(expect.arrayContaining([...defaultControls]));
});
