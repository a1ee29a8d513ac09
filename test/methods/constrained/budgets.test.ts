import { expect, test } from 'vitest';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { Agent } from '../../../src/methods/constrained/agent.ts';
import type { Environment } from '../../../src/methods/constrained/environment.ts';
import { constrainedSettings } from '../../../src/methods/constrained/settings.ts';
import { BudgetRange } from '../../../src/methods/rl/budget-range.ts';
import { smallNet } from '../nets.ts';
import { toy } from './toy.ts';

const { graph } = smallNet();
const about = { graph, dependencies: findGroups(graph), trainImages: 1000, untrained: false };
const settings = constrainedSettings({}, 'thorough', about);
const range = new BudgetRange([0.75, 0.5]);
const goal = 60;

/** A problem by hand whose policy serves several budgets; it begins at widths that are near to each. */
function several(seed: number) {
  const problem = toy({ seed, limits: [goal] });
  const environment: Environment = {
    ...problem,
    features: problem.features + 1,
    range,
    prior: (_, budget) => Float64Array.of(1 - (budget * goal) / 100),
    observe: (d, before, budget) =>
      Float64Array.from([...problem.observe(d, before, 1), range.place(budget)]),
  };
  return { problem, environment };
}

/** One policy's whole learning; `at`: stopped there, and gone on from its state. */
function taught({ problem, environment }: ReturnType<typeof several>, given = settings, at = -1) {
  let agent = new Agent(environment, given, new Random(1));
  const budgets: number[] = [];
  for (let episodes = 0; !agent.done; episodes++) {
    if (episodes === at) {
      const { json, arrays } = agent.snapshot();
      agent = new Agent(environment, given, new Random(7));
      agent.restore({ json: JSON.parse(JSON.stringify(json)) as unknown, arrays });
    }
    const outcome = problem.value(problem.widths(agent.propose()));
    budgets.push(agent.budget);
    agent.tell({ ...outcome, uniform: 100 * Math.sqrt((agent.budget * goal) / 100) });
  }
  return { agent, budgets };
}

test.each([[1], [3]])(
  'problem %d: one policy has a network for every budget, larger ones are wider, each near the best there is',
  (seed) => {
    const both = several(seed);
    const { agent } = taught(both);
    const found = [1, 0.87, 0.75, 0.6, 0.5].map((budget) => {
      const { reward, costs } = both.problem.value(both.problem.widths(agent.greedy(budget)));
      const { best } = toy({ seed, limits: [budget * goal] });
      return { budget, cost: costs[0]!, share: reward / best.reward };
    });
    if (process.env.ESPALIER_VERBOSE) console.log(found);
    for (const [i, { budget, cost, share }] of found.entries()) {
      expect(share).toBeGreaterThan(0.9);
      // before it is brought there exactly, as every finalist is
      expect(cost / (budget * goal)).toBeLessThan(1.2);
      if (i) expect(cost).toBeLessThanOrEqual(found[i - 1].cost);
    }
    expect(found.at(-1)!.cost).toBeLessThan(0.75 * found[0].cost);
  },
);

test('budgets are drawn from the generator that the state keeps: stopped anywhere, it is the same bit for bit', () => {
  const both = several(2);
  const short = { ...settings, updates: 4, episodesPerUpdate: 5 };
  const whole = taught(both, short);
  expect(new Set(whole.budgets).size).toBe(20);
  for (const budget of whole.budgets) {
    expect(budget).toBeGreaterThanOrEqual(0.5);
    expect(budget).toBeLessThanOrEqual(1);
  }
  for (const at of [3, 10, 17]) {
    const again = taught(both, short, at);
    expect(again.budgets).toEqual(whole.budgets);
    expect(again.agent.snapshot()).toEqual(whole.agent.snapshot());
  }
});

test("the paper's recipe has one budget, and ours can be told to", () => {
  expect(settings.onePolicy).toBe(true);
  expect(constrainedSettings({ recipe: 'paper' }, 'quick', about).onePolicy).toBe(false);
});
