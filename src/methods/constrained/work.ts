import { fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import { searchImportanceWork } from '../importance/search.ts';
import { costsOf, fitToBudgets } from '../budgets.ts';
import { sweepGroups } from '../rl/group-features.ts';
import { learningSeconds, rowMacs } from '../rl/work.ts';
import type { Work, WorkContext } from '../types.ts';
import type { ConstrainedSettings } from './settings.ts';
import { Space } from './space.ts';
import { isStatic } from '../../terms/goals.ts';
import type { Budget } from '../../terms/goals.ts';

/** Share of the MACs that is taken where no budget says anything of widths. */
const guess = 0.5;

/**
 * Every episode's network tuned, recalibrated and scored, and the updates of policy and critics. Networks that the
 * policy comes to again are not scored again, so this is the most. What measured budgets take (latency, a script) is
 * not in it: nobody knows before.
 * @throws InputError where the budgets can't be met, or nothing can be removed
 */
export function constrainedWork(settings: ConstrainedSettings, context: WorkContext): Work {
  const { graph, dependencies, roundTo } = context;
  const full = fullArchitecture(dependencies);
  const whole = costModel(graph, dependencies)(full).macs;
  const known = context.budgets.filter(({ metric }) => isStatic(metric));
  const budgets: readonly Budget[] = known.length
    ? known
    : [{ metric: 'macs', limit: guess * whole, original: whole }];
  const costs = costsOf(graph, dependencies, budgets);
  const share = costs.cost(fitToBudgets({ ...context, budgets }, costs, full)).macs / Math.max(whole, 1);
  const { train = 0, validation = 0 } = context.images ?? {};
  const { updates, episodesPerUpdate, tuneSteps, tuneBatchSize, importance } = settings;
  const curve = settings.onePolicy ? context.curve : undefined;
  // a cheaper point has nothing left to learn
  const episodes = curve && curve.share < 1 ? 0 : updates * episodesPerUpdate;
  const points = curve?.share === 1 ? curve.points.length : 0;
  // the uniform width before, and the finalists and the policy's mean behind
  const ends = settings.final === 'best' ? settings.finalists + 1 : 1;
  const scored = 1 + points + episodes + ends;
  // in equal parts of the learning
  const steps =
    (episodes * tuneSteps.reduce((sum, n) => sum + n, 0)) / tuneSteps.length +
    tuneSteps[0] +
    ends * tuneSteps.at(-1)!;
  const recalibration = settings.recalibrationBatches * settings.recalibrationBatchSize;
  const gradients = episodes ? searchImportanceWork(graph, importance, train) : [];
  // ranks and the like don't change the sizes
  const ranks = sweepGroups(graph, dependencies).map(({ size }) => new Float64Array(size));
  const space = new Space(graph, dependencies, roundTo, ranks, [], share, settings);
  return {
    trained: [...gradients, { images: steps * tuneBatchSize, share, opByOp: true }],
    recalibrated: [{ images: scored * Math.min(recalibration, train), share }],
    scored: [{ images: scored * Math.min(settings.validationImages, validation), share }],
    opened: scored,
    seconds: learningSeconds(episodes * episodeMacs(settings, space, context.budgets.length)),
  };
}

/** Multiply-adds of learning from one episode: each of its decisions in every epoch, forward and backward. */
function episodeMacs(settings: ConstrainedSettings, space: Space, budgets: number): number {
  const { decisions, features } = space;
  const widest = Math.max(...Array.from({ length: decisions }, (_, d) => space.size(d)));
  const { hidden, epochs } = settings;
  const policy = rowMacs([features, hidden, hidden, widest]);
  const critics = (1 + budgets) * rowMacs([features, hidden, hidden, 1]);
  return decisions * (1 + 3 * epochs) * (policy + critics);
}
