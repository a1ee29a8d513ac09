import { describe, expect, test } from 'vitest';
import { createNetwork } from '../../../src/formats/index.ts';
import { Random } from '../../../src/graph/random.ts';
import { advantages, centre } from '../../../src/methods/constrained/learner/advantages.ts';
import { bernoulli, clipped, mask, squashed } from '../../../src/methods/constrained/learner/distribution.ts';
import { Multiplier } from '../../../src/methods/constrained/learner/multiplier.ts';
import type { MultiplierSettings } from '../../../src/methods/constrained/learner/multiplier.ts';
import { Agent } from '../../../src/methods/constrained/agent.ts';
import { constrainedSettings } from '../../../src/methods/constrained/settings.ts';
import { Space } from '../../../src/methods/constrained/space.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { importanceOf } from '../../../src/methods/importance/importance.ts';
import { smallNet } from '../nets.ts';
import { Running } from '../../../src/methods/constrained/learner/running.ts';

const settings: MultiplierSettings = {
  multiplier: 'softplus-adam',
  multiplierStart: 1,
  multiplierRate: 1,
  pidProportional: 10,
  pidIntegral: 0.5,
  pidDerivative: 5,
  pidSmoothing: 0.2,
  pidDelay: 1,
  multiplierMost: 1000,
};

describe('generalised advantages', () => {
  test('lambda 1, no critic, a reward at the end only: gamma^(T-1-t) r', () => {
    const found = advantages([0, 0, 0, 0, 7], [0, 0, 0, 0, 0], 0.99, 1);
    found.forEach((a, t) => expect(a).toBeCloseTo(0.99 ** (4 - t) * 7, 12));
  });

  test('equals the sum that defines it', () => {
    const random = new Random(4);
    const [gamma, lambda, n] = [0.9, 0.7, 6];
    const r = Array.from({ length: n }, () => random.normal());
    const v = Array.from({ length: n }, () => random.normal());
    const delta = r.map((one, t) => one + gamma * (v[t + 1] ?? 0) - v[t]);
    const found = advantages(r, v, gamma, lambda);
    for (let t = 0; t < n; t++) {
      let sum = 0;
      for (let k = 0; t + k < n; k++) sum += (gamma * lambda) ** k * delta[t + k];
      expect(found[t]).toBeCloseTo(sum, 12);
    }
  });

  test('centred, and never NaN where all are alike', () => {
    expect([...centre(Float64Array.of(3, 3), true)]).toEqual([0, 0]);
    expect([...centre(Float64Array.of(5), true)]).toEqual([0]);
    const [low, high] = centre(Float64Array.of(1, 5), true);
    expect(high).toBeCloseTo(1, 6);
    expect(low).toBeCloseTo(-1, 6);
    expect([...centre(Float64Array.of(1, 5), false)]).toEqual([-2, 2]);
  });
});

describe("the paper's mask", () => {
  test('is a Gaussian a channel, kept from one half on: 30.9 % of them at first', () => {
    const random = new Random(6);
    const kept = mask.action(mask.sample(new Float64Array(40_000), 0, random));
    expect([...new Set(kept)].sort()).toEqual([0, 1]);
    expect(kept.reduce((sum, one) => sum + one, 0) / 40_000).toBeCloseTo(0.3085, 2);
    expect([...mask.action(Float64Array.of(-3, 0.49, 0.5, 7))]).toEqual([0, 0, 1, 1]);
    // log-probabilities are of the values as drawn, not of what stays
    expect(mask.logProb(Float64Array.of(0), 0, Float64Array.of(0.6))).not.toBe(
      mask.logProb(Float64Array.of(0), 0, Float64Array.of(0.9)),
    );
  });

  test('is what its recipe decides channels by; ours by a coin a channel', () => {
    const { graph, weights } = smallNet();
    const dependencies = findGroups(graph);
    const about = { graph, dependencies, trainImages: 1000, untrained: false };
    const { importance } = importanceOf(graph, dependencies, weights, 'l1');
    const first = (given: Record<string, unknown>) => {
      const settings = constrainedSettings({ granularity: 'keep', ...given }, 'quick', about);
      const space = new Space(graph, dependencies, 1, importance, [50], 0.7, settings);
      const agent = new Agent(space, settings, new Random(5));
      agent.propose();
      agent.tell({ reward: 50, costs: [50] });
      const { episodes } = agent.snapshot().json as { episodes: { raw: number[][] }[] };
      return { raw: episodes[0].raw.flat(), prior: [...space.prior(0)] };
    };
    const paper = first({ recipe: 'paper' });
    expect(paper.raw.every((u) => u === 0 || u === 1)).toBe(false);
    expect(new Set(paper.prior)).toEqual(new Set([0]));
    expect(first({}).raw.every((u) => u === 0 || u === 1)).toBe(true);
    // where the policy leans to something, a mask leans as far as a coin would
    const lean = first({ recipe: 'paper', start: 'budget' }).prior[0];
    expect(lean).toBeCloseTo(0.5 + Math.log(0.7 / 0.3) / 1.702, 6);
  });
});

describe('multipliers', () => {
  test("the paper's after the first update of cost 69.5 against 10: 1.74", () => {
    const nu = Multiplier.start(settings);
    expect(nu.value).toBeCloseTo(1, 12);
    nu.update(69.5, 10);
    expect(nu.value).toBeCloseTo(1.74, 2);
  });

  test("the paper's rises by about its rate whatever the excess; the others in proportion to it", () => {
    const after = (multiplier: MultiplierSettings['multiplier'], cost: number) => {
      const nu = Multiplier.start({ ...settings, multiplier });
      nu.update(cost, 10);
      return nu.value - 1;
    };
    expect(after('softplus-adam', 11)).toBeCloseTo(after('softplus-adam', 100), 5);
    expect(after('gradient', 12)).toBeCloseTo(2 * after('gradient', 11), 12);
    expect(after('gradient', 12)).toBeCloseTo(0.2, 12);
    expect(after('pid', 12)).toBeGreaterThan(1.5 * after('pid', 11));
  });

  test.each(['softplus-adam', 'gradient', 'pid'] as const)(
    '%s: never below zero, and a missing cost changes nothing',
    (multiplier) => {
      const nu = Multiplier.start({ ...settings, multiplier });
      for (let i = 0; i < 60; i++) nu.update(1, 10);
      expect(nu.value).toBeGreaterThanOrEqual(0);
      expect(nu.value).toBeLessThan(1e-3);
      const state = nu.state;
      nu.update(NaN, 10);
      expect(nu.state).toEqual(state);
      const again = Multiplier.restore({ ...settings, multiplier }, structuredClone(state));
      for (let i = 0; i < 60; i++) {
        nu.update(30, 10);
        again.update(30, 10);
      }
      // softplus has next to no slope down there: the paper's rule stays where it is
      if (multiplier === 'softplus-adam') expect(nu.value).toBeLessThan(0.1);
      else expect(nu.value).toBeGreaterThan(0.5);
      expect(again.value).toBe(nu.value);
    },
  );

  test('pid holds a rise against the cost, but not a fall for it', () => {
    const only = {
      ...settings,
      multiplier: 'pid' as const,
      pidProportional: 0,
      pidIntegral: 0,
      pidSmoothing: 0,
    };
    const nu = Multiplier.start({ ...only, multiplierStart: 0 });
    nu.update(10, 10);
    nu.update(14, 10);
    expect(nu.value).toBeCloseTo(5 * 0.4, 12);
    nu.update(11, 10);
    expect(nu.value).toBe(0);
  });
});

describe('policies', () => {
  test('a clipped standard Gaussian: mean 0.3156, and 0.3085 of it at or above a half', () => {
    const random = new Random(1);
    const n = 200_000;
    let sum = 0;
    let above = 0;
    for (let i = 0; i < n; i++) {
      const [a] = clipped.action(clipped.sample(Float64Array.of(0), 0, random));
      sum += a;
      if (a >= 0.5) above++;
    }
    expect(sum / n).toBeCloseTo(0.3156, 2);
    expect(above / n).toBeCloseTo(0.3085, 2);
  });

  test.each([
    [0, -0.7],
    [1.2, 0],
    [-0.8, 0.3],
  ])('the squashed density integrates to one over [0, 1]: mean %f, log sigma %f', (mean, logSigma) => {
    const n = 400_000;
    let integral = 0;
    for (let i = 0; i < n; i++) {
      const a = (i + 0.5) / n;
      const u = Math.atanh(2 * a - 1);
      // da/du = (1 - tanh(u)^2) / 2
      const slope = 2 * a * (1 - a);
      integral += Math.exp(squashed.logProb(Float64Array.of(mean), logSigma, Float64Array.of(u))) / slope / n;
    }
    expect(integral).toBeCloseTo(1, 4);
  });

  test.each([squashed, clipped, bernoulli])(
    '$name: gradients are those of the differences',
    (distribution) => {
      const random = new Random(2);
      const out = Float64Array.of(0.3, -1.1, 0.7);
      const raw = distribution.sample(out, -0.4, random);
      const into = new Float64Array(3);
      const bump = (i: number, by: number) => out.map((v, j) => (i === j ? v + by : v));
      const h = 1e-5;
      const sigma = distribution.gradient(out, -0.4, raw, into);
      for (let i = 0; i < 3; i++)
        expect(into[i]).toBeCloseTo(
          (distribution.logProb(bump(i, h), -0.4, raw) - distribution.logProb(bump(i, -h), -0.4, raw)) /
            (2 * h),
          6,
        );
      expect(sigma).toBeCloseTo(
        (distribution.logProb(out, -0.4 + h, raw) - distribution.logProb(out, -0.4 - h, raw)) / (2 * h),
        6,
      );
      const slope = distribution.entropyGradient(out, -0.4, into);
      for (let i = 0; i < 3; i++)
        expect(into[i]).toBeCloseTo(
          (distribution.entropy(bump(i, h), -0.4) - distribution.entropy(bump(i, -h), -0.4)) / (2 * h),
          6,
        );
      expect(slope).toBeCloseTo(
        (distribution.entropy(out, -0.4 + h) - distribution.entropy(out, -0.4 - h)) / (2 * h),
        6,
      );
    },
  );

  test('a Bernoulli policy keeps channels as often as it says', () => {
    const random = new Random(3);
    const out = Float64Array.of(0, 2, -2);
    const counts = [0, 0, 0];
    for (let i = 0; i < 20_000; i++) bernoulli.sample(out, 0, random).forEach((k, c) => (counts[c] += k));
    [0.5, 0.8808, 0.1192].forEach((p, c) => expect(counts[c] / 20_000).toBeCloseTo(p, 1));
    const states = [0, 1].flatMap((a) => [0, 1].flatMap((b) => [0, 1].map((c) => Float64Array.of(a, b, c))));
    const total = states.reduce((sum, raw) => sum + Math.exp(bernoulli.logProb(out, 0, raw)), 0);
    expect(total).toBeCloseTo(1, 12);
  });

  test.each([squashed, clipped])('$name: what is preferred at first is what it does', (distribution) => {
    for (const a of [0.1, 0.5, 0.9])
      expect(distribution.action(distribution.mode(distribution.invert(Float64Array.of(a))))[0]).toBeCloseTo(
        a,
        12,
      );
  });
});

test('running deviation equals the one of all values', () => {
  const random = new Random(5);
  const values = Array.from({ length: 500 }, () => 3 + 2 * random.normal());
  const running = Running.of(1);
  expect(running.deviation()).toBe(1);
  for (const v of values) running.add([v]);
  const mean = values.reduce((a, b) => a + b, 0) / 500;
  const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 500);
  expect(running.mean()).toBeCloseTo(mean, 10);
  expect(running.deviation()).toBeCloseTo(deviation, 10);
});

test('VGG-16 has 14,710,464 weights in its 13 convolutions, as the paper counts them', () => {
  const { graph } = createNetwork('vgg16', { inputShape: [32, 32, 3], classes: 10, seed: 1 });
  const kernels = graph.nodes
    .filter((node) => node.op.kind === 'conv2d')
    .map((node) => graph.params[node.params.kernel].shape.reduce((a, b) => a * b, 1));
  expect(kernels).toHaveLength(13);
  expect(kernels.reduce((a, b) => a + b, 0)).toBe(14_710_464);
});
