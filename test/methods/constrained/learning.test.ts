import { describe, expect, test } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { Agent } from '../../../src/methods/constrained/agent.ts';
import type { AgentSettings } from '../../../src/methods/constrained/agent.ts';
import type { MultiplierKind } from '../../../src/methods/constrained/learner/multiplier.ts';
import { constrainedSettings } from '../../../src/methods/constrained/settings.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { smallNet } from '../nets.ts';
import { learn, toy } from './toy.ts';

const { graph } = smallNet();
const context = { graph, dependencies: findGroups(graph), trainImages: 1000, untrained: false };
/** What users get. */
const thorough: AgentSettings = constrainedSettings({}, 'thorough', context);
const settings: AgentSettings = { ...thorough, updates: 40, episodesPerUpdate: 16 };

/** The best that as many random choices find. */
function randomSearch(
  problem: ReturnType<typeof toy>,
  seed: number,
  { updates, episodesPerUpdate }: AgentSettings = thorough,
): number {
  const random = new Random(seed);
  let best = -Infinity;
  for (let i = 0; i < updates * episodesPerUpdate; i++) {
    const actions = Array.from({ length: problem.decisions }, () => Float64Array.of(random.uniform()));
    const { reward, costs } = problem.value(problem.widths(actions));
    if (costs.every((c, k) => c! <= problem.limits[k])) best = Math.max(best, reward);
  }
  return best;
}

describe('a problem whose best answer is known by trying all', () => {
  test.each([
    ['one constraint', { seed: 1, limits: [40] }],
    ['two constraints', { seed: 2, limits: [50, 30] }],
    ['a cost in whole steps, without a slope', { seed: 3, limits: [40], stepwise: true }],
  ])('%s: found within 2 %', (_, options) => {
    const problem = toy(options);
    const { seen, greedy, history } = learn(problem, thorough, 1);
    const best = problem.best.reward;
    expect(seen).toBeLessThanOrEqual(best + 1e-9);
    expect(seen).toBeGreaterThan(0.98 * best);
    // the policy itself, not only the luckiest of its draws, and better than luck alone
    expect(greedy.reward).toBeGreaterThan(0.9 * best);
    expect(seen).toBeGreaterThan(randomSearch(problem, 1));
    const last = history.slice(-8);
    problem.limits.forEach((limit, c) => {
      const mean = last.reduce((sum, h) => sum + h.costs[c], 0) / last.length;
      expect(mean).toBeLessThan(1.12 * limit);
    });
  });

  const seeds = Array.from({ length: Number(process.env.ESPALIER_TOY_SEEDS ?? 4) }, (_, i) => [i + 1]);
  test.each(seeds)('seed %d: found within two hundredths', (seed) => {
    const problem = toy({ seed, limits: seed % 2 ? [40] : [50, 30] });
    const { seen } = learn(problem, thorough, seed);
    expect(seen).toBeGreaterThan(0.98 * problem.best.reward);
    expect(seen).toBeGreaterThan(randomSearch(problem, seed));
  });

  test.each(['quick', 'standard'] as const)(
    'with what %s has: better than as many random draws, over twelve problems',
    (effort) => {
      const own: AgentSettings = constrainedSettings({}, effort, context);
      const gains = Array.from({ length: 12 }, (_, i) => {
        const problem = toy({ seed: 20 + i, limits: i % 2 ? [40] : [50, 30] });
        const { seen } = learn(problem, own, i);
        if (process.env.ESPALIER_VERBOSE)
          console.log(
            effort,
            seen / problem.best.reward,
            randomSearch(problem, i, own) / problem.best.reward,
          );
        return (seen - randomSearch(problem, i, own)) / problem.best.reward;
      });
      const mean = gains.reduce((a, b) => a + b, 0) / gains.length;
      const square = gains.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (gains.length - 1);
      expect(mean).toBeGreaterThan(2 * Math.sqrt(square / gains.length));
    },
  );

  test('no multiplier, no heed of the cost: it is the constraint that holds the widths down', () => {
    const problem = toy({ seed: 1, limits: [40] });
    const free = learn(problem, { ...settings, multiplierMost: 0 }, 1);
    expect(free.history.at(-1)!.costs[0]).toBeGreaterThan(60);
  });
});

/** Mean distance from the budget, as a share of it, over the second half of the learning; and the lowest cost. */
function tracking(multiplier: MultiplierKind, seed: number): { distance: number; least: number } {
  const problem = toy({ seed, limits: [40] });
  const { history } = learn(problem, { ...settings, multiplier, multiplierMost: 1000 }, seed);
  const shares = history.map((h) => h.costs[0] / 40);
  const half = shares.slice(shares.length / 2);
  return {
    distance: half.reduce((sum, s) => sum + Math.abs(s - 1), 0) / half.length,
    least: Math.min(...shares),
  };
}

test("pid keeps to the budget; the paper's multiplier swings about it", () => {
  const mean = (multiplier: MultiplierKind) => {
    const all = [1, 2, 3].map((seed) => tracking(multiplier, seed));
    return all.reduce((sum, one) => sum + one.distance, 0) / all.length;
  };
  const [pid, gradient, paper] = (['pid', 'gradient', 'softplus-adam'] as const).map(mean);
  expect(pid).toBeLessThan(0.12);
  expect(pid).toBeLessThan(gradient);
  expect(2 * pid).toBeLessThan(paper);
});

describe('the learner', () => {
  const problem = toy({ seed: 4, limits: [50, 50], groups: 4 });
  const short = { ...settings, updates: 6, episodesPerUpdate: 5 };

  test.each([7, 13, 15])('stopped after episode %d and gone on, it is the same bit for bit', (at) => {
    const whole = learn(problem, short, 9).agent.snapshot();
    const first = new Agent(problem, short, new Random(9));
    for (let i = 0; i < at; i++) first.tell(problem.value(problem.widths(first.propose())));
    const { json, arrays } = first.snapshot();
    const second = new Agent(problem, short, new Random(1));
    second.restore({ json: JSON.parse(JSON.stringify(json)), arrays });
    while (!second.done) second.tell(problem.value(problem.widths(second.propose())));
    const end = second.snapshot();
    expect(end.json).toEqual(whole.json);
    for (const [name, values] of whole.arrays) expect(end.arrays.get(name)).toEqual(values);
  });

  test('episodes without a cost teach nothing, and a rollout of nothing but them is survived', () => {
    const agent = new Agent(problem, short, new Random(2));
    const before = agent.snapshot().arrays;
    let stats = null;
    for (let i = 0; i < 5; i++) {
      agent.propose();
      stats = agent.tell({ reward: 0, costs: [null, 3] });
    }
    expect(stats).toMatchObject({ failed: 5 });
    expect(agent.snapshot().arrays).toEqual(before);
    for (let i = 0; i < 5; i++) {
      const outcome = problem.value(problem.widths(agent.propose()));
      stats = agent.tell(i < 4 ? outcome : { reward: 1e9, costs: [NaN, NaN] });
    }
    expect(stats!.failed).toBe(1);
    expect(stats!.reward).toBeLessThan(100);
    for (const values of agent.snapshot().arrays.values())
      expect(values.every((v) => Number.isFinite(v))).toBe(true);
  });

  test('a divergence above the target stops the update', () => {
    const far = learn(problem, { ...short, rate: 0.1, klTarget: 0.01 }, 3).history;
    expect(far.some((h) => h.stopped)).toBe(true);
    const free = learn(problem, { ...short, rate: 0.1, klTarget: 0 }, 3).history;
    expect(free.some((h) => h.stopped)).toBe(false);
  });
});
