import { expect, test } from 'vitest';
import { rewardKinds, rewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';
import { coefficientsOf, parseSpec, withCoefficients } from '../../../webview/candidates/spec.ts';

test('every reward that a run can record is read back', () => {
  for (const kind of rewardKinds) {
    const spec = rewardSpec(kind, { original: 1000, target: 500 });
    expect(parseSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  }
  expect(parseSpec(undefined)).toBeNull();
  expect(parseSpec({ kind: 'rewarded-meta', metric: 'macs' })).toBeNull();
  expect(parseSpec({ kind: 'of-tomorrow' })).toBeNull();
});

test('coefficients change the exponents and nothing else', () => {
  const original = { macs: 1000, params: 100, bytes: 400 };
  const own = rewardSpec('rewarded-meta', { original: 4100, baseAccuracy: 70.6 });
  expect(withCoefficients(own, coefficientsOf(own), original)).toEqual(own);
  expect(withCoefficients(own, { accuracy: 3, efficiency: 0.5 }, original)).toMatchObject({
    baseAccuracy: 70.6,
    baseCost: 4100,
    accuracyExponent: 3,
    efficiencyExponent: 0.5,
  });
  const amc = rewardSpec('amc', { metric: 'params', original: 100 });
  expect(withCoefficients(amc, { accuracy: 2, efficiency: 1 }, original)).toMatchObject({
    kind: 'rewarded-meta',
    metric: 'params',
    baseAccuracy: 100,
    baseCost: 100,
  });
});
