import { EQUAL_COST, cutsBy, trainedControls } from '../../../protocol/controls.ts';
import { inputSize } from '../../../graph/shapes.ts';
import { fullArchitecture } from '../../../graph/architecture.ts';
import { fitToBudget } from '../../../graph/budget.ts';
import { costModel } from '../../../graph/cost.ts';
import { InputError } from '../../../graph/errors.ts';
import { thaw } from '../../../graph/frozen.ts';
import type { Dependencies } from '../../../graph/types.ts';
import { methodNamed } from '../../../methods/index.ts';
import type { Work } from '../../../methods/types.ts';
import type { Draft } from '../../../protocol/plan.ts';
import { measureSpeed } from '../../../run/estimate/speed.ts';
import type { Speed } from '../../../run/estimate/speed.ts';
import { armsOf } from '../../../run/plan/feasibility.ts';
import { oneSearch, pointsAsked, pointsOf } from '../../../run/plan/points.ts';
import { expectedRounds, racedImages } from '../../../run/plan/race.ts';
import { controlArms } from '../../../run/plan/make-plan.ts';
import { settingsContext } from '../../../run/plan/method-settings.ts';
import type { CachedModel } from '../../../run/result/model-cache.ts';
import { equalEpochs } from '../../../run/plan/equal-cost.ts';
import { armWork, predictSeconds, raceWork } from '../../../run/estimate/time.ts';
import { fineTuneSettings } from '../../../run/plan/fine-tune-settings.ts';
import type { Survey } from './survey.ts';
import type { Architecture } from '../../../terms/candidates.ts';
import { isStatic } from '../../../terms/goals.ts';
import type { Budget, StaticMetric } from '../../../terms/goals.ts';
import { costBy } from '../../../terms/cost.ts';
import { withoutLabels } from '../../../runtime/heads.ts';

/** How long a run will take, as far as can be told. */
export interface Forecast {
  readonly seconds: number | null;
  readonly basis: string;
}

/** The share of MACs that is taken where a goal says nothing of widths (latency, a script). */
const guess = 0.5;
const decoders = 4;
const memoryBytes = 1024 * 2 ** 20;

const known = new Map<string, Speed>();

/**
 * Predicts a run's time: images through training and scoring by the method's own estimate, times seconds an image that
 * were measured on this machine. A measurement is kept for as long as this process lives; without `measure` only those
 * are used.
 * @throws InputError where the method can't work within the budgets, in words
 */
export async function forecast(
  opened: CachedModel,
  dependencies: Dependencies,
  draft: Draft,
  { budgets, roundTo }: { readonly budgets: readonly Budget[]; readonly roundTo: number },
  images: Survey | null,
  options: { readonly measure: boolean; readonly signal: AbortSignal },
): Promise<Forecast> {
  // as the run would train it
  const thawed = draft.keepFrozen ? opened.model.graph : thaw(opened.model.graph);
  const graph = images?.unlabelled ? withoutLabels(thawed, []) : thawed;
  const model = { ...opened.model, graph };
  const cost = costModel(graph, dependencies);
  const full = cost(fullArchitecture(dependencies));
  const narrow = narrowed(dependencies, budgets, roundTo, cost);
  // a latency or a script's number stands for some MACs, which only the run finds
  const given: readonly Budget[] = budgets.length
    ? budgets
    : [{ metric: 'macs', limit: guess * full.macs, original: full.macs }];
  const share = cost(narrow).macs / Math.max(full.macs, 1);
  const splits = images && { train: images.train, validation: images.validation, test: images.test };
  const arms = [draft.method, ...controlArms(draft.controls, draft.method, images !== null)];
  const network = { graph, dependencies, roundTo, arms: armsOf(draft) };
  const points = pointsOf({ points: pointsAsked(draft), explore: draft.explore }, given, network);
  const works: Work[] = [];
  // what is done again at every cheaper point; there it is taken to be what it is at the goal
  const again: Work[] = [];
  let raced = 0;
  const silent: string[] = [];
  for (const [i, name] of arms.entries()) {
    const cuts = cutsBy(name);
    if (cuts === null) continue;
    const method = methodNamed(cuts);
    const known = { trainImages: images?.train ?? 1, untrained: false };
    const context = settingsContext({ graph, dependencies }, draft, known);
    const settings = method.settings(i === 0 ? draft.settings : {}, draft.effort, context);
    if (i === 0) raced = method.raced?.(settings) ?? 0;
    // what it measures of every candidate takes as long as it takes
    const measuring = method.measures && draft.targets.some(({ metric }) => !isStatic(metric));
    if (!method.work || measuring) silent.push(name);
    else {
      const about = { graph, dependencies, budgets: given, roundTo, images: splits ?? undefined };
      const together = i === 0 && points.length > 0 && oneSearch(method, settings, draft.targets);
      const curve = together ? { points: points.map((point) => point.share), share: 1 } : undefined;
      const work = method.work(settings, { ...about, curve });
      works.push(work);
      const later = curve
        ? method.work(settings, { ...about, curve: { ...curve, share: curve.points[0] } })
        : work;
      if (!trainedControls.includes(name)) again.push(later);
    }
  }
  if (!images || !splits)
    return { seconds: null, basis: 'without images there is nothing to train: it takes seconds' };
  const tuning = fineTuneSettings(draft, {
    images: splits.train,
    validation: splits.validation,
    macs: full.macs,
    teaches: !images.unlabelled,
  });
  const long = () => ({
    ...tuning,
    epochs: equalEpochs(works[0], {
      tuned: tuning.epochs,
      raced: racedImages(expectedRounds(raced, splits.train, tuning)),
      share,
      own: share,
      images: splits.train,
    }),
  });
  works.push(
    ...arms.map((name) =>
      armWork(splits, share, name === EQUAL_COST && silent.length === 0 ? long() : tuning),
    ),
  );
  works.push(raceWork(splits, share, tuning, raced));
  const sought = draft.accuracyDrop !== undefined;
  // of an accuracy that is sought: as many networks of the method's own, somewhere in the same range
  const curves = sought ? [draft.method] : arms.filter((name) => !trainedControls.includes(name));
  for (const point of points) {
    const at = share * point.share;
    works.push(...(sought ? again.slice(0, 1) : again), raceWork(splits, at, tuning, raced));
    works.push(...curves.map(() => armWork(splits, at, tuning)));
  }
  if (silent.length)
    return { seconds: null, basis: `how long ${silent.join(' and ')} takes can't be told beforehand` };

  const { keepFrozen = false } = draft;
  const key = JSON.stringify([
    opened.sha256,
    narrow,
    draft.backend,
    draft.threads,
    tuning.batchSize,
    keepFrozen,
    ...(images.unlabelled ? ['unlabelled'] : []),
  ]);
  let speed = known.get(key);
  if (!speed && options.measure) {
    const { backend, threads } = draft;
    speed = await measureSpeed(model, dependencies, { architecture: narrow, share }, full.macs, {
      backend,
      threads,
      batchSize: tuning.batchSize,
      signal: options.signal,
    });
    known.set(key, speed);
  }
  if (!speed) return { seconds: null, basis: 'nothing was measured on this machine yet' };
  const passes = works.flatMap(({ trained }) => trained).reduce((sum, one) => sum + one.images, 0);
  const seconds = predictSeconds(works, splits, speed) + decoding(images, opened, passes);
  const rate = (one: number) => Math.round(1 / one).toLocaleString('en-US');
  return {
    seconds,
    basis: `measured here: ${rate(speed.full.trained)} images a second in training and ${rate(speed.full.scored)} in scoring, by ${speed.backend} on ${speed.threads} ${speed.threads === 1 ? 'thread' : 'threads'}; whatever else the machine does adds to it`,
  };
}

/** Uniform widths within the budgets; half the MACs where none says anything of widths. */
function narrowed(
  dependencies: Dependencies,
  budgets: readonly Budget[],
  roundTo: number,
  cost: ReturnType<typeof costModel>,
): Architecture {
  const full = fullArchitecture(dependencies);
  const fixed = budgets.filter(({ metric }) => isStatic(metric));
  const most = cost(full).macs;
  const used = (widths: Architecture) => {
    const now = cost(widths);
    return fixed.length
      ? Math.max(...fixed.map(({ metric, limit }) => costBy(now, metric as StaticMetric) / limit))
      : now.macs / most / guess;
  };
  try {
    return fitToBudget(full, used, 1, dependencies, { roundTo });
  } catch (error) {
    // out of reach: the targets say so
    if (error instanceof InputError) return full;
    throw error;
  }
}

/** Seconds of decoding: once, or anew for every pass where the decoded images don't fit the memory. */
function decoding(
  { train, validation, test, decodeMs, form }: Survey,
  { model }: CachedModel,
  passes: number,
): number {
  if (form === 'idx' || form === 'npz') return 0;
  const bytes = inputSize(model.graph);
  const count = train + validation + test;
  const times = count * bytes <= memoryBytes ? count : passes;
  return (times * decodeMs) / 1000 / decoders;
}
