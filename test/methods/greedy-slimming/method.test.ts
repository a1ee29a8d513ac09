import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { architectureOf, fullArchitecture } from '../../../src/graph/architecture.ts';
import { leastArchitecture, roundWidth } from '../../../src/graph/budget.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { InputError } from '../../../src/graph/errors.ts';
import { prune } from '../../../src/graph/surgery.ts';
import { importanceOf } from '../../../src/methods/importance/importance.ts';
import { keepBest } from '../../../src/methods/importance/widths.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import { CandidateScorer } from '../../../src/methods/scoring.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import type { Backend } from '../../../src/runtime/types.ts';
import { randomNetwork } from '../../graph/random-network.ts';
import { smallNet } from '../nets.ts';
import { contextFor, noise, toEnd } from '../proposers.ts';
import type { ContextOptions } from '../proposers.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

const net = smallNet();
const greedy = methodNamed('greedy-slimming');
const contextOf = (options: ContextOptions = {}) =>
  contextFor(greedy, backend, { ...options, given: { slices: 4, ...options.given } });

/** The same in plain loops: every option scored in every step, MACs alone. */
async function twin(limit: number): Promise<{ widths: number[]; path: number[][] }> {
  const context = contextOf();
  const { graph, weights, dependencies } = context;
  const settings = context.settings as ConstructorParameters<typeof CandidateScorer>[1];
  const scorer = new CandidateScorer(context.images!, settings, context.random.state);
  const { importance } = importanceOf(graph, dependencies, weights, 'l1');
  const macs = (widths: number[]) => costModel(graph, dependencies)(widths).macs;
  const lossOf = async (widths: number[]) => {
    const narrow = prune(graph, weights, dependencies, keepBest(importance, widths));
    return (await scorer.score(narrow.graph, narrow.weights)).score.loss;
  };
  const sizes = dependencies.groups.map(({ size }) => size);
  let at = [...sizes];
  let loss = await lossOf(at);
  const path: number[][] = [];
  const went: { group: number; from: number }[] = [];
  while (macs(at) > limit) {
    let best: { widths: number[]; loss: number; free: boolean; price: number; group: number } | null = null;
    for (const { index, size, frozen } of dependencies.groups) {
      if (frozen !== undefined) continue;
      const wanted = [3, 2, 1].map((k) => Math.max(1, Math.ceil((k * size) / 4))).concat(1);
      const width = wanted.find((w) => w < at[index]);
      if (width === undefined) continue;
      const widths = at.map((w, g) => (g === index ? width : w));
      const one = await lossOf(widths);
      const saving = Math.max(0, macs(at) / limit - 1) - Math.max(0, macs(widths) / limit - 1);
      const free = one <= loss;
      const price = free ? -saving : (one - loss) / saving;
      if (!best || (free && !best.free) || (free === best.free && price < best.price))
        best = { widths, loss: one, free, price, group: index };
    }
    went.push({ group: best!.group, from: at[best!.group] });
    at = best!.widths;
    loss = best!.loss;
    path.push(at);
  }
  for (const { group, from } of went.reverse())
    while (at[group] < from && macs(at.map((w, g) => w + Number(g === group))) <= limit) at[group]++;
  return { widths: at, path };
}

describe('greedy slimming', () => {
  test.each([75, 50, 25])('goes the way of a plain twin to %d % of the MACs', async (percent) => {
    const context = contextOf({ budgets: [['macs', percent]] });
    const { events, outcome } = await toEnd(greedy, context);
    const expected = await twin(context.budgets[0].limit);
    const way = events.flatMap((e) => (e.type === 'widths' ? [[...e.architecture]] : []));
    expect(way.slice(0, -1)).toEqual(expected.path.slice(0, -1));
    expect([...outcome.chosen.architecture]).toEqual(expected.widths);
    const candidates = events.flatMap((e) => (e.type === 'candidate' ? [e.candidate] : []));
    expect(candidates.map(({ id }) => id)).toEqual(candidates.map((_, i) => i));
    expect(candidates.at(-1)).toEqual(outcome.chosen);
    expect(outcome.chosen.accuracies.recalibrated).toBeGreaterThanOrEqual(0);
  });

  test('a way to a tighter budget begins as the way to a wider one', async () => {
    const way = async (percent: number) => {
      const { events } = await toEnd(greedy, contextOf({ budgets: [['macs', percent]] }));
      return events.flatMap((e) =>
        e.type === 'candidate' && e.candidate.origin === 'slimmed' ? [e.candidate] : [],
      );
    };
    const [wide, tight] = [await way(70), await way(30)];
    // the last step only has to meet its budget, so what it saves beyond does not count there
    expect(tight.slice(0, wide.length - 1)).toEqual(wide.slice(0, -1));
  });

  test('measures only the most promising again, all of them at first', async () => {
    const { events: few } = await toEnd(greedy, contextOf({ given: { scoredAStep: 1 } }));
    const { events: all } = await toEnd(greedy, contextOf());
    const scored = (events: typeof few) => events.filter((e) => e.type === 'progress').length;
    expect(scored(few)).toBeLessThan(scored(all));
    const open = findGroups(net.graph).groups.filter(({ frozen }) => frozen === undefined).length;
    const first = few.findIndex((e) => e.type === 'candidate');
    expect(few.slice(0, first).filter((e) => e.type === 'progress')).toHaveLength(open);
  });

  test('a network that is within its budgets already is the result, whole', async () => {
    const { events, outcome } = await toEnd(greedy, contextOf({ budgets: [['macs', 150]] }));
    expect(outcome.chosen.architecture).toEqual(fullArchitecture(findGroups(net.graph)));
    expect(events.at(-1)).toEqual({ type: 'candidate', candidate: outcome.chosen });
  });

  test('interrupted anywhere and gone on, the same to the byte', async () => {
    const options = { budgets: [['macs', 40] as const] };
    const whole = await toEnd(greedy, contextOf(options));
    for (const i of [0, 2, 7, whole.checkpoints.length - 1]) {
      const resumed = await toEnd(greedy, contextOf({ ...options, resume: whole.checkpoints[i], seed: 99 }));
      expect(JSON.stringify(resumed.outcome)).toBe(JSON.stringify(whole.outcome));
      expect(resumed.events).toEqual(whole.events.slice(whole.at[i]));
      expect(resumed.checkpoints).toEqual(whole.checkpoints.slice(i + 1));
    }
  });

  test('refuses what no network meets, settings that there are not, checkpoints of others, a lack of images', async () => {
    await expect(toEnd(greedy, contextOf({ budgets: [['macs', 0.01]] }))).rejects.toThrow(/can't be reached/);
    await expect(toEnd(greedy, contextOf({ budgets: [['latency', 50]] }))).rejects.toThrow(InputError);
    expect(() => contextOf({ given: { nope: 1 } })).toThrow(/nope/);
    const resume = { json: { kind: 'knapsack' }, arrays: new Map<string, Float32Array>() };
    await expect(toEnd(greedy, contextOf({ resume }))).rejects.toThrow(/checkpoint/);
    await expect(toEnd(greedy, { ...contextOf(), images: undefined })).rejects.toThrow(/--data/);
  });
});

test.each(['greedy-slimming', 'knapsack'])(
  '%s on random networks: every budget holds, and no group could get a step wider',
  async (name) => {
    const method = methodNamed(name);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 2, max: 8 }),
        fc.constantFrom<('macs' | 'params' | 'bytes' | 'memory')[]>(
          ['macs'],
          ['params'],
          ['memory'],
          ['macs', 'bytes', 'memory'],
        ),
        fc.double({ min: 0.02, max: 0.98, noNaN: true }),
        fc.constantFrom(1, 1, 2),
        async (seed, steps, metrics, between, roundTo) => {
          const network = randomNetwork(seed, steps);
          const dependencies = findGroups(network.graph);
          const cost = costModel(network.graph, dependencies);
          const [most, least] = [
            cost(fullArchitecture(dependencies)),
            cost(leastArchitecture(dependencies, roundTo)),
          ];
          fc.pre(network.graph.inputs.length === 1 && least.macs < 0.95 * most.macs);
          const key = (metric: (typeof metrics)[number]) =>
            metric === 'memory' ? 'peakActivationBytes' : metric;
          const budgets = metrics.map((metric) => {
            const [low, high] = [least[key(metric)], most[key(metric)]];
            return [metric, (100 * (low + between * (high - low))) / high] as const;
          });
          const given = {
            recalibrationBatchSize: 12,
            validationImages: 12,
            ...(name === 'knapsack' ? { levels: 2 } : { slices: 3, scoredAStep: 2 }),
          };
          const context = contextFor(method, backend, {
            network,
            given,
            budgets,
            roundTo,
            images: noise(2),
            seed,
          });
          const { outcome } = await toEnd(method, context);
          const widths = architectureOf(dependencies, outcome.chosen.kept);
          expect(widths).toEqual(outcome.chosen.architecture);
          const used = (a: readonly number[]) =>
            Math.max(...context.budgets.map((b) => cost(a)[key(b.metric as 'macs')] / b.limit));
          expect(used(widths)).toBeLessThanOrEqual(1);
          for (const { index, size, frozen } of dependencies.groups) {
            if (frozen !== undefined || widths[index] === size) continue;
            expect(widths[index] % roundTo).toBe(0);
            const step = roundWidth(widths[index] + 1, size, roundTo);
            expect(used(widths.map((w, g) => (g === index ? step : w)))).toBeGreaterThan(1);
          }
          runs++;
        },
      ),
      { seed: 4, numRuns: Number(process.env.ESPALIER_PROPERTY_RUNS ?? 8) },
    );
    expect(runs).toBeGreaterThan(0);
  },
);
