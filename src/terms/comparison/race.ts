import type { ListedCandidate } from '../candidates.ts';
import type { ListedOf } from '../run-events.ts';
import { rankCorrelation } from './rank-correlation.ts';
import type { RankCorrelation } from './rank-correlation.ts';

type Turn = ListedOf<'raced'>;

/** A network of a race, with its turns. */
export interface Raced {
  readonly candidate: ListedCandidate;
  /** one a round for as long as it was in */
  readonly turns: readonly Turn[];
  /** training images of all rounds that it was in */
  readonly images: number;
}

/** A race as it stands: who came farthest first, and of those the lowest loss. */
export function raceTable(turns: readonly Turn[], candidates: readonly ListedCandidate[]): readonly Raced[] {
  const by = new Map<number, Turn[]>();
  for (const turn of turns) by.set(turn.id, [...(by.get(turn.id) ?? []), turn]);
  const raced = candidates.flatMap((candidate) => {
    const own = by.get(candidate.id);
    if (!own) return [];
    return [{ candidate, turns: own, images: own.reduce((sum, { images }) => sum + images, 0) }];
  });
  const last = ({ turns }: Raced) => turns.at(-1)!.score.loss;
  return raced.sort((a, b) => b.turns.length - a.turns.length || last(a) - last(b));
}

/** How well the scores before training ranked the first round's networks; null where there is too little to say. */
export function foretold(raced: readonly Raced[]): (RankCorrelation & { readonly networks: number }) | null {
  const known = raced.filter(({ candidate }) => candidate.accuracies.recalibrated !== undefined);
  const found = rankCorrelation(
    known.map(({ candidate }) => candidate.accuracies.recalibrated!),
    known.map(({ turns }) => -turns[0].score.loss),
  );
  return found && { ...found, networks: known.length };
}
