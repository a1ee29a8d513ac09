import * as z from 'zod';
import { fullArchitecture } from '../../graph/architecture.ts';
import { InputError } from '../../graph/errors.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { costsOf, fitToBudgets } from '../budgets.ts';
import { imagesOf } from '../images.ts';
import { searchImportance } from '../importance/search.ts';
import { randomState } from '../random-state.ts';
import { Cutter } from '../sensitivity/cutter.ts';
import { cutsOf } from '../sensitivity/levels.ts';
import { measured } from '../sensitivity/measured.ts';
import type { Method, MethodContext, MethodEvent, MethodImages, Outcome } from '../types.ts';
import { Allocation } from './allocate.ts';
import { lostByImportance, measuredLosses } from './lost.ts';
import type { Lost } from './lost.ts';
import { knapsackSettings, parseKnapsack } from './settings.ts';
import type { KnapsackSettings } from './settings.ts';
import { knapsackWork } from './work.ts';

const NAME = 'knapsack';
const checkpointSchema = z.strictObject({
  kind: z.literal(NAME),
  root: randomState,
  importance: z.array(z.array(z.number())),
  /** the whole network first, then every group at every level, as far as they were measured */
  scores: z.array(measured),
});
type Checkpoint = z.infer<typeof checkpointSchema>;

/**
 * Widths by a multiple-choice knapsack, as in HALP (Shen et al. 2021, arXiv 2110.10811): what each group loses by a width
 * against what that costs, so that least is lost in all (docs/methods/knapsack.md).
 */
export const knapsack: Method<KnapsackSettings> = {
  name: NAME,
  summary: 'measures what each group alone minds, and shares the budget out by a knapsack (HALP)',
  needsImages: true,
  settings: knapsackSettings,
  work: knapsackWork,
  run,
};

async function* run(context: MethodContext): AsyncGenerator<MethodEvent, Outcome, void> {
  const images = imagesOf(context, NAME);
  if (images.set.validation.size === 0)
    throw new InputError(`the method ${NAME} needs validation images to score on`);
  const settings = parseKnapsack(context.settings);
  const { graph, dependencies, budgets } = context;
  const costs = costsOf(graph, dependencies, budgets);
  // says in words where no network is narrow enough, before anything is measured
  fitToBudgets(context, costs, fullArchitecture(dependencies));
  const state = context.resume ? parseCheckpoint(context.resume) : await begin(context, images, settings);
  const importance = state.importance.map((values) => Float64Array.from(values));
  const cutter = new Cutter(context, images, settings, state.root, importance);
  const lost = settings.value === 'importance' ? lostByImportance(importance) : yield* bySensitivity();
  yield { type: 'stage', stage: 'search', message: 'sharing the budget out among the groups' };
  const architecture = new Allocation(context, costs, lost, settings.cells).solve();
  const { accuracy } = await cutter.score(architecture);
  const chosen = {
    id: 0,
    origin: NAME,
    architecture,
    kept: cutter.kept(architecture),
    cost: costs.cost(architecture),
    accuracies: { recalibrated: accuracy },
  };
  yield { type: 'candidate', candidate: chosen };
  return { chosen };

  async function* bySensitivity(): AsyncGenerator<MethodEvent, Lost, void> {
    const cuts = cutsOf(dependencies, settings.levels, context.roundTo, true);
    if (!context.resume) {
      const message = `each group alone at up to ${settings.levels} widths: ${cuts.length} networks`;
      yield { type: 'stage', stage: 'sensitivity', message };
    }
    return yield* measuredLosses(dependencies, cutter, cuts, state.scores, () => ({
      type: 'checkpoint',
      take: () => ({ json: structuredClone(state), arrays: new Map() }),
    }));
  }
}

async function begin(
  context: MethodContext,
  images: MethodImages,
  settings: KnapsackSettings,
): Promise<Checkpoint> {
  const root = context.random.state;
  const importance = await searchImportance(context, images, settings.importance, root);
  return { kind: NAME, root: [...root], importance: importance.map((values) => [...values]), scores: [] };
}

function parseCheckpoint({ json }: Snapshot): Checkpoint {
  const parsed = checkpointSchema.safeParse(json);
  if (!parsed.success)
    throw new InputError(`the checkpoint of the method ${NAME} is damaged, or of another version`);
  return parsed.data;
}
