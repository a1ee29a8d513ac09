import * as z from 'zod';
import { leadingChannels } from '../../graph/architecture.ts';
import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import type { Dependencies } from '../../graph/types.ts';
import { costsOf } from '../budgets.ts';
import { imagesOf } from '../images.ts';
import { settingError } from '../setting-error.ts';
import type { Method, MethodContext, SettingsContext } from '../types.ts';
import type { Criterion, Importance } from '../importance/importance.ts';
import { importanceOf, withoutScales } from '../importance/importance.ts';
import { gradientImages, taylorByImages } from '../importance/taylor.ts';
import { globalWidths, keepBest, LEAST_SHARE, uniformWidths } from '../importance/widths.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';
import { count, share } from '../setting-kinds.ts';

const schema = z.strictObject({
  /** uniform: the same share of every group; global: one ranking of all channels decides the widths too */
  widths: z.enum(['uniform', 'global']).default('uniform'),
  /** global: no group falls below this share of its channels */
  leastShare: share.default(LEAST_SHARE),
  /** taylor: mini-batches, and images in each, that gradients are averaged over */
  batches: count.default(10),
  batchSize: count.default(128),
});
type Settings = z.infer<typeof schema>;

function parse(given: unknown): Settings {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  return parsed.data;
}

/** How a baseline comes to its channels, given the run. */
interface Recipe {
  readonly name: string;
  readonly summary: string;
  readonly needsImages?: boolean;
  /** null: no ranking, so widths are uniform */
  readonly rank?: (
    context: MethodContext,
    settings: Settings,
  ) => Promise<{ importance: Importance; warnings: readonly string[] }>;
  readonly keep?: (context: MethodContext, architecture: Architecture) => KeptChannels;
  /** refuses a network that it can't rank, before anything runs. @throws InputError */
  readonly check?: (about: SettingsContext) => void;
  /** images whose gradients it takes */
  readonly images?: (settings: Settings) => number;
}

/** A control arm: one candidate, by a rule, at the same budgets as the search's. Deterministic. */
function baseline(recipe: Recipe): Method<Settings> {
  const { name, summary, needsImages = false } = recipe;
  return {
    name,
    summary,
    needsImages,
    settings: (given, _effort, about) => {
      recipe.check?.(about);
      return parse(given);
    },
    work: (settings, { graph, images }) => {
      const used = gradientImages(graph, Math.min(recipe.images?.(settings) ?? 0, images?.train ?? 0));
      return {
        trained: used ? [{ images: used, share: 1, opByOp: true }] : [],
        recalibrated: [],
        scored: [],
        opened: 0,
      };
    },
    async *run(context) {
      const settings = parse(context.settings ?? {});
      const { graph, dependencies, budgets } = context;
      const costs = costsOf(graph, dependencies, budgets);
      yield { type: 'stage', stage: 'search', message: summary };
      const ranked = await recipe.rank?.(context, settings);
      for (const message of ranked?.warnings ?? []) yield { type: 'warning', message };
      const architecture =
        ranked && settings.widths === 'global'
          ? globalWidths(context, costs, ranked.importance, settings.leastShare)
          : uniformWidths(context, costs);
      const kept = ranked
        ? keepBest(ranked.importance, architecture)
        : (recipe.keep ?? leading)(context, architecture);
      const cost = costs.cost(architecture);
      const candidate = { id: 0, origin: name, architecture, kept, cost, accuracies: {} };
      yield { type: 'candidate', candidate };
      return { chosen: candidate };
    },
  };
}

function leading({ dependencies }: MethodContext, architecture: Architecture): KeptChannels {
  return leadingChannels(dependencies, architecture);
}

/** Uniformly drawn channels of every group, ascending. */
function randomChannels(
  dependencies: Dependencies,
  architecture: Architecture,
  random: Random,
): KeptChannels {
  return dependencies.groups.map(({ size }, g) =>
    random
      .shuffle(Array.from({ length: size }, (_, c) => c))
      .slice(0, architecture[g])
      .sort((a, b) => a - b),
  );
}

function byWeights(name: Criterion, summary: string): Method<Settings> {
  const rank: Recipe['rank'] = async ({ graph, dependencies, weights }) =>
    importanceOf(graph, dependencies, weights, name);
  const check: Recipe['check'] = ({ graph, dependencies }) => void withoutScales(graph, dependencies);
  return baseline({ name, summary, rank, ...(name === 'bn-scale' ? { check } : {}) });
}

export const baselines: readonly Method<Settings>[] = [
  baseline({ name: 'uniform', summary: 'the same share of every group, its first channels' }),
  baseline({
    name: 'random',
    summary: 'the same share of every group, channels drawn at random',
    keep: ({ dependencies, random }, architecture) =>
      randomChannels(dependencies, architecture, new Random(random.state).fork('channels')),
  }),
  byWeights('l1', 'channels whose filters have the largest L1 norm'),
  byWeights('l2', 'channels whose filters have the largest L2 norm'),
  byWeights('geometric-median', 'channels farthest from the geometric median of their layer (FPGM)'),
  byWeights('bn-scale', 'channels with the largest batch-norm scale (network slimming)'),
  baseline({
    name: 'taylor',
    summary: 'channels whose removal would change the loss most, to first order',
    needsImages: true,
    images: ({ batches, batchSize }) => batches * batchSize,
    async rank(context, settings) {
      const images = imagesOf(context, 'taylor');
      const { batches, batchSize } = settings;
      return await taylorByImages(context, images, context.random.state, batches * batchSize, batchSize);
    },
  }),
];
