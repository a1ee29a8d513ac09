import type { Random } from '../src/graph/random.ts';
import { search as agentSearch } from '../src/methods/agent/method.ts';
import type { World as AgentWorld } from '../src/methods/agent/world.ts';
import { agentSettings } from '../src/methods/agent/settings.ts';
import { search as constrainedSearch } from '../src/methods/constrained/method.ts';
import { constrainedSettings } from '../src/methods/constrained/settings.ts';
import { importanceOf } from '../src/methods/importance/importance.ts';
import { keepBest } from '../src/methods/importance/widths.ts';
import { Evolution } from '../src/methods/rewarded-meta/evolution/evolution.ts';
import { geneMapOf, widthsOf } from '../src/methods/rewarded-meta/levels.ts';
import { searchProblem } from '../src/methods/rewarded-meta/search.ts';
import { RangeEvolution } from '../src/methods/rewarded-meta/evolution/range-evolution.ts';
import { rangePoints, rangeProblem } from '../src/methods/rewarded-meta/range.ts';
import { rewardSpec } from '../src/methods/rewarded-meta/reward.ts';
import { evolutionSettingsSchema, wholeSpace } from '../src/methods/rewarded-meta/evolution/search-space.ts';
import type { EvolutionSettings } from '../src/methods/rewarded-meta/evolution/search-space.ts';
import type { Curve, MethodContext, MethodEvent, MethodImages, Outcome } from '../src/methods/types.ts';
import type { Snapshot } from '../src/runtime/types.ts';
import type { Effort } from '../src/terms/choices.ts';
import { keyOf } from './search-world.ts';
import type { World } from './search-world.ts';

/** What is found with at most so many evaluations: its key. */
export type Searcher = (world: World, evaluations: number, random: Random) => string | Promise<string>;

/** The lower end of the evolution's window of costs, which random draws have too. */
export const LOW = 0.95;

/** The evolution's space: what random draws and trying everything see too. */
export function spaceOf({ dependencies, costs }: World) {
  const plan = geneMapOf(dependencies);
  const problem = searchProblem(plan, costs, { windowLow: LOW, includeUniform: false });
  return { problem, key: (genes: readonly number[]) => keyOf(widthsOf(plan, genes)) };
}

/** All alike, none twice. */
const random: Searcher = (world, evaluations, draws) => {
  const { problem, key } = spaceOf(world);
  const inside = wholeSpace(problem, Infinity)!;
  const order = Int32Array.from(inside.keys());
  draws.shuffle(order);
  let best = '';
  for (const at of order.subarray(0, evaluations)) {
    const drawn = key(inside[at]);
    if (!best || world.score(drawn) > world.score(best)) best = drawn;
  }
  return best;
};

/** By evaluations; populations as the efforts have them, the least that a surrogate can learn from first. */
const populations: Readonly<Record<number, Partial<EvolutionSettings>>> = {
  24: { population: 8, archive: 8, parents: 4, mutation: 4, crossover: 4, generations: 3 },
  60: { population: 10, archive: 10, parents: 4, mutation: 5, crossover: 5, generations: 6 },
  120: { population: 20, archive: 20, parents: 6, mutation: 10, crossover: 10, generations: 6 },
  240: { population: 40, archive: 40, parents: 6, mutation: 20, crossover: 20, generations: 6 },
  480: { population: 40, archive: 40, parents: 8, mutation: 20, crossover: 20, generations: 12 },
};

const evolution =
  (given: Partial<EvolutionSettings>): Searcher =>
  (world, evaluations, draws) => {
    const { problem, key } = spaceOf(world);
    const settings = evolutionSettingsSchema.parse({ ...populations[evaluations], ...given });
    const search = new Evolution(problem, settings, draws);
    while (!search.done) {
      const proposals = search.propose();
      search.tell(proposals.map(({ genes }) => world.score(key(genes))));
    }
    return key(search.archive[0].genes);
  };

type Given = Readonly<Record<string, unknown>>;

/** What a method is given of a world: its network, and images that nobody looks at. */
function contextOf(
  world: World,
  settings: unknown,
  random: Random,
  curve?: Curve,
): MethodContext & { images: MethodImages } {
  const { graph, weights, dependencies, budgets } = world;
  const none = { size: 1000 };
  const images = { set: { train: none, validation: none } } as unknown as MethodImages;
  return { graph, weights, dependencies, budgets, random, settings, images, roundTo: 1, curve };
}

/** What settings are made for: a trained network and a set of usual size. */
const about = ({ graph, dependencies }: World) => ({
  graph,
  dependencies,
  trainImages: 45_000,
  untrained: false,
});

/** What a search ends with: a network's key, and what cheaper points go on from. */
interface Found {
  readonly key: string;
  readonly learned?: Snapshot;
}

async function foundBy(run: AsyncGenerator<MethodEvent, Outcome, void>): Promise<Found> {
  let learned: Snapshot | undefined;
  for (;;) {
    const next = await run.next();
    if (next.done) return { key: keyOf(next.value.chosen.architecture), learned };
    if (next.value.type === 'learned') learned = next.value.take();
  }
}

/** A search at one budget, alone or as a point of several. */
type Search = (world: World, evaluations: number, random: Random, curve?: Curve) => Promise<Found>;

const alone =
  (search: Search): Searcher =>
  async (world, evaluations, draws) =>
    (await search(world, evaluations, draws)).key;

/** By evaluations: rounds and episodes whose scores, with the policy's own at each choice, are no more than those. */
const rounds: Readonly<Record<number, readonly [Effort, Given]>> = {
  24: ['quick', { fill: 1, episodes: 5, joint: 3 }],
  60: ['quick', { fill: 1, episodes: 9, joint: 5 }],
  120: ['quick', { joint: 11 }],
  480: ['standard', { joint: 40 }],
};

/** The method `agent`, its network's training left out: the table's weights don't move. */
const sac =
  (given: Given): Search =>
  (world, evaluations, draws, curve) => {
    const [effort, own] = rounds[evaluations];
    const settings = agentSettings({ ...own, align: 0, ...given }, effort, about(world));
    const { graph, dependencies, weights } = world;
    const { importance } = importanceOf(graph, dependencies, weights, 'l1');
    const score = async (kept: readonly (readonly number[])[]) => {
      const accuracy = world.score(keyOf(kept.map((channels) => channels.length)));
      return { accuracy, loss: 100 - accuracy };
    };
    const inTable = (...[, , , sweep]: Parameters<Parameters<typeof agentSearch>[2]>): AgentWorld => ({
      training: {
        async *epoch() {
          yield { type: 'loss', stage: 'weights', epoch: 1, loss: 0 };
        },
        snapshot: () => undefined,
        distance: undefined,
        async dispose() {},
      },
      environment: {
        sweep,
        reward: async (architecture) => world.score(keyOf(architecture)) / 100,
        score,
        kept: (architecture) => keepBest(importance, architecture),
        cut: async (kept) => ({ weights, ...(await score(kept)) }),
        moved() {},
      },
    });
    const context = contextOf(world, settings, draws, curve);
    return foundBy(agentSearch(context, context.images, inTable));
  };

/** By evaluations: updates and episodes that with the uniform width, the finalists and the policy's mean are no more. */
const updates: Readonly<Record<number, readonly [Effort, Given]>> = {
  24: ['quick', { updates: 3, episodesPerUpdate: 6 }],
  60: ['quick', { updates: 6, episodesPerUpdate: 9 }],
  120: ['quick', { updates: 14 }],
  480: ['standard', { updates: 29 }],
};

/** The method `constrained`. */
const ppo =
  (given: Given): Search =>
  (world, evaluations, draws, curve) => {
    const [effort, own] = updates[evaluations];
    const settings = constrainedSettings({ ...own, ...given }, effort, about(world));
    const judge = async (kept: readonly (readonly number[])[]) =>
      world.score(keyOf(kept.map((channels) => channels.length)));
    return foundBy(constrainedSearch(contextOf(world, settings, draws, curve), () => judge));
  };

/** What is found at several budgets in one go: a key each. `worlds`: the goal's first, then those of the points. */
export type CurveSearcher = (
  worlds: readonly World[],
  points: readonly number[],
  evaluations: number,
  random: Random,
) => Promise<string[]>;

/** Each budget searched for by itself, with so many evaluations each. */
const apart =
  (search: Searcher): CurveSearcher =>
  async (worlds, _points, evaluations, draws) => {
    const found: string[] = [];
    for (const world of worlds) found.push(await search(world, evaluations, draws.fork('point')));
    return found;
  };

/** One search with so many evaluations for all. */
const together =
  (search: Search): CurveSearcher =>
  async (worlds, points, evaluations, draws) => {
    const first = await search(worlds[0], evaluations, draws, { points, share: 1 });
    const found = [first.key];
    for (const [i, share] of points.entries()) {
      const curve = { points, share, learned: first.learned };
      found.push((await search(worlds[i + 1], evaluations, draws, curve)).key);
    }
    return found;
  };

/** One evolution for all points, with so many evaluations for all; its choice by accuracy, as each point's own has. */
const rangeEvolution: CurveSearcher = async (worlds, points, evaluations, draws) => {
  const [goal] = worlds;
  const plan = geneMapOf(goal.dependencies);
  const given = { windowLow: LOW, includeUniform: false, oneSearch: true };
  const budgets = goal.budgets;
  const context = { ...goal, budgets, curve: { points, share: 1 } };
  const all = rangePoints(context, plan, given)!;
  const spec = rewardSpec('rewarded-meta', { original: budgets[0].original });
  const made = rangeProblem(all, plan, spec, LOW, () => []);
  const problem: typeof made = {
    ...made,
    reward: (genes, accuracy, exponent) =>
      exponent === undefined ? accuracy : made.reward(genes, accuracy, exponent),
  };
  const settings = evolutionSettingsSchema.parse(populations[evaluations]);
  const search = new RangeEvolution(problem, 1, settings, draws);
  const key = (genes: readonly number[]) => keyOf(widthsOf(plan, genes));
  while (!search.done) search.tell(search.propose().map(({ genes }) => goal.score(key(genes))));
  return [1, ...points].map((share) => {
    const point = RangeEvolution.restore(problem, share, settings, search.state);
    return key(point.archive[0].genes);
  });
};

const alikeRepaired = evolution({ offspring: 'repaired', surrogate: 'gaussian-process' });

export const curveSearchers: Readonly<Record<string, CurveSearcher>> = {
  'random, each point': apart(random),
  'evolution, each point': apart(alikeRepaired),
  'evolution, one search': rangeEvolution,
  'PPO-Lagrangian, each point': apart(alone(ppo({}))),
  'PPO-Lagrangian, one policy': together(ppo({})),
  'SAC, each point': apart(alone(sac({}))),
  'SAC, one policy': together(sac({})),
};

export const searchers: Readonly<Record<string, Searcher>> = {
  random,
  'evolution as in the paper': evolution({}),
  'its children repaired': evolution({ offspring: 'repaired' }),
  'and a surrogate': alikeRepaired,
  'PPO-Lagrangian, each score as it is': alone(ppo({ surrogate: 'none' })),
  'PPO-Lagrangian': alone(ppo({})),
  SAC: alone(sac({})),
};
