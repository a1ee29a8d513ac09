import { InputError } from '../../graph/errors.ts';
import { reward, rewardSchema, rewardSpec } from '../../methods/rewarded-meta/reward.ts';
import type { RewardSpec } from '../../methods/rewarded-meta/reward.ts';
import { limitOf } from '../../protocol/reach.ts';
import { parseTarget } from '../plan/targets.ts';
import { candidateOfArm, extraArm } from '../../terms/candidates.ts';
import type { CandidateRef } from '../../terms/candidates.ts';
import { isWithinDrop } from '../../terms/comparison/drop.ts';
import { difference } from '../../terms/comparison/answers.ts';
import type { Difference } from '../../terms/comparison/answers.ts';
import { curvesOf, frontMetric } from '../../terms/comparison/curves.ts';
import type { CurvePoint } from '../../terms/comparison/curves.ts';
import { bestWithin } from '../../terms/comparison/front.ts';
import { costBy } from '../../terms/cost.ts';
import { isStatic, sizeMetric } from '../../terms/goals.ts';
import type { StaticMetric, Target } from '../../terms/goals.ts';
import { mainArmOf } from '../../terms/run-data.ts';
import type { RunData } from '../../terms/run-data.ts';
import type { Score } from '../../terms/scores.ts';
import { accuracyNoun } from '../../terms/scores.ts';

/** A way to say which network of a run is meant. */
export type Pick =
  | { readonly kind: 'candidate'; readonly ref: CandidateRef }
  | { readonly kind: 'within'; readonly metric: StaticMetric; readonly target: Target }
  | { readonly kind: 'drop'; readonly points: number }
  | { readonly kind: 'knee' }
  | { readonly kind: 'reward'; readonly accuracy: number; readonly efficiency: number };

const ways =
  'write it as macs=45%, params=100k, bytes=1MB, memory=2MB, accuracy-drop=1, knee, coefficients=2,1 or ARM#ID';

/** Reads `--pick`. @throws InputError for anything that picks nothing */
export function parsePick(text: string): Pick {
  const given = text.trim();
  const bad = (why: string) => new InputError(`--pick "${given}": ${why}`);
  if (given === 'knee') return { kind: 'knee' };
  const ref = candidateOfArm(given);
  if (ref) return { kind: 'candidate', ref };
  const [, name, amount] = /^([a-z-]+)\s*=\s*(.*)$/is.exec(given) ?? [];
  if (name === undefined) throw bad(`picks no network; ${ways}`);
  if (name === 'accuracy-drop') {
    const points = numberOf(amount, 100);
    if (points === null)
      throw bad('accuracy-drop takes points of accuracy from 0 to 100, as accuracy-drop=1');
    return { kind: 'drop', points };
  }
  if (name === 'coefficients') {
    const [accuracy, efficiency, ...more] = amount.split(',').map((part) => numberOf(part, 1000));
    if (accuracy === null || efficiency === null || efficiency === undefined || more.length)
      throw bad(
        'coefficients takes that of accuracy and that of efficiency, 0 to 1000 each, as coefficients=2,1',
      );
    return { kind: 'reward', accuracy, efficiency };
  }
  let target: Target;
  try {
    target = parseTarget(given);
  } catch (error) {
    throw error instanceof InputError ? bad(`${reason(error)}`) : error;
  }
  const { metric } = target;
  if (!isStatic(metric)) throw bad(`no point was measured by ${metric}; ${ways}`);
  return { kind: 'within', metric, target };
}

/** Why a target is none, without its name in front and the ways to write one behind, which are others here. */
function reason({ message }: InputError): string {
  const why = message.replace(/^target ".*?": /s, '');
  return why.includes('; write it as')
    ? `${why.split('; write it as')[0].replace('is not a target', 'picks no network')}; ${ways}`
    : why;
}

function numberOf(text: string, most: number): number | null {
  const value = Number(text);
  return text.trim() !== '' && value >= 0 && value <= most ? value : null;
}

/**
 * The network of a run that is meant: any candidate by its name, else one of its own method's that were taken to their
 * end, by what they are worth on the validation images: the test's are for the end, and whatever is chosen by them looks
 * better there than it is.
 * @throws InputError where there is none, which says what there is
 */
export function pickFrom(run: RunData, pick: Pick): CandidateRef {
  const metric = pick.kind === 'within' ? pick.metric : frontMetric(run);
  const { curves } = curvesOf(run, metric);
  const original = run.scores.validation.original ?? null;
  const points = curves.find(({ control }) => !control)?.points ?? [];
  const found = seek(run, pick, points, { metric, original });
  if (typeof found === 'string') throw new InputError(`${found}; ${pointsSentence(run, points, metric)}`);
  return found;
}

/**
 * How far a network of a run is from the original, on the same validation images: below 0 is worse.
 * @returns null where it was never trained to its end, or it isn't recorded which images were answered right
 */
export function besideOriginal(run: RunData, which: CandidateRef): Difference | null {
  return difference(armTo(run, which)?.scores.validation.fineTuned, run.scores.validation.original);
}

/** The arm that took a candidate further; undefined where none did. */
export function armTo({ arms }: RunData, { arm, id }: CandidateRef): RunData['arms'][number] | undefined {
  return (
    arms.find((one) => one.arm === extraArm(arm, id)) ??
    arms.find((one) => one.arm === arm && one.chosen?.id === id)
  );
}

/** The candidate that is meant, or why there is none. */
function seek(
  run: RunData,
  pick: Pick,
  points: readonly CurvePoint[],
  { metric, original }: { readonly metric: StaticMetric; readonly original: Score | null },
): CandidateRef | string {
  if (pick.kind === 'candidate') {
    const { arm, id } = pick.ref;
    const there = run.arms.find((one) => one.arm === arm)?.candidates.some((one) => one.id === id);
    return there ? pick.ref : `the run has no candidate ${extraArm(arm, id)}`;
  }
  if (points.length === 0) return `no network of the run has an ${accuracyNoun(run.measure)} to be picked by`;
  switch (pick.kind) {
    case 'within': {
      const limit = limitOf(pick.target, costBy(run.cost!, metric));
      const cost = ({ candidate }: CurvePoint) => costBy(candidate.cost, metric);
      return bestWithin(points, limit, cost, worth)?.candidate ?? 'no point is within that';
    }
    case 'drop': {
      if (!original) return 'the original was not scored on the same images';
      const lost = `no point is within ${pick.points} of the original's ${original.accuracy.toFixed(2)} % on validation`;
      return (
        points.find((point) => isWithinDrop(worth(point), original.accuracy, pick.points))?.candidate ?? lost
      );
    }
    case 'knee':
      return (
        points.find((point) => point.knee)?.candidate ??
        'the curve has no knee: that takes three points of which none beats another, one of them above the line from the first to the last'
      );
    case 'reward': {
      const spec = specOf(run, pick);
      return best(points, (point) => reward(spec, { ...point.candidate.cost, accuracy: worth(point) }))!;
    }
  }
}

/** In percent, on the validation images where it was measured on these. */
const worth = ({ validation, score }: CurvePoint): number => validation ?? score.accuracy;

/** The first of those with the highest value: the cheapest. */
function best(points: readonly CurvePoint[], value: (point: CurvePoint) => number): CandidateRef | undefined {
  let most: CurvePoint | undefined;
  for (const point of points) if (!most || value(point) > value(most)) most = point;
  return most?.candidate;
}

/** The reward that the run itself ranked by, where it is of this kind, with other exponents. */
function specOf(
  run: RunData,
  { accuracy, efficiency }: { accuracy: number; efficiency: number },
): RewardSpec {
  const exponents = { accuracyExponent: accuracy, efficiencyExponent: efficiency };
  const own = rewardSchema.safeParse(mainArmOf(run)?.reward).data;
  if (own?.kind === 'rewarded-meta') return { ...own, ...exponents };
  const metric = sizeMetric.safeParse(frontMetric(run)).data ?? 'macs';
  return rewardSpec('rewarded-meta', { metric, original: costBy(run.cost!, metric), ...exponents });
}

/** What there is to pick from: the points, or where nothing has an accuracy what every arm chose. */
function pointsSentence(run: RunData, points: readonly CurvePoint[], metric: StaticMetric): string {
  const chosen = run.arms.flatMap(({ chosen: one }) => (one ? [extraArm(one.arm, one.id)] : []));
  if (points.length === 0) return chosen.length ? `name one: ${chosen.join(', ')}` : 'it has no points';
  const named = points.map(
    (point) =>
      `${extraArm(point.candidate.arm, point.candidate.id)} (${(100 * point.share).toFixed(1)} % of the ${metric}, ${worth(point).toFixed(2)} %)`,
  );
  const noun = accuracyNoun(run.measure);
  return `its points, with their ${noun} on validation, are ${named.join(', ')}`;
}
