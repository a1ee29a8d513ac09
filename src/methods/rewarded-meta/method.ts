import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { Random, type RandomState } from '../../graph/random.ts';
import { fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import { importanceOf } from '../importance/importance.ts';
import { taylorByImages } from '../importance/taylor.ts';
import { byImportance } from '../importance/widths.ts';
import { costsOf } from '../budgets.ts';
import { epochBatches, imagesOf } from '../images.ts';
import type { Method, MethodContext, MethodEvent, MethodImages, Outcome, Stopped } from '../types.ts';
import { train } from '../../runtime/training/trainer.ts';
import type { Snapshot } from '../../runtime/types.ts';
import type { WeightGenerator } from './generators/generator.ts';
import { Inherit } from './generators/inherit.ts';
import type { GeneMap, Genes } from './levels.ts';
import { geneMapOf, uniformGenes, widthsOf } from './levels.ts';
import { proposeRandom } from './evolution/proposals.ts';
import { PruningNet } from './generators/pruning-net.ts';
import type { RewardKind, RewardSpec } from './reward.ts';
import { describeReward, rewardSpec } from './reward.ts';
import { CandidateScorer } from '../scoring.ts';
import { measuredLosses } from '../knapsack/lost.ts';
import type { Lost } from '../knapsack/lost.ts';
import { Cutter } from '../sensitivity/cutter.ts';
import type { Cut } from '../sensitivity/levels.ts';
import { measured } from '../sensitivity/measured.ts';
import type { Measured } from '../sensitivity/measured.ts';
import { drawOf, rangePoints, rangeProblem } from './range.ts';
import type { RangePoint } from './range.ts';
import { rangeEvaluations, Search, searchProblem, searchStateSchema } from './search.ts';
import { affordableTable, ruleSeeds } from './seeds.ts';
import type { Seed } from './seeds.ts';
import { evaluations } from './evolution/search-space.ts';
import type { RewardedMetaSettings } from './settings.ts';
import { parseSettings, rewardedMetaSettings, trainSettings } from './settings.ts';
import { checkPruningNetFits } from './generators/size.ts';
import { rewardedMetaWork, sparedWork } from './work.ts';
import { Supernet } from './supernet.ts';
import { randomState } from '../random-state.ts';
import { generatorKinds } from './generators/generator.ts';

const checkpointSchema = z.object({
  kind: z.literal('rewarded-meta'),
  /** resolved once: free memory decides, and it differs each time that the run is resumed */
  generator: z.enum(generatorKinds),
  root: randomState,
  order: z.array(z.array(z.number().int())),
  /** of the training while it goes on, of the supernet afterwards */
  training: z.unknown().optional(),
  supernet: z.unknown().optional(),
  /** what was measured for the knapsack, before the search: the whole network, then each group narrowed */
  table: z.array(measured).optional(),
  search: searchStateSchema.optional(),
});
type Checkpoint = z.infer<typeof checkpointSchema>;

/**
 * Rewarded meta-pruning (arXiv 2301.11063) and MetaPruning (Liu et al. 2019), which differ only in the number that
 * candidates are ranked by: trains a generator of weights with a fresh random architecture every mini-batch, then
 * searches architectures by evolution, each scored with generated weights after batch-norm recalibration.
 */
function metaPruning(name: string, summary: string, reward: RewardKind): Method<RewardedMetaSettings> {
  return {
    name,
    summary,
    needsImages: true,
    weights: 'search',
    settings: (given, effort, context) => rewardedMetaSettings(given, effort, context, reward),
    run: (context) => run(name, context),
    reward: (settings, { graph, dependencies, budgets }) =>
      specOf(settings, costModel(graph, dependencies)(fullArchitecture(dependencies)), { budgets }),
    work: rewardedMetaWork,
    raced: ({ raced }) => raced,
    serves: ({ oneSearch }) => oneSearch,
    narrowest: (dependencies, roundTo) => {
      const geneMap = geneMapOf(dependencies, roundTo);
      return widthsOf(geneMap, uniformGenes(geneMap, 0));
    },
  };
}

export const rewardedMeta = metaPruning(
  'rewarded-meta',
  'rewarded meta-pruning: a weight generator, then an evolutionary search by a reward of accuracy and efficiency',
  'rewarded-meta',
);

export const metapruning = metaPruning(
  'metapruning',
  'MetaPruning: the same search by accuracy alone, inside the budget',
  'metapruning',
);

async function* run(name: string, context: MethodContext): AsyncGenerator<MethodEvent, Outcome, void> {
  const images = imagesOf(context, name);
  if (images.set.validation.size === 0)
    throw new InputError(`the method ${name} needs validation images to score on`);
  const asked = parseSettings(context.settings);
  const { curve } = context;
  // a cheaper point begins with all that the goal's search has come to
  const learned = asked.oneSearch ? curve?.learned : undefined;
  const begun = context.resume ?? learned;
  const resumed = begun && parseCheckpoint(begun);
  const generatorKind = resumed?.generator ?? asked.generator;
  const { graph, weights, dependencies, budgets } = context;
  const geneMap = geneMapOf(dependencies, context.roundTo);
  const costs = costsOf(graph, dependencies, budgets);
  const space = searchProblem(geneMap, costs, asked);
  // a budget so tight that uniform widths are near the range's lower end moves that end down
  const lowLevel = Math.min(asked.lowLevel, Math.max(0, space.uniform - 10));
  const settings = { ...asked, generator: generatorKind, lowLevel };
  if (settings.generator === 'pruning-net') checkPruningNetFits(graph, dependencies, settings.hidden);
  const points = rangePoints(context, geneMap, settings);
  const spec = specOf(settings, costs.cost(fullArchitecture(dependencies)), context);
  const root: RandomState = resumed?.root ?? context.random.state;
  const order = resumed?.order ?? (await channelOrder(context, images, settings, root));
  const generator = makeGenerator(context, images, settings, geneMap, order, root);
  // one a mini-batch: rather repaired soon than drawn for long
  const quickly = { ...settings, tries: Math.min(settings.tries, 20) };
  const sample =
    settings.sampling === 'uniform'
      ? (random: Random) => geneMap.groups.map(() => random.integer(0, 30))
      : (random: Random) =>
          (points ? drawOf(points, quickly, random) : proposeRandom(space, quickly, random)) ??
          geneMap.groups.map(() => 0);
  const supernet = new Supernet(
    images.backend,
    graph,
    weights,
    dependencies,
    geneMap,
    generator,
    sample,
    root,
  );
  const base: Checkpoint = { kind: 'rewarded-meta', generator: settings.generator, root: [...root], order };
  try {
    // a checkpoint from before the search holds a training
    if (resumed?.supernet === undefined) {
      yield* announce(settings, spec, images);
      const from = resumed ? { json: resumed.training, arrays: begun.arrays } : undefined;
      yield* trainGenerator(supernet, images, settings, root, base, from);
    } else supernet.restore({ json: resumed.supernet, arrays: begun!.arrays });
    return learned ? yield* found() : yield* search();
  } finally {
    supernet.dispose();
  }

  async function* search(): AsyncGenerator<MethodEvent, Outcome, void> {
    const table = [...(resumed?.table ?? [])];
    const snapshot = (now: () => Pick<Checkpoint, 'table' | 'search'>) => () => {
      const { json, arrays } = supernet.snapshot(false);
      return { json: { ...base, supernet: json, table: [...table], ...now() }, arrays };
    };
    const checkpoint = (now: Parameters<typeof snapshot>[0]): MethodEvent => ({
      type: 'checkpoint',
      take: snapshot(now),
    });
    const goal: RangePoint = { share: 1, budgets, costs, space };
    const of = points ?? [goal];
    const seeds = of.map((point) =>
      (point.space.initial ?? []).map((genes): Seed => ({ name: 'uniform', genes })),
    );
    const range = () => points && rangeOf(points, (at) => seeds[at].map((seed) => seed.genes));
    const seeded = () => ({ ...space, initial: seeds[0].map(({ genes }) => genes) });
    const scores = (): number => {
      const whole = range();
      return whole ? rangeEvaluations(whole.problem, settings) : evaluations(seeded(), settings);
    };
    if (asked.includeRules) {
      // a search of an older version began without a table
      const older = resumed?.search && !resumed.table;
      const cuts = older ? null : affordableTable(context, scores());
      const lost = cuts ? yield* lostBy(cuts, table, () => checkpoint(() => ({}))) : undefined;
      const random = new Random(root).fork('rules');
      for (const [at, point] of of.entries()) {
        const within = { ...context, budgets: point.budgets };
        seeds[at].push(...ruleSeeds(within, point.costs, geneMap, point.space, random, lost));
      }
    }
    const total = scores();
    if (!resumed?.search) {
      const which = points ? ` for all ${points.length} points` : '';
      yield {
        type: 'stage',
        stage: 'search',
        message: `searching ${total} architectures by ${spec.kind}${which}`,
      };
    }
    const scorer = new CandidateScorer(images, settings, root);
    const start = resumed?.search ?? new Random(root).fork('search');
    const found = new Search(seeded(), geneMap, costs, spec, settings, seeds.flat(), start, range());
    const now = () => ({ search: found.state });
    yield* found.run(supernet, scorer, total, () => checkpoint(now));
    if (points) yield { type: 'learned', take: snapshot(now) };
    const choice = found.choice();
    if (choice !== null) yield { type: 'stage', stage: 'search', message: choice };
    const rule = found.stopped;
    const stopped = rule === null ? {} : { stopped: stoppedAt(rule, found.nextId, total) };
    const best = found.best(Math.max(1, settings.raced), (g) => supernet.kept(g));
    return { ...(yield* ending(best, found.nextId, scorer)), ...stopped };
  }

  /** What the goal's search has for a cheaper point. */
  async function* found(): AsyncGenerator<MethodEvent, Outcome, void> {
    const scorer = new CandidateScorer(images, settings, root);
    const range = rangeOf(points!, () => []);
    const earlier = new Search(space, geneMap, costs, spec, settings, [], resumed!.search!, range);
    const message = `the best at this cost of the ${earlier.nextId} networks that were scored for all points`;
    yield { type: 'stage', stage: 'search', message };
    // an arm numbers its candidates for itself
    const best = earlier
      .best(Math.max(1, settings.raced), (g) => supernet.kept(g))
      .map(({ genes, candidate }, id) => ({ genes, candidate: { ...candidate, id } }));
    for (const { candidate } of best) yield { type: 'candidate', candidate };
    return yield* ending(best, best.length, scorer);
  }

  function rangeOf(all: readonly RangePoint[], initial: (at: number) => readonly Genes[]) {
    const problem = rangeProblem(all, geneMap, spec, settings.windowLow, (point) =>
      initial(all.indexOf(point)),
    );
    return { problem, share: curve!.share };
  }

  /** The best of what was found, with its weights; the best few may race. */
  async function* ending(
    best: ReturnType<Search['best']>,
    nextId: number,
    scorer: CandidateScorer,
  ): AsyncGenerator<MethodEvent, Outcome, void> {
    if (best.length === 0) throw new InputError('the search found no architecture inside of the budgets');
    const [{ genes, candidate: chosen }] = best;
    const narrow = supernet.narrow(genes);
    const { weights: made } = await scorer.score(narrow.graph, narrow.weights);
    const race = { finalists: best.map(({ candidate }) => candidate), nextId };
    return { chosen, weights: made, ...(settings.raced ? { race } : {}) };
  }

  /** What each group alone minds, by the source's own weights. @param scores measured so far; grows */
  async function* lostBy(
    cuts: readonly Cut[],
    scores: Measured[],
    checkpoint: () => MethodEvent,
  ): AsyncGenerator<MethodEvent, Lost, void> {
    if (!scores.length) {
      const message = `what each group alone minds, for a knapsack to begin with: ${cuts.length} networks`;
      yield { type: 'stage', stage: 'sensitivity', message };
    }
    const { importance } = importanceOf(graph, dependencies, weights, 'l1');
    const cutter = new Cutter(context, images, settings, root, importance);
    return yield* measuredLosses(dependencies, cutter, cuts, scores, checkpoint);
  }

  function stoppedAt(rule: string, scored: number, of: number): Stopped {
    const { train, validation } = images.set;
    const sizes = { train: train.size, validation: validation.size };
    return { rule, scored, of, spared: sparedWork(of - scored, settings, { ...context, images: sizes }) };
  }
}

function* announce(
  settings: RewardedMetaSettings,
  spec: RewardSpec,
  images: MethodImages,
): Generator<MethodEvent, void, void> {
  const { generator, epochs, generatorReason } = settings;
  const what =
    epochs > 0
      ? `training the ${generator} generator for ${epochs} epochs on ${images.set.train.size} images`
      : 'candidates keep the weights of the network';
  yield { type: 'stage', stage: 'generator', message: `${what} (${generatorReason})` };
  yield { type: 'stage', stage: 'reward', message: `candidates are ranked by ${describeReward(spec)}` };
}

async function* trainGenerator(
  supernet: Supernet,
  images: MethodImages,
  settings: RewardedMetaSettings,
  root: RandomState,
  base: Checkpoint,
  from: Snapshot | undefined,
): AsyncGenerator<MethodEvent, void, void> {
  const training = trainSettings(settings);
  if (training.epochs === 0) return;
  const events = train(supernet, {
    batches: epochBatches(images, root, training),
    stepsPerEpoch: Math.ceil(images.set.train.size / training.batchSize),
    settings: training,
    seed: new Random(root).fork('dropout').uint32(),
    stage: 'generator',
    from,
  });
  for await (const event of events) {
    if (event.type !== 'checkpoint') {
      yield event;
      continue;
    }
    yield {
      type: 'checkpoint',
      take: () => {
        const { json, arrays } = event.take();
        return { json: { ...base, training: json }, arrays };
      },
    };
  }
}

function makeGenerator(
  { graph, weights, dependencies }: MethodContext,
  { backend }: MethodImages,
  settings: RewardedMetaSettings,
  geneMap: GeneMap,
  order: number[][],
  root: RandomState,
): WeightGenerator {
  const random = new Random(root).fork('generator').state;
  if (settings.generator === 'pruning-net')
    return new PruningNet(backend, graph, weights, dependencies, geneMap, { ...settings, random });
  return new Inherit(backend, graph, weights, dependencies, geneMap, { ...settings, random, order });
}

/** For every group its channels, most important first; the paper's generator makes no difference between them. */
async function channelOrder(
  context: MethodContext,
  images: MethodImages,
  settings: RewardedMetaSettings,
  root: RandomState,
): Promise<number[][]> {
  const { graph, weights, dependencies } = context;
  if (settings.generator === 'pruning-net')
    return dependencies.groups.map((g) => Array.from({ length: g.size }, (_, c) => c));
  if (settings.importance !== 'taylor')
    return importanceOf(graph, dependencies, weights, settings.importance).importance.map(byImportance);
  const { batchSize } = settings;
  const { importance } = await taylorByImages(context, images, root, 10 * batchSize, batchSize);
  return importance.map(byImportance);
}

function specOf(
  settings: RewardedMetaSettings,
  full: { readonly macs: number; readonly params: number; readonly bytes: number },
  { budgets }: Pick<MethodContext, 'budgets'>,
): RewardSpec {
  const metric = settings.rewardMetric;
  return rewardSpec(settings.reward, {
    metric,
    original: full[metric],
    target: budgets.find((b) => b.metric === metric)?.limit,
    baseAccuracy: settings.baseAccuracy,
    baseCost: settings.baseCost,
    accuracyExponent: settings.accuracyCoefficient,
    efficiencyExponent: settings.efficiencyCoefficient,
  });
}

function parseCheckpoint({ json }: Snapshot): Checkpoint {
  const parsed = checkpointSchema.safeParse(json);
  if (!parsed.success) throw new InputError('the checkpoint is not one of rewarded meta-pruning');
  return parsed.data;
}
