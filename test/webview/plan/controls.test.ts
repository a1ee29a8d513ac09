import { expect, test } from 'vitest';
import { controlArms } from '../../../src/run/plan/make-plan.ts';
import { controlsOf } from '../../../webview/plan/controls.ts';

test.each([
  { controls: ['uniform', 'random'], method: 'uniform', data: true, of: ['random'] },
  { controls: ['uniform', 'scratch'], method: 'l1', data: true, of: ['uniform', 'scratch'] },
  { controls: ['uniform', 'scratch'], method: 'l1', data: false, of: ['uniform'] },
])('the plan names the control arms that the run will have: $method, $controls', (one) => {
  const { controls, method, data, of } = one;
  const draft = { controls, method, data: data ? { path: 'images', preprocess: 'auto' } : null };
  expect(controlsOf(draft)).toEqual(of);
  expect(controlArms(controls, method, data)).toEqual(of);
});
