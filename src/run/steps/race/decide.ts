import { difference } from '../../../terms/comparison/answers.ts';
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

/** Rules that take part in every race: hard to beat, whatever their networks score before any training. */
const ALWAYS = ['uniform', 'l1'];

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

/** The best of a round, as many as stay in, the best of the rules' among them; in the contenders' order. */
export function survivors(standing: readonly Standing[], room: number): number[] {
  const ranked = byLoss(standing);
  const stay = ranked.slice(0, room);
  const rule = ranked.find((one) => one.rule);
  if (rule && !stay.includes(rule)) stay[stay.length - 1] = rule;
  return stay.map(({ place }) => place).sort((a, b) => a - b);
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
  const [first] = byLoss(standing);
  const name = ({ place, rule }: Standing) =>
    rule ? contenders[place].origin : `candidate ${contenders[place].id}`;
  const figures = ({ loss, score }: Standing) =>
    `a validation loss of ${loss.toFixed(3)} (${score.accuracy.toFixed(1)} %)`;
  const rival = byLoss(standing).find(({ rule }) => rule !== first.rule);
  const beside = rival ? `; ${name(rival)}: ${figures(rival)}${apart(first, rival)}` : '';
  const said = first.rule
    ? `nothing that was found does better than a plain rule: the network of ${name(first)} is taken, with ${figures(first)}${beside}`
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
