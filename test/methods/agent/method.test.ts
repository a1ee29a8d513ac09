import { beforeAll, describe, expect, it } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { InputError } from '../../../src/graph/errors.ts';
import { Random } from '../../../src/graph/random.ts';
import { narrowGraph, zeroRemoved } from '../../../src/graph/surgery.ts';
import { Alignment, removedParts } from '../../../src/methods/agent/alignment.ts';
import { parseAgentSettings } from '../../../src/methods/agent/settings.ts';
import { WeightTraining } from '../../../src/methods/agent/weights.ts';
import { agentWork } from '../../../src/methods/agent/work.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import { FixedBatches } from '../../../src/methods/images.ts';
import type { MethodContext, MethodEvent, Outcome } from '../../../src/methods/types.ts';
import { openBackend } from '../../../src/runtime/backend/open.ts';
import { Network } from '../../../src/runtime/training/network.ts';
import { defaultTrainSettings } from '../../../src/runtime/training/schedule.ts';
import { evaluate } from '../../../src/runtime/scoring/score.ts';
import type { Backend, Snapshot } from '../../../src/runtime/types.ts';
import { batchOf, imageSet, smallNet, unit } from '../nets.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend({ threads: 1 });
});

const { graph, weights } = smallNet();
const dependencies = findGroups(graph);
const cost = costModel(graph, dependencies);
const original = cost(fullArchitecture(dependencies));
const set = imageSet(96, 60);
const about = { graph, dependencies, trainImages: 96, untrained: true };
const small = {
  warmUp: 1,
  fill: 2,
  joint: 3,
  align: 2,
  episodes: 3,
  decoderUpdates: 3,
  agentUpdates: 4,
  hidden: 16,
  embedding: 8,
  agentBatch: 8,
  batchSize: 32,
  recalibrationBatches: 2,
  recalibrationBatchSize: 32,
  validationImages: 60,
};

function contextOf(given: Record<string, unknown> = {}, more: Partial<MethodContext> = {}): MethodContext {
  return {
    graph,
    weights,
    dependencies,
    budgets: [{ metric: 'macs', limit: original.macs * 0.5, original: original.macs }],
    random: new Random(7),
    settings: methodNamed('agent').settings({ ...small, ...given }, 'quick', about),
    images: { set, preprocess: unit, backend },
    roundTo: 1,
    ...more,
  };
}

interface Run {
  events: Exclude<MethodEvent, { type: 'checkpoint' }>[];
  checkpoints: Snapshot[];
  /** recorded events at each checkpoint */
  at: number[];
  outcome: Outcome;
}

async function run(context: MethodContext): Promise<Run> {
  const generator = methodNamed('agent').run(context);
  const result: Omit<Run, 'outcome'> = { events: [], checkpoints: [], at: [] };
  for (;;) {
    const next = await generator.next();
    if (next.done) return { ...result, outcome: next.value };
    if (next.value.type === 'checkpoint') {
      result.checkpoints.push(await next.value.take());
      result.at.push(result.events.length);
    }
    // progress carries speeds and comes by the clock, which no seed decides
    else if (next.value.type !== 'progress') result.events.push(next.value);
  }
}

const of = <T extends MethodEvent['type']>(r: Run, type: T) =>
  r.events.filter((e): e is Extract<typeof e, { type: T }> => e.type === type);

describe('a run', () => {
  let whole: Run;
  beforeAll(async () => {
    whole = await run(contextOf());
  });

  it('goes through its stages, and every episode is a candidate that meets the budget from below', () => {
    expect(of(whole, 'stage').map((e) => e.stage)).toEqual([
      'warm-up',
      'fill',
      'joint',
      'finalists',
      'align',
    ]);
    expect(of(whole, 'loss').map((e) => e.epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    const candidates = of(whole, 'candidate').map((e) => e.candidate);
    expect(candidates.map((c) => c.id)).toEqual(candidates.map((_, i) => i));
    // the uniform network at every state of the weights; at the end all choices, and what was chosen of them
    const origins = candidates.map((c) => c.origin);
    expect(origins.slice(0, 7)).toEqual(['uniform', ...Array<string>(6).fill('random')]);
    const round = [...Array<string>(3).fill('policy'), 'greedy'];
    expect(origins.slice(7, 21)).toEqual([1, 2, 3].flatMap((i) => [...(i > 1 ? ['uniform'] : []), ...round]));
    const ends = origins.slice(21, -1);
    expect(ends.filter((origin) => origin !== 'greedy')).toEqual(['uniform']);
    expect(ends.length).toBeGreaterThan(1);
    expect(ends.length).toBeLessThanOrEqual(4);
    for (const { architecture, kept, cost: its, reward, accuracies } of candidates) {
      expect(kept.map((k) => k.length)).toEqual(architecture);
      expect(its).toEqual(cost(architecture));
      expect(its.macs).toBeLessThanOrEqual(original.macs / 2);
      // one channel more somewhere would break it
      const fits = dependencies.groups.filter(({ frozen, size }, g) => {
        if (frozen !== undefined || architecture[g] === size) return false;
        return cost(architecture.map((w, k) => (k === g ? w + 1 : w))).macs <= original.macs / 2;
      });
      expect(fits.length).toBeLessThan(dependencies.groups.filter((g) => g.frozen === undefined).length);
      expect(reward).toBeCloseTo(accuracies.recalibrated! / 100, 12);
    }
  });

  it('aligns to the uniform widths, or to one draw, where it is compared with them: the same in every round', async () => {
    for (const widths of ['uniform', 'random']) {
      const other = await run(contextOf({ widths }));
      const chosen = of(other, 'widths').map((e) => e.architecture.join());
      expect(new Set(chosen).size).toBe(1);
      expect(other.outcome.chosen.architecture.join()).toBe(chosen[0]);
      const [uniform] = of(other, 'candidate').map((e) => e.candidate.architecture.join());
      expect(chosen[0] === uniform).toBe(widths === 'uniform');
      expect(other.outcome.chosen.origin).toBe(widths);
      // as many epochs of weights as with the agent's own
      expect(of(other, 'loss')).toHaveLength(of(whole, 'loss').length);
    }
  });

  it('tells its curves and the widths that it would choose, epoch by epoch', () => {
    const names = new Set(of(whole, 'metric').map((e) => e.name));
    expect([...names].sort()).toEqual([
      'alignment',
      'cost',
      'critic',
      'entropy',
      'reconstruction',
      'reward:choice',
      'reward:episodes',
      'reward:uniform',
    ]);
    for (const { value } of of(whole, 'metric')) expect(Number.isFinite(value)).toBe(true);
    expect(of(whole, 'widths').map((e) => e.step)).toEqual([1, 2, 3]);
    expect(of(whole, 'generation').map((e) => e.generation)).toEqual([0, 1, 2]);
    const known = of(whole, 'candidate').map((e) => e.candidate);
    const last = of(whole, 'widths').map((e) => e.architecture);
    const uniform = known[0].architecture;
    expect([...last, uniform]).toContainEqual(whole.outcome.chosen.architecture);
  });

  it('ends with the chosen sub-network, cut from the jointly trained weights, as good as it says', async () => {
    const { chosen, weights: made } = whole.outcome;
    const narrow = narrowGraph(graph, dependencies, chosen.kept);
    const all = FixedBatches.draw(set.validation, unit, new Random(99), 60, 60);
    const score = await evaluate({ graph: narrow, weights: made! }, all, { backend });
    expect(score.accuracy).toBeCloseTo(chosen.accuracies.recalibrated!, 6);
    // trained: what the source's own weights can't do
    expect(score.accuracy).toBeGreaterThan(60);
  });

  it('is decided by its seed', async () => {
    const again = await run(contextOf());
    expect(again.events).toEqual(whole.events);
    expect(again.outcome).toEqual(whole.outcome);
    const other = await run(contextOf({}, { random: new Random(8) }));
    expect(other.outcome).not.toEqual(whole.outcome);
  });

  it('gives the same from any checkpoint, byte for byte', async () => {
    const { checkpoints } = whole;
    expect(checkpoints.length).toBeGreaterThan(20);
    // some of them, and the last one before the network is cut: how many are offered is a matter of time
    const epoch = (one: Snapshot) => (one.json as { epoch: number }).epoch;
    const align = epoch(checkpoints.at(-1)!) - 2;
    expect(checkpoints.some((one) => epoch(one) === align)).toBe(true);
    for (let at = 0; at < checkpoints.length; at++) {
      if (at % 4 && epoch(checkpoints[at]) !== align) continue;
      const { json, arrays } = checkpoints[at];
      const resume = { json: JSON.parse(JSON.stringify(json)) as unknown, arrays };
      const rest = await run(contextOf({}, { resume, random: new Random(1) }));
      expect([at, rest.outcome]).toEqual([at, whole.outcome]);
      const stages = (e: MethodEvent) => e.type !== 'stage';
      expect(rest.events.filter(stages)).toEqual(whole.events.slice(whole.at[at]).filter(stages));
    }
  });
});

describe('the choices of a run', () => {
  it('take the best of the policy, the round and the incumbent, all scored again', async () => {
    const result = await run(contextOf({ select: 'best', warmUp: 0, align: 0 }));
    const candidates = of(result, 'candidate').map((e) => e.candidate);
    const chosen = of(result, 'generation');
    chosen.forEach(({ best, reward }, round) => {
      // the first round has no incumbent: the uniform one and 6 random, then 3 episodes and 3 choices; later rounds the
      // uniform one again, 3 and 4
      const from = 7 + (round === 0 ? 0 : 6 + 8 * (round - 1) + 1);
      const choices = candidates.slice(from + 3, from + (round === 0 ? 6 : 7));
      expect(choices.map((c) => c.origin).sort()).toEqual(
        ['greedy', 'policy', 'uniform', ...(round === 0 ? [] : ['incumbent'])].sort(),
      );
      expect(candidates[best].reward).toBe(reward);
      expect(reward).toBe(Math.max(...choices.map((c) => c.reward!)));
      const episodes = candidates.slice(from, from + 3);
      expect(reward).toBeGreaterThanOrEqual(Math.max(...episodes.map((c) => c.reward!)));
    });
  });

  it('can do without a representation, with hard zeroing, and without filling', async () => {
    const result = await run(contextOf({ representation: false, hardZero: true, fill: 0, joint: 1 }));
    expect(of(result, 'metric').some((e) => e.name === 'reconstruction')).toBe(false);
    expect(result.outcome.chosen.cost.macs).toBeLessThanOrEqual(original.macs / 2);
    // zeroed before each aligned epoch: little is left to pull
    const distances = of(result, 'metric').flatMap((e) => (e.name === 'alignment' ? [e.value] : []));
    expect(distances.at(-1)!).toBeLessThan(0.5 * distances[0]);
  });
});

describe('what the stage align removes', () => {
  const kept = dependencies.groups.map(({ size, frozen }) =>
    Array.from({ length: size }, (_, c) => c).filter((c) => frozen !== undefined || c % 3 !== 1),
  );
  const parts = removedParts(graph, dependencies, kept);

  /** Two epochs drawn towards the sub-network with momentum, then one of the stage align; its weights. */
  async function aligned(rest: 'cut' | 'zeroed') {
    const context = contextOf({ rate: 0.05 });
    const settings = parseAgentSettings(context.settings);
    const training = new WeightTraining(
      context,
      context.images!,
      settings,
      new Random(3).state,
      undefined,
      undefined,
    );
    for (const how of [undefined, undefined, rest]) {
      const events = training.epoch({ kept, rest: how });
      while (!(await events.next()).done);
    }
    const { distance } = training;
    const found = training.weights();
    await training.dispose();
    return { distance, found };
  }

  it('stays removed where the network is cut: there is nothing left to grow again', async () => {
    const { distance, found } = await aligned('cut');
    const narrow = narrowGraph(graph, dependencies, kept);
    for (const { id, shape } of Object.values(narrow.params))
      expect([id, found.get(id)!.length]).toEqual([id, shape.reduce((a, b) => a * b, 1)]);
    expect(distance).toBe(0);
  });

  it("grows again in the paper's way, which only sets it to zero before an epoch", async () => {
    const { distance, found } = await aligned('zeroed');
    expect(distance).toBeGreaterThan(0.01);
    const grown = [...parts].some(([id, part]) => part.some((p, i) => p === 1 && found.get(id)![i] !== 0));
    expect(grown).toBe(true);
  });

  it('is cut by default, and costs what the narrow network costs; a given hardZero is the paper’s', () => {
    const settings = (given: Record<string, unknown>) =>
      methodNamed('agent').settings(given, 'quick', about) as { alignCut: boolean };
    expect(settings({}).alignCut).toBe(true);
    expect(settings({ hardZero: true }).alignCut).toBe(false);
    const images = (given: Record<string, unknown>) =>
      agentWork(parseAgentSettings(settings({ ...small, ...given })), {
        ...contextOf(),
        images: { train: 96, validation: 60 },
      }).trained.reduce((sum, { images: n, share }) => sum + n * share, 0);
    expect(images({ alignCut: false }) - images({})).toBeGreaterThan(0.5 * 2 * 96);
  });
});

describe('soft alignment', () => {
  const kept = dependencies.groups.map(({ size, frozen }) =>
    Array.from({ length: size }, (_, c) => c).filter((c) => frozen !== undefined || c % 3 !== 1),
  );

  it('pulls on exactly what zeroing the removed channels would zero', () => {
    const parts = removedParts(graph, dependencies, kept);
    const ones = new Map([...weights].map(([id, w]) => [id, w.map(() => 1)]));
    const zeroed = zeroRemoved(graph, ones, dependencies, kept);
    let pulled = 0;
    for (const { id, trainable } of Object.values(graph.params)) {
      if (!trainable) continue;
      const part = parts.get(id) ?? new Float32Array(weights.get(id)!.length);
      expect([id, [...part]]).toEqual([id, [...zeroed.get(id)!].map((v) => 1 - v)]);
      if (part.some((v) => v === 1)) pulled++;
    }
    expect(pulled).toBeGreaterThan(8);
  });

  it('has the gradient of its norms, finite where nothing is left', () => {
    const alignment = new Alignment(backend, graph, dependencies, kept, 0.5);
    const { tf } = backend;
    const parts = removedParts(graph, dependencies, kept);
    for (const [id, part] of parts) {
      const w = weights.get(id)!;
      const norm = Math.sqrt(part.reduce((sum, m, i) => sum + (m * w[i]) ** 2, 0));
      tf.tidy(() => {
        const g = alignment.gradient(id, tf.tensor(w.slice()).reshape([...graph.params[id].shape]))!;
        const values = g.dataSync();
        part.forEach((m, i) => expect(values[i]).toBeCloseTo(norm > 0 ? (0.5 * m * w[i]) / norm : 0, 5));
        const none = alignment.gradient(id, tf.zeros([...graph.params[id].shape]))!;
        expect(none.dataSync().every((v) => v === 0)).toBe(true);
      });
    }
    alignment.dispose();
  });

  it('draws the rest of the network to zero in training, and leaves the sub-network to the loss', () => {
    const settings = defaultTrainSettings('fine-tune', { images: 96 });
    const train = (beta: number) => {
      const network = new Network(backend, graph, weights);
      const alignment = new Alignment(backend, graph, dependencies, kept, beta);
      for (let i = 0; i < 30; i++)
        network.trainStep(batchOf(i), {
          rate: 0.02,
          settings,
          penalty: (id, weight) => alignment.gradient(id, weight),
        });
      const distance = alignment.distance((id) => network.variable(id));
      alignment.dispose();
      network.dispose();
      return distance;
    };
    expect(train(0.3)).toBeLessThan(0.6 * train(0));
  });
});

describe('before it starts', () => {
  const first = async (context: MethodContext) => await methodNamed('agent').run(context).next();

  it('refuses what it cannot do, in one sentence', async () => {
    const budget = (metric: 'macs' | 'latency', limit: number) => [
      { metric, limit, original: original.macs },
    ];
    await expect(first(contextOf({}, { budgets: budget('latency', 1) }))).rejects.toThrow(/latency/);
    await expect(first(contextOf({}, { budgets: budget('macs', 10) }))).rejects.toThrow(/can't be reached/);
    await expect(first(contextOf({}, { images: undefined }))).rejects.toThrow(/--data/);
    await expect(first(contextOf({}, { resume: { json: {}, arrays: new Map() } }))).rejects.toThrow(
      InputError,
    );
    const frozen = findGroups(graph, { freeze: ['stem', 'mid', 'back', 'depthwise', 'side'] });
    const all = { dependencies: frozen, budgets: budget('macs' as const, original.macs) };
    await expect(first(contextOf({}, all))).rejects.toThrow(/frozen/);
    expect(() => contextOf({ epsiodes: 3 })).toThrow(/no setting "epsiodes"/);
    expect(() => contextOf({ alpha: -1 })).toThrow(/"alpha"/);
  });

  it("has the reproduction's constants at thorough effort", () => {
    const context = { ...about, trainImages: 45_000 };
    expect(methodNamed('agent').settings({}, 'thorough', context)).toMatchObject({
      warmUp: 10,
      fill: 10,
      joint: 70,
      align: 110,
      episodes: 10,
      decoderUpdates: 100,
      agentUpdates: 200,
      hidden: 300,
      embedding: 128,
      actorRate: 1e-4,
      criticRate: 1e-3,
      decoderRate: 1e-3,
      alpha: 0.1,
      agentBatch: 64,
      replay: 10_000,
      alignment: expect.closeTo(5e-5, 6),
      hardZero: true,
      batchSize: 128,
      rate: 0.1,
      momentum: 0.9,
      weightDecay: 1e-4,
      recalibrationBatches: 100,
      recalibrationBatchSize: 128,
      select: 'greedy',
    });
  });

  it('warms up nothing that is trained, and divides the epochs that it is given', () => {
    const trained = methodNamed('agent').settings({ epochs: 12 }, 'standard', { ...about, untrained: false });
    expect(trained).toMatchObject({ warmUp: 0, joint: 7, align: 5 });
    const fresh = methodNamed('agent').settings({ epochs: 10 }, 'standard', about);
    expect(fresh).toMatchObject({ warmUp: 1, joint: 5, align: 4 });
    expect((trained as { rate: number }).rate).toBeLessThan((fresh as { rate: number }).rate);
  });
});
