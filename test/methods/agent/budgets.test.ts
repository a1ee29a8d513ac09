import { expect, it } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { Agent } from '../../../src/methods/agent/agent.ts';
import { Replay } from '../../../src/methods/agent/learner/replay.ts';
import { learn, play } from '../../../src/methods/agent/rounds.ts';
import { BudgetRange } from '../../../src/methods/rl/budget-range.ts';
import type { Architecture } from '../../../src/terms/candidates.ts';
import { exhaustive, toySettings, toySweep, ToyEnvironment, worth } from './toys.ts';

const values = [1, 0.2, 0.6, 0.9, 0.3, 0.5];
const range = new BudgetRange([0.7, 0.5, 0.35]);
const settings = {
  ...toySettings,
  hidden: [32, 32],
  actorRate: 1e-3,
  alpha: 0.02,
  rewardScale: 'uniform' as const,
};

/** All groups at the same share of their channels, as wide as the budget lets them. */
function uniform(share: number): Architecture {
  for (let width = 8; ; width--)
    if (toySweep.within(share).used(toySweep.order.map(() => width)) <= 1)
      return toySweep.order.map(() => width);
}

async function taught(seed: number, epochs: number): Promise<Agent> {
  const agent = new Agent(toySweep, epochs + 1, settings, new Random(seed), range);
  const world = new ToyEnvironment(values);
  const known = range.shares.map((share) => worth(values, uniform(share)));
  const against = (budget: number) => range.between(known, budget);
  for (let epoch = 0; epoch <= epochs; epoch++) {
    agent.begin();
    const count = epoch === 0 ? 100 : 10;
    for (let i = 0; i < count; i++) await play(agent, world, epoch === 0 ? 'random' : 'sampled', against);
    const updates = learn(agent, { decoderUpdates: 5, agentUpdates: epoch && 100, representation: true });
    while (!(await updates.next()).done);
  }
  return agent;
}

const read = (agent: Agent, share: number) => toySweep.architecture(agent.rollout('greedy', share).decided);

it('one policy has the networks of all budgets: wider for larger ones, each near the best that there is', async () => {
  const agent = await taught(1, 30);
  const found = [1, 0.85, 0.7, 0.5, 0.42, 0.35].map((share) => {
    const architecture = read(agent, share);
    expect(toySweep.within(share).used(architecture)).toBeLessThanOrEqual(1);
    return {
      used: toySweep.used(architecture),
      share: worth(values, architecture) / exhaustive(values, share).reward,
      uniform: worth(values, uniform(share)) / exhaustive(values, share).reward,
    };
  });
  if (process.env.ESPALIER_VERBOSE) console.log(found);
  for (const [i, one] of found.entries()) {
    expect(one.share).toBeGreaterThan(0.92);
    expect(one.share).toBeLessThanOrEqual(1 + 1e-9);
    if (i) expect(one.used).toBeLessThan(found[i - 1].used);
  }
  const mean = (of: (one: (typeof found)[number]) => number) =>
    found.reduce((sum, one) => sum + of(one), 0) / found.length;
  expect(mean((one) => one.share)).toBeGreaterThan(0.95);
  expect(mean((one) => one.share)).toBeGreaterThan(mean((one) => one.uniform) + 0.1);
});

it('draws its budgets from the seeded generator that its state keeps: it goes on byte for byte', async () => {
  const agent = await taught(2, 2);
  const { json, arrays } = agent.snapshot();
  const kept = new Map([...arrays].map(([name, array]) => [name, array.slice()]));
  const go = async (one: Agent) => {
    one.begin();
    const budgets: number[] = [];
    for (let i = 0; i < 5; i++) {
      budgets.push(one.budget());
      one.remember(one.rollout('sampled', budgets[i]), budgets[i], 0.1);
    }
    one.learnPolicy();
    return [budgets, one.snapshot()];
  };
  const expected = await go(agent);
  const again = new Agent(toySweep, 3, settings, new Random(99), range);
  again.restore({ json: JSON.parse(JSON.stringify(json)) as unknown, arrays: kept });
  expect(await go(again)).toEqual(expected);
  // any factor is as likely: as many above the middle one as below
  const random = new Random(3);
  const drawn = Array.from({ length: 2000 }, () => range.draw(random));
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0.35);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(1);
  expect(drawn.filter((one) => one > Math.sqrt(0.35)).length / 2000).toBeCloseTo(0.5, 1);
});

it('reads what is known at the points at budgets between them, on a line over the logarithm', () => {
  const three = new BudgetRange([0.25, 0.5]);
  expect(three.shares).toEqual([1, 0.5, 0.25]);
  expect([1, 0.5, 0.25].map((share) => three.between([9, 5, 4], share))).toEqual([9, 5, 4]);
  expect(three.between([9, 5, 4], Math.sqrt(0.5))).toBeCloseTo(7, 12);
  expect(three.between([9, 5, 4], Math.sqrt(0.125))).toBeCloseTo(4.5, 12);
  expect([1, 0.5, 0.25].map((share) => three.place(share))).toEqual(
    [-0, 0.5, 1].map((v) => expect.closeTo(v, 12)),
  );
});

it('a reward is what an episode has beyond the uniform network of its epoch and budget', () => {
  const replay = new Replay(1, 1, 10);
  const episode = {
    steps: [{ state: Float32Array.of(0), bounds: { low: 0, high: 1 }, action: 0.5 }],
    last: Float32Array.of(1),
    decided: [],
  };
  // weights that get better from epoch to epoch, and a policy that does so too
  const [outcomes, uniform, epochs] = [
    [0.5, 0.6, 0.8, 0.9],
    [0.6, 0.6, 0.7, 0.7],
    [0, 0, 1, 1],
  ];
  outcomes.forEach((outcome, i) => replay.add(episode, outcome, epochs[i], uniform[i]));
  // -0.1, 0, 0.1, 0.2: mean 0.05, deviation sqrt(0.0125)
  const unit = Math.sqrt(0.0125);
  const close = (all: readonly number[]) => all.map((v) => expect.closeTo(v, 5) as number);
  expect([...replay.scaled('uniform')]).toEqual(close([-0.15, -0.05, 0.05, 0.15].map((v) => v / unit)));
  // the mean of the epoch hides that the later ones are better
  expect([...replay.scaled('epoch')]).toEqual(close([-1, 1, -1, 1]));
  // as an older version kept it, which compared with that mean
  const saved = replay.save();
  saved.delete('baselines');
  const older = new Replay(1, 1, 10);
  older.restore(replay.state, saved);
  expect([...older.scaled('uniform')]).toEqual(close([-1, 1, -1, 1]));
});
