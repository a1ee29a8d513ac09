import { expect, test } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import { costsOf } from '../../../src/methods/budgets.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import { geneMapOf } from '../../../src/methods/rewarded-meta/levels.ts';
import type { Genes } from '../../../src/methods/rewarded-meta/levels.ts';
import { rewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';
import { Search, searchProblem, searchStateSchema } from '../../../src/methods/rewarded-meta/search.ts';
import type { SearchState } from '../../../src/methods/rewarded-meta/search.ts';
import { ruleSeeds } from '../../../src/methods/rewarded-meta/seeds.ts';
import type { RewardedMetaSettings } from '../../../src/methods/rewarded-meta/settings.ts';
import type { MethodEvent } from '../../../src/methods/types.ts';
import { packedLosses } from '../../../src/terms/comparison/losses.ts';
import { smallNet } from '../nets.ts';

const { graph, weights } = smallNet();
const dependencies = findGroups(graph);
const geneMap = geneMapOf(dependencies);
const whole = costsOf(graph, dependencies, [{ metric: 'macs', limit: 1, original: 1 }]);
const { macs } = whole.cost(fullArchitecture(dependencies));
const budgets = [{ metric: 'macs' as const, limit: macs / 2, original: macs }];
const costs = costsOf(graph, dependencies, budgets);
const about = { graph, dependencies, trainImages: 96, untrained: false };
const settings = methodNamed('rewarded-meta').settings(
  { population: 8, generations: 8, windowLow: 0.4 },
  'quick',
  about,
) as RewardedMetaSettings;
const context = { graph, weights, dependencies, budgets, random: new Random(1), settings, roundTo: 1 };
const space = searchProblem(geneMap, costs, settings);
const seeds = ruleSeeds(context, costs, geneMap, space, new Random(2));
const problem = { ...space, initial: seeds.map(({ genes }) => genes) };

/** Networks whose losses on four images are made up: those of the rules, and of all others. */
const world = (rules: readonly number[], others: readonly number[]) => {
  const own = new Set(problem.initial.map(problem.key));
  return {
    narrow: (genes: Genes) => ({
      graph: { ...graph, name: problem.key(genes) },
      weights,
      kept: [],
    }),
    score: async (one: unknown) => {
      const losses = own.has((one as { name: string }).name) ? rules : others;
      const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
      const score = { accuracy: 50, loss, images: losses.length, losses: packedLosses(losses) };
      return { weights, score };
    },
  };
};

async function searched(
  { narrow, score }: ReturnType<typeof world>,
  given: Partial<RewardedMetaSettings> = {},
  start: Random | SearchState = new Random(3),
) {
  const spec = rewardSpec('rewarded-meta', { original: macs });
  const search = new Search(problem, geneMap, costs, spec, { ...settings, ...given }, seeds, start);
  const states: SearchState[] = [];
  const offer = (): MethodEvent => {
    states.push(searchStateSchema.parse(JSON.parse(JSON.stringify(search.state))));
    return { type: 'checkpoint', take: () => ({ json: {}, arrays: new Map() }) };
  };
  const told: MethodEvent[] = [];
  for await (const event of search.run({ narrow }, { score }, 64, offer))
    if (event.type !== 'checkpoint') told.push(event);
  return { search, states, told };
}

const equal = world([1, 1, 1, 1], [1, 1, 1, 1]);
const ahead = world([1, 1, 1, 1], [0.5, 0.5, 0.5, 0.6]);
const noise = world([1, 1, 1, 1], [0, 1.5, 1, 1]);

test('a search that finds nothing ahead of the rules ends after a quarter of its generations', async () => {
  for (const one of [equal, noise]) {
    const { search } = await searched(one);
    expect(search.evolution.generation).toBe(2);
    expect(search.nextId).toBe(16);
    // of equal ones the first
    expect(search.stopped).toBe(seeds[0].name);
  }
});

test('one that finds something goes on to its end, and so does one that is not asked', async () => {
  const { search } = await searched(ahead);
  expect([search.evolution.generation, search.nextId, search.stopped]).toEqual([8, 64, null]);
  const patient = await searched(equal, { stopEarly: false });
  expect([patient.search.nextId, patient.search.stopped]).toEqual([64, null]);
});

test('it stops or goes on the same from every checkpoint', async () => {
  for (const one of [equal, ahead]) {
    const { states, told, search } = await searched(one);
    expect(states.length).toBeGreaterThan(16);
    for (const state of states) {
      const rest = await searched(one, {}, state);
      expect(rest.search.state).toEqual(search.state);
      expect(rest.told).toEqual(told.slice(told.length - rest.told.length));
    }
  }
});

test('it is on by default, and off where the search is the papers’ or its result in no race', () => {
  const at = (given: Record<string, unknown>, untrained = false) =>
    methodNamed('rewarded-meta').settings(given, 'quick', { ...about, untrained });
  expect(at({})).toMatchObject({ stopEarly: true });
  for (const given of [
    { surrogate: 'none' },
    { offspring: 'rejected' },
    { raced: 0 },
    { includeRules: false },
  ])
    expect(at(given)).toMatchObject({ stopEarly: false });
  expect(at({}, true)).toMatchObject({ generator: 'pruning-net', stopEarly: false });
  expect(at({ stopEarly: false })).toMatchObject({ stopEarly: false });
});
