import { difference } from '../../../terms/comparison/answers.ts';
import { lossDifference } from '../../../terms/comparison/losses.ts';
import { rankCorrelation, rankSentence } from '../../../terms/comparison/rank-correlation.ts';
import { signed } from '../../../terms/comparison/verdict.ts';
import type { Candidate } from '../../../terms/candidates.ts';
import type { Score } from '../../../terms/scores.ts';

/** A network at the end of a round. */
export interface Standing {
  /** its place among the contenders */
  readonly place: number;
  /** whether a plain rule gave it */
  readonly rule: boolean;
  readonly score: Score;
  readonly loss: number;
}

/** The rule that leaves the network's widths in proportion, as its designers chose them. */
const PLAINEST = 'uniform';

/** Rules that take part in every race: hard to beat, whatever their networks score before any training. */
const ALWAYS = [PLAINEST, 'l1'];

/** The rules' networks in the order in which they take part: those that always do, then the best before any training. */
export function inLine(rivals: readonly Candidate[]): readonly Candidate[] {
  const accuracy = ({ accuracies }: Candidate) => accuracies.recalibrated ?? 0;
  const first = rivals.filter(({ origin }) => ALWAYS.includes(origin));
  const rest = rivals.filter(({ origin }) => !ALWAYS.includes(origin));
  return [
    ...first.sort((a, b) => ALWAYS.indexOf(a.origin) - ALWAYS.indexOf(b.origin)),
    ...rest.sort((a, b) => accuracy(b) - accuracy(a) || a.id - b.id),
  ];
}

/**
 * Who takes part where there is room for fewer than all: in turn the best of what was found and the next of the rules'.
 * @param all contenders; the first `found` of them were found, best first, the rest are the rules'
 */
export function placed(all: number, found: number, room: number): number[] {
  const chosen: number[] = [];
  for (let i = 0; chosen.length < Math.min(room, all); i++) {
    if (i < found) chosen.push(i);
    if (found + i < all && chosen.length < room) chosen.push(found + i);
  }
  return chosen.sort((a, b) => a - b);
}

/**
 * Who stays in, in the contenders' order: the best of a round, its choice, and the best of the rules', so that each end has
 * something to be compared with; then by their losses, as many as there is room for.
 */
export function survivors(
  standing: readonly Standing[],
  contenders: readonly Candidate[],
  room: number,
): number[] {
  const ranked = byLoss(standing);
  const rule = ranked.find((one) => one.rule);
  const first = [ranked[0], choice(standing, contenders), ...(rule ? [rule] : []), ...ranked];
  const stay = new Set(first.map(({ place }) => place));
  return [...stay].slice(0, room).sort((a, b) => a - b);
}

/**
 * What is taken of a round: the plainest network whose loss is not above the lowest by more than the standard error of
 * their difference on the same images (the one-standard-error rule: Breiman et al. 1984, section 3.4.3). Uniform widths are
 * plainest, as the network was designed; then those of other rules, then what was found, of which each its best. Without
 * single losses the lowest decides.
 */
function choice(standing: readonly Standing[], contenders: readonly Candidate[]): Standing {
  const ranked = byLoss(standing);
  const near = ranked.filter((one) => {
    const behind = lossDifference(one.score, ranked[0].score);
    return one === ranked[0] || (behind && one.loss - ranked[0].loss <= behind.error);
  });
  return (
    near.find(({ place }) => contenders[place].origin === PLAINEST) ??
    near.find(({ rule }) => rule) ??
    near[0]
  );
}

/** What the scores before training foretold of a round's losses, in a sentence; null where there is too little to say. */
export function foretoldBy(standing: readonly Standing[], contenders: readonly Candidate[]): string | null {
  const known = standing.filter(({ place }) => contenders[place].accuracies.recalibrated !== undefined);
  const found = rankCorrelation(
    known.map(({ place }) => contenders[place].accuracies.recalibrated!),
    known.map(({ loss }) => -loss),
  );
  return found && rankSentence(found, known.length);
}

/** Who won, and what it is worth beside the best of the others' kind, in a sentence. */
export function result(
  standing: readonly Standing[],
  contenders: readonly Candidate[],
): { readonly winner: number; readonly said: string } {
  const ranked = byLoss(standing);
  const first = choice(standing, contenders);
  const name = ({ place, rule }: Standing) =>
    rule ? contenders[place].origin : `candidate ${contenders[place].id}`;
  const figures = ({ loss, score }: Standing) =>
    `a validation loss of ${loss.toFixed(3)} (${score.accuracy.toFixed(1)} %)`;
  const rival = ranked.find(({ rule }) => rule !== first.rule);
  const beside = rival ? `; ${name(rival)}: ${figures(rival)}${apart(first, rival)}` : '';
  const lowest = ranked[0] === first;
  const said = first.rule
    ? `nothing that was found does better than a plain rule${lowest ? '' : " by more than the standard error of the images' losses"}: the network of ${name(first)} is taken, with ${figures(first)}${beside}`
    : `${name(first)} is taken, with ${figures(first)}${beside}`;
  return { winner: first.place, said };
}

function apart(first: Standing, rival: Standing): string {
  const found = difference(first.score, rival.score);
  return found ? `, a difference of ${signed(found)} points` : '';
}

/** Lowest first; where two are the same, what was found, and what was found to be better. */
function byLoss(standing: readonly Standing[]): readonly Standing[] {
  return [...standing].sort((a, b) => a.loss - b.loss || a.place - b.place);
}
