import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { architectureOf, fullArchitecture } from '../../../src/graph/architecture.ts';
import { leastArchitecture, roundWidth } from '../../../src/graph/budget.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { InputError } from '../../../src/graph/errors.ts';
import { Random } from '../../../src/graph/random.ts';
import { prune } from '../../../src/graph/surgery.ts';
import type { Graph, Weights } from '../../../src/graph/types.ts';
import { constrained } from '../../../src/methods/constrained/method.ts';
import type { Evaluate, MethodContext, Outcome } from '../../../src/methods/types.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import type { Backend, Snapshot } from '../../../src/runtime/types.ts';
import type { ImageSet } from '../../../src/data/types.ts';
import { randomNetwork } from '../../graph/random-network.ts';
import { imageSet, smallNet, unit } from '../nets.ts';
import { noise, toEnd } from '../proposers.ts';
import type { Told } from '../proposers.ts';
import { isStatic } from '../../../src/terms/goals.ts';
import type { Budget, Metric } from '../../../src/terms/goals.ts';
import { costBy } from '../../../src/terms/cost.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

const small = {
  updates: 3,
  episodesPerUpdate: 4,
  finalists: 2,
  recalibrationBatches: 1,
  recalibrationBatchSize: 32,
  validationImages: 40,
};
const net = smallNet();
const set = imageSet(64, 40);

interface Options {
  readonly network?: { graph: Graph; weights: Weights };
  readonly given?: Record<string, unknown>;
  readonly budgets?: readonly (readonly [Metric, number])[];
  readonly evaluate?: Evaluate;
  readonly resume?: Snapshot;
  readonly roundTo?: number;
  readonly images?: ImageSet;
  readonly seed?: number;
}

function contextOf(options: Options = {}): MethodContext {
  const { graph, weights } = options.network ?? net;
  const dependencies = findGroups(graph);
  const original = costModel(graph, dependencies)(fullArchitecture(dependencies));
  const budgets = (options.budgets ?? [['macs', 50]]).map(([metric, percent]): Budget => {
    const whole = isStatic(metric) ? costBy(original, metric) : 100;
    return { metric, original: whole, limit: (whole * percent) / 100 };
  });
  const settings = constrained.settings({ ...small, ...options.given }, 'quick', {
    graph,
    dependencies,
    trainImages: 64,
    untrained: false,
  });
  return {
    graph,
    weights,
    dependencies,
    budgets,
    random: new Random(options.seed ?? 7),
    settings,
    images: { set: options.images ?? set, preprocess: unit, backend },
    roundTo: options.roundTo ?? 1,
    evaluate: options.evaluate,
    resume: options.resume,
  };
}

const run = (context: MethodContext) => toEnd(constrained, context);

const of = <T extends Told['type']>(events: readonly Told[], type: T) =>
  events.filter((e): e is Extract<Told, { type: T }> => e.type === type);

/** Every budget holds, and one step more in some group would break one. */
function usedUp({ graph, dependencies, budgets, roundTo }: MethodContext, { chosen }: Outcome): void {
  const cost = costModel(graph, dependencies);
  const used = (widths: readonly number[]) =>
    Math.max(...budgets.map((b) => (isStatic(b.metric) ? costBy(cost(widths), b.metric) / b.limit : 0)));
  const widths = architectureOf(dependencies, chosen.kept);
  expect(widths).toEqual(chosen.architecture);
  expect(used(widths)).toBeLessThanOrEqual(1);
  const open = dependencies.groups.filter((g) => g.frozen === undefined && widths[g.index] < g.size);
  const wider = open.map((g) =>
    used(widths.map((w, i) => (i === g.index ? roundWidth(w + 1, g.size, roundTo) : w))),
  );
  expect(open.length === 0 || wider.some((u) => u > 1)).toBe(true);
}

describe('a small network with a residual block, a depthwise layer and a concat', () => {
  test.each([
    ['a ratio a group', {}],
    ['a decision a channel', { granularity: 'keep' }],
    [
      "the paper's recipe",
      { recipe: 'paper', updates: 3, episodesPerUpdate: 4, tuneSteps: [0, 2], validationImages: 40 },
    ],
  ])('%s: within the budget and using it up; what it removes is gone', async (_, given) => {
    const context = contextOf({ given });
    const { events, outcome } = await run(context);
    usedUp(context, outcome);
    const narrow = prune(net.graph, net.weights, context.dependencies, outcome.chosen.kept);
    const cost = costModel(narrow.graph, findGroups(narrow.graph));
    expect(cost(fullArchitecture(findGroups(narrow.graph))).macs).toBe(outcome.chosen.cost.macs);
    const metrics = of(events, 'metric');
    for (const name of ['reward', 'cost:macs', 'multiplier:macs', 'entropy'])
      expect(metrics.filter((m) => m.name === name).map((m) => m.step)).toEqual([0, 1, 2]);
    expect(of(events, 'widths')).toHaveLength(3);
    const ids = of(events, 'candidate').map((e) => e.candidate.id);
    expect(ids).toEqual(ids.map((_, i) => i));
    // whatever breaks the budget ranks below whatever meets it
    const candidates = of(events, 'candidate').map((e) => e.candidate);
    const within = candidates.filter((c) => c.cost.macs <= context.budgets[0].limit);
    const without = candidates.filter((c) => c.cost.macs > context.budgets[0].limit);
    expect(within.length).toBeGreaterThan(0);
    for (const c of within) expect(c.reward).toBe(c.accuracies.recalibrated);
    for (const c of without) expect(c.reward).toBeLessThan(0);
  });

  test('several budgets at once, each with a multiplier of its own', async () => {
    const context = contextOf({
      budgets: [
        ['macs', 60],
        ['params', 50],
        ['memory', 80],
      ],
    });
    const { events, outcome } = await run(context);
    usedUp(context, outcome);
    const names = new Set(of(events, 'metric').map((m) => m.name));
    for (const metric of ['macs', 'params', 'memory']) expect(names).toContain(`multiplier:${metric}`);
  });

  test('a budget that no network meets is refused, and a setting that there is not', async () => {
    await expect(run(contextOf({ budgets: [['macs', 0.01]] }))).rejects.toThrow(InputError);
    expect(() => contextOf({ given: { nope: 1 } })).toThrow(/nope/);
    await expect(run(contextOf({ budgets: [['latency', 50]] }))).rejects.toThrow(/measure/);
  });

  test.each(['ratio', 'keep'])(
    '%s: interrupted anywhere and gone on, the same to the byte',
    async (granularity) => {
      const options = { given: { granularity }, budgets: [['script', 60]] as const, evaluate: widthsSum };
      const whole = await run(contextOf(options));
      for (const i of [0, 3, 6, whole.checkpoints.length - 2]) {
        const resumed = await run(contextOf({ ...options, resume: whole.checkpoints[i], seed: 99 }));
        expect(JSON.stringify(resumed.outcome)).toBe(JSON.stringify(whole.outcome));
        expect(resumed.events.filter((e) => e.type !== 'stage')).toEqual(
          whole.events.slice(whole.at[i]).filter((e) => e.type !== 'stage'),
        );
        expect(resumed.checkpoints.at(-1)).toEqual(whole.checkpoints.at(-1));
      }
    },
  );
});

/** The kept share of all channels in percent, in whole steps of 2: a stand-in for a script. */
const widthsSum: Evaluate = async (_, { architecture }) => {
  const all = fullArchitecture(findGroups(net.graph));
  const sum = (widths: readonly number[]) => widths.reduce((a, b) => a + b, 0);
  return 2 * Math.ceil((50 * sum(architecture)) / sum(all));
};

describe('a cost that only a measurement gives', () => {
  test('the result was measured within it, and is not far below', async () => {
    const { outcome } = await run(contextOf({ budgets: [['script', 60]], evaluate: widthsSum }));
    const value = (await widthsSum({} as Budget, outcome.chosen)) as number;
    expect(value).toBeLessThanOrEqual(60);
    expect(value).toBeGreaterThanOrEqual(50);
  });

  test('a script that fails now and then: its candidates are marked, the run goes on', async () => {
    let calls = 0;
    const flaky: Evaluate = async (budget, candidate) =>
      ++calls > 8 && calls % 3 === 0
        ? { failed: ['ended with 3', 'printed no number', 'gave no answer within 60 s'][calls % 2] }
        : await widthsSum(budget, candidate);
    const { events, outcome } = await run(contextOf({ budgets: [['script', 60]], evaluate: flaky }));
    const failed = of(events, 'candidate').filter((e) => e.candidate.origin === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const { candidate } of failed) {
      expect(candidate.reward).toBeUndefined();
      expect(candidate.accuracies).toEqual({});
    }
    expect(of(events, 'warning').filter((e) => /could not be measured: /.test(e.message))).toHaveLength(
      failed.length,
    );
    expect(outcome.chosen.origin).not.toBe('failed');
    expect(await widthsSum({} as Budget, outcome.chosen)).toBeLessThanOrEqual(60);
  });

  test('one that always fails ends the run with what it said', async () => {
    const evaluate: Evaluate = async () => ({ failed: 'no such device' });
    const given = { updates: 30 };
    await expect(run(contextOf({ given, budgets: [['script', 60]], evaluate }))).rejects.toThrow(
      /no such device/,
    );
  });
});

test('MACs budgets of random runs on random networks are met within one step', async () => {
  const tiny = {
    updates: 1,
    episodesPerUpdate: 3,
    finalists: 1,
    recalibrationBatchSize: 12,
    validationImages: 12,
  };
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.integer({ min: 2, max: 10 }),
      fc.double({ min: 0.02, max: 0.98, noNaN: true }),
      fc.boolean(),
      fc.constantFrom(1, 1, 2),
      async (seed, steps, between, channels, roundTo) => {
        const network = randomNetwork(seed, steps);
        const dependencies = findGroups(network.graph);
        const cost = costModel(network.graph, dependencies);
        const most = cost(fullArchitecture(dependencies)).macs;
        const least = cost(leastArchitecture(dependencies, roundTo)).macs;
        fc.pre(network.graph.inputs.length === 1 && least < 0.95 * most);
        const percent = (100 * (least + between * (most - least))) / most;
        const given = { ...tiny, granularity: channels ? 'keep' : 'ratio' };
        const context = contextOf({
          network,
          given,
          budgets: [['macs', percent]],
          roundTo,
          images: noise(2),
          seed,
        });
        usedUp(context, (await run(context)).outcome);
        runs++;
      },
    ),
    { seed: 4, numRuns: Number(process.env.ESPALIER_PROPERTY_RUNS ?? 8) },
  );
  expect(runs).toBeGreaterThan(0);
});
