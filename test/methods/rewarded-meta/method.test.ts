import { beforeAll, describe, expect, it } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { InputError } from '../../../src/graph/errors.ts';
import { Random } from '../../../src/graph/random.ts';
import { narrowGraph, prune } from '../../../src/graph/surgery.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import { rewardSpec } from '../../../src/methods/rewarded-meta/reward.ts';
import { checkPruningNetFits, pruningNetSize } from '../../../src/methods/rewarded-meta/generators/size.ts';
import type { MethodContext, MethodEvent, Outcome } from '../../../src/methods/types.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { evaluate } from '../../../src/runtime/scoring/score.ts';
import { recalibrate } from '../../../src/runtime/training/recalibrate.ts';
import type { Backend, Snapshot } from '../../../src/runtime/types.ts';
import { FixedBatches } from '../../../src/methods/images.ts';
import { imageSet, smallNet, unit } from '../nets.ts';
import { rerank } from '../../support/rerank.ts';
import type { Candidate } from '../../../src/terms/candidates.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

const { graph, weights } = smallNet();
const dependencies = findGroups(graph);
const original = costModel(graph, dependencies)(fullArchitecture(dependencies));
const set = imageSet(96, 60);
const small = {
  epochs: 2,
  batchSize: 32,
  population: 6,
  archive: 6,
  parents: 3,
  mutation: 3,
  crossover: 2,
  generations: 3,
  recalibrationBatches: 2,
  recalibrationBatchSize: 32,
  validationImages: 60,
  windowLow: 0.8,
  stopEarly: false,
};

function contextOf(
  name: string,
  given: Record<string, unknown> = {},
  more: Partial<MethodContext> = {},
): MethodContext {
  const settings = methodNamed(name).settings({ ...small, ...given }, 'quick', {
    graph,
    dependencies,
    trainImages: 96,
    untrained: false,
  });
  return {
    graph,
    weights,
    dependencies,
    budgets: [{ metric: 'macs', limit: original.macs * 0.5, original: original.macs }],
    random: new Random(7),
    settings,
    images: { set, preprocess: unit, backend },
    roundTo: 1,
    ...more,
  };
}

interface Run {
  events: Exclude<MethodEvent, { type: 'checkpoint' | 'learned' }>[];
  checkpoints: Snapshot[];
  /** what cheaper points go on from */
  learned?: Snapshot;
  outcome: Outcome;
}

async function run(name: string, context: MethodContext): Promise<Run> {
  const generator = methodNamed(name).run(context);
  const result: Omit<Run, 'outcome'> = { events: [], checkpoints: [] };
  for (;;) {
    const next = await generator.next();
    if (next.done) return { ...result, outcome: next.value };
    if (next.value.type === 'checkpoint') result.checkpoints.push(await next.value.take());
    else if (next.value.type === 'learned') result.learned = next.value.take();
    // progress of training carries its speed, which no seed decides
    else if (next.value.type !== 'progress') result.events.push(next.value);
  }
}

const candidatesOf = (r: Run): Candidate[] =>
  r.events.flatMap((e) => (e.type === 'candidate' ? [e.candidate] : []));

describe.each(['inherit', 'pruning-net'])('rewarded meta-pruning by %s', (generator) => {
  let whole: Run;
  beforeAll(async () => {
    whole = await run('rewarded-meta', contextOf('rewarded-meta', { generator }));
  });

  it('proposes candidates within the budget, each with its reward, and says why it chose one', () => {
    const candidates = candidatesOf(whole);
    expect(candidates).toHaveLength(18);
    expect(candidates.map((c) => c.id)).toEqual(candidates.map((_, i) => i));
    for (const c of candidates) {
      expect(c.cost.macs).toBeLessThanOrEqual(original.macs * 0.5);
      expect(c.kept.map((k) => k.length)).toEqual(c.architecture);
    }
    const spec = rewardSpec('rewarded-meta', { original: original.macs });
    const ranked = rerank(candidates, spec);
    for (const c of candidates) expect(c.reward).toBeCloseTo(ranked.find((r) => r.id === c.id)!.reward!, 12);
    expect(whole.events.filter((e) => e.type === 'generation').map((e) => e.generation)).toEqual([0, 1, 2]);
    const { id, reward } = whole.outcome.chosen;
    expect(reward).toBe(candidates[id].reward);
    const said = whole.events.flatMap((e) => (e.type === 'stage' ? [e.message] : [])).join('\n');
    expect(said).toContain(`candidate ${id} is chosen: its reward is ${reward!.toPrecision(4)}, and by what`);
  });

  it('takes every score as it is where asked to, as in the paper: the highest reward is chosen', async () => {
    const plain = { generator, surrogate: 'none', offspring: 'rejected' };
    const { outcome, events } = await run('rewarded-meta', contextOf('rewarded-meta', plain));
    const rewards = events.flatMap((e) => (e.type === 'candidate' ? [e.candidate.reward!] : []));
    expect(outcome.chosen.reward).toBe(Math.max(...rewards));
  });

  it('ends with weights of the narrow network that score what the candidate says', async () => {
    const { chosen, weights: made } = whole.outcome;
    const narrow = narrowGraph(graph, dependencies, chosen.kept);
    for (const param of Object.values(narrow.params))
      expect([param.id, made!.get(param.id)!.length]).toEqual([
        param.id,
        param.shape.reduce((a, b) => a * b, 1),
      ]);
    const all = FixedBatches.draw(set.validation, unit, new Random(99), 60, 60);
    const score = await evaluate({ graph: narrow, weights: made! }, all, { backend });
    expect(score.accuracy).toBeCloseTo(chosen.accuracies.recalibrated!, 6);
  });

  it('is decided by its seed', async () => {
    const again = await run('rewarded-meta', contextOf('rewarded-meta', { generator }));
    expect(again.events).toEqual(whole.events);
    expect(again.outcome).toEqual(whole.outcome);
    const other = await run(
      'rewarded-meta',
      contextOf('rewarded-meta', { generator }, { random: new Random(8) }),
    );
    expect(other.outcome).not.toEqual(whole.outcome);
  });

  it('gives the same from any checkpoint', async () => {
    const { checkpoints } = whole;
    expect(checkpoints.length).toBeGreaterThan(20);
    const picks = [0, 1, 2, 9, checkpoints.length - 2, checkpoints.length - 1];
    for (const at of picks) {
      const { json, arrays } = checkpoints[at];
      const resume = { json: JSON.parse(JSON.stringify(json)) as unknown, arrays };
      const rest = await run(
        'rewarded-meta',
        contextOf('rewarded-meta', { generator }, { resume, random: new Random(1) }),
      );
      expect([at, rest.outcome]).toEqual([at, whole.outcome]);
      const tail = whole.events.slice(-1);
      if (at < checkpoints.length - 1) expect(rest.events.slice(-1)).toEqual(tail);
    }
  });
});

describe('metapruning', () => {
  it('is the same search by accuracy alone', async () => {
    const result = await run(
      'metapruning',
      contextOf('metapruning', { generator: 'inherit', surrogate: 'none' }),
    );
    const best = Math.max(...candidatesOf(result).map((c) => c.accuracies.recalibrated!));
    expect(result.outcome.chosen.accuracies.recalibrated).toBe(best);
    expect(result.outcome.chosen.reward).toBe(best - 100);
  });
});

describe('before it starts', () => {
  const first = async (context: MethodContext) => await methodNamed('rewarded-meta').run(context).next();

  it('refuses what it cannot do, in one sentence', async () => {
    const macs = original.macs;
    const budget = (metric: 'macs' | 'latency', limit: number) => [{ metric, limit, original: macs }];
    await expect(first(contextOf('rewarded-meta', {}, { budgets: budget('latency', 1) }))).rejects.toThrow(
      /latency/,
    );
    await expect(first(contextOf('rewarded-meta', {}, { budgets: budget('macs', 10) }))).rejects.toThrow(
      /10 % of every/,
    );
    await expect(first(contextOf('rewarded-meta', {}, { images: undefined }))).rejects.toThrow(/--data/);
    await expect(
      first(contextOf('rewarded-meta', {}, { resume: { json: {}, arrays: new Map() } })),
    ).rejects.toThrow(InputError);
    const frozen = findGroups(graph, { freeze: ['stem', 'mid', 'back', 'depthwise', 'side'] });
    await expect(first(contextOf('rewarded-meta', {}, { dependencies: frozen }))).rejects.toThrow(/frozen/);
  });

  it('names a setting that is wrong', () => {
    const settings = (given: Record<string, unknown>) => () => contextOf('rewarded-meta', given);
    expect(settings({ population: 0 })).toThrow(/"population"/);
    expect(settings({ poplation: 5 })).toThrow(/no setting "poplation"/);
    expect(settings({ generator: 'magic' })).toThrow(/"generator"/);
    expect(() => methodNamed('magic')).toThrow(/rewarded-meta, metapruning, .*uniform, random, l1/);
  });

  it('has the constants of the paper at thorough effort', () => {
    const context = { graph, dependencies, trainImages: 1_200_000, untrained: true };
    const settings = methodNamed('rewarded-meta').settings({ generator: 'pruning-net' }, 'thorough', context);
    expect(settings).toMatchObject({
      population: 50,
      archive: 50,
      parents: 10,
      mutation: 25,
      crossover: 25,
      mutationProbability: 0.1,
      generations: 20,
      hidden: 32,
      affine: false,
      sampling: 'uniform',
      labelSmoothing: 0.1,
      momentum: 0.9,
      recalibrationBatches: 100,
      recalibrationBatchSize: 1000,
      recalibrationMode: 'momentum',
      accuracyCoefficient: 2,
      efficiencyCoefficient: 1,
      baseAccuracy: 100,
    });
  });

  it('chooses the generator by whether there is something to inherit, and says why', () => {
    const at = (untrained: boolean, given = {}) =>
      methodNamed('rewarded-meta').settings(given, 'quick', {
        graph,
        dependencies,
        trainImages: 96,
        untrained,
      });
    expect(at(false)).toMatchObject({
      generator: 'source',
      epochs: 0,
      generatorReason: expect.stringMatching(/trained/),
    });
    // who asks for epochs asks for a training
    expect(at(false, { epochs: 3 })).toMatchObject({ generator: 'inherit', epochs: 3 });
    expect(at(false, { generator: 'inherit' })).toMatchObject({ generator: 'inherit', epochs: 2 });
    expect(() => at(false, { generator: 'source', epochs: 3 })).toThrow(/leave out epochs/);
    expect(at(true)).toMatchObject({
      generator: 'pruning-net',
      generatorReason: expect.stringMatching(/untrained.*MB/),
    });
  });

  it('takes the network as it is where it trains no generator: a candidate scores as the source cut to it', async () => {
    const { outcome, events } = await run(
      'rewarded-meta',
      contextOf('rewarded-meta', { generator: 'source', epochs: 0 }),
    );
    expect(events.some(({ type }) => type === 'loss')).toBe(false);
    const { chosen, race } = outcome;
    const narrow = prune(graph, weights, dependencies, chosen.kept);
    const settings = methodNamed('rewarded-meta').settings({}, 'quick', {
      graph,
      dependencies,
      trainImages: set.train.size,
      untrained: false,
    });
    expect(settings).toMatchObject({ raced: 4 });
    expect(race!.finalists[0]).toEqual(chosen);
    expect(race!.nextId).toBe(events.filter(({ type }) => type === 'candidate').length);
    const statistics = await recalibrate(backend, narrow.graph, narrow.weights, {
      batches: FixedBatches.draw(set.train, unit, new Random(99), set.train.size, set.train.size),
    });
    const own = { graph: narrow.graph, weights: new Map([...narrow.weights, ...statistics]) };
    const all = FixedBatches.draw(set.validation, unit, new Random(98), 60, 60);
    const score = await evaluate(own, all, { backend });
    expect(score.accuracy).toBeCloseTo(chosen.accuracies.recalibrated!, 6);
  });

  it('measures a table for the knapsack, and ends early where no network differs from another: the same from any checkpoint', async () => {
    // a network of zeros says the same of every image, whatever its widths
    const zeros = new Map([...weights].map(([id, values]) => [id, values.map(() => 0)]));
    const given = { generator: 'source', epochs: 0, stopEarly: true, windowLow: 0 };
    const long = { population: 24, archive: 24, generations: 12 };
    // room for more networks than the search scores, so that it is no list of them all
    const budgets = [{ metric: 'macs' as const, limit: original.macs * 0.8, original: original.macs }];
    const of = (more: Partial<MethodContext> = {}) =>
      contextOf('rewarded-meta', { ...given, ...long }, { weights: zeros, budgets, ...more });
    const { events, checkpoints, outcome } = await run('rewarded-meta', of());
    const told = events.filter(({ type }) => type === 'candidate').length;
    expect(told).toBe(3 * 24);
    expect(outcome.stopped).toMatchObject({ scored: told, of: 12 * 24, rule: 'uniform' });
    // 96 images of recalibration, 64 of them taken, and 60 scored, of each that was left out
    const images = (12 * 24 - told) * 64;
    expect(outcome.stopped!.spared.recalibrated[0].images).toBe(images);
    const table = events.findIndex((e) => e.type === 'stage' && e.stage === 'sensitivity');
    expect(table).toBeGreaterThan(-1);
    const inTable = checkpoints.filter(({ json }) => !(json as { search?: unknown }).search);
    expect(inTable.length).toBeGreaterThan(10);
    for (const at of [0, 5, inTable.length - 1, inTable.length, checkpoints.length - 1]) {
      const { json, arrays } = checkpoints[at];
      const resume = { json: JSON.parse(JSON.stringify(json)) as unknown, arrays };
      const rest = await run('rewarded-meta', of({ resume, random: new Random(1) }));
      expect([at, rest.outcome]).toEqual([at, outcome]);
      // what was told already is not told again
      expect(rest.events).toEqual(events.slice(events.length - rest.events.length));
    }
  });

  it('searches once for all points, from any checkpoint alike; a cheaper point goes on from what the goal’s has learned', async () => {
    const points = [0.7, 0.45];
    const given = { includeUniform: true, includeRules: true };
    const goalAt = (more: Partial<MethodContext> = {}) =>
      contextOf('rewarded-meta', given, { curve: { points, share: 1 }, ...more });
    const whole = await run('rewarded-meta', goalAt());
    const learned = whole.learned!;
    const goals = candidatesOf(whole);
    const used = (one: Candidate) => one.cost.macs / (original.macs * 0.5);
    // scored for all points, and chosen at the goal's cost
    expect(Math.min(...goals.map(used))).toBeLessThan(0.45);
    expect(used(whole.outcome.chosen)).toBeGreaterThan(0.7);
    const found = [whole.outcome.chosen];
    for (const share of points) {
      const budgets = [
        { metric: 'macs' as const, limit: original.macs * 0.5 * share, original: original.macs },
      ];
      const at = { budgets, curve: { points, share, learned } };
      const point = await run('rewarded-meta', contextOf('rewarded-meta', given, at));
      const { chosen } = point.outcome;
      expect(chosen.cost.macs).toBeLessThanOrEqual(original.macs * 0.5 * share);
      // none was scored anew: its accuracy is the one that the goal's search found
      const same = goals.find((one) => one.architecture.join() === chosen.architecture.join())!;
      expect(chosen.accuracies).toEqual(same.accuracies);
      expect(candidatesOf(point).map(({ id }) => id)).toEqual(candidatesOf(point).map((_, i) => i));
      expect(point.checkpoints).toEqual([]);
      found.push(chosen);
    }
    expect(new Set(found.map((one) => one.architecture.join())).size).toBe(3);
    for (const resume of [1, 5, whole.checkpoints.length - 1].map((i) => whole.checkpoints[i])) {
      const again = await run('rewarded-meta', goalAt({ resume }));
      expect(again.outcome).toEqual(whole.outcome);
      expect(again.learned).toEqual(learned);
    }
    const apart = contextOf('rewarded-meta', { ...given, oneSearch: false }, { curve: { points, share: 1 } });
    expect((await run('rewarded-meta', apart)).learned).toBeUndefined();
  });

  it('counts the PruningNet and refuses one that memory would not hold', () => {
    let expected = 0;
    // d, kernel: (d + 1) h + (h + 1) n
    for (const [d, n] of [
      [1, 9 * 8],
      [2, 9 * 8 * 10],
      [2, 9 * 10 * 8],
      [1, 9 * 8],
      [2, 8 * 4],
    ])
      expected += (d + 1) * 32 + 33 * n;
    expected += 4 + weights.get('classifier/kernel')!.length + 3;
    expect(pruningNetSize(graph, dependencies, 32)).toBe(expected);
    expect(() => checkPruningNetFits(graph, dependencies, 32, 2 ** 30)).not.toThrow();
    expect(() => checkPruningNetFits(graph, dependencies, 32, 400_000)).toThrow(/inherit/);
  });
});
