import type { TrainSettings } from '../../terms/training.ts';

/** What a race takes of the training images that the winner's fine-tuning will go through. */
export const RACE_SHARE = 0.5;
/** Networks that every race has room for, however short the fine-tuning is: the best two found, uniform and L1. */
const FEWEST = 4;
/** One in so many goes on to the next round. */
const STAYS = 3;
/** Fewer steps than these rank networks worse than no training does (measured in docs/methods/race.md). */
const LEAST_STEPS = 64;

/** A round of a race: every network that is still in is cut anew and trained for so long. */
export interface Round {
  /** networks in it */
  readonly networks: number;
  /** training images that each goes through: so many of them, so many times */
  readonly images: number;
  readonly epochs: number;
}

/**
 * The rounds of a race: successive halving (Jamieson and Talwalkar 2016), each round with a third of the networks that
 * went before and as many images in all, down to two. Short fine-tuning leaves room for fewer networks than there are,
 * but always for four; none is trained for longer than the winner will be.
 * @param networks that could take part
 * @param images of the training split
 * @returns none where there are no two networks
 */
export function raceRounds(
  networks: number,
  images: number,
  { epochs, batchSize }: Pick<TrainSettings, 'epochs' | 'batchSize'>,
): readonly Round[] {
  const whole = epochs * images;
  const least = Math.min(LEAST_STEPS * batchSize, whole);
  for (let n = networks; n >= 2; n--) {
    const sizes = [n];
    while (sizes.at(-1)! > 2) sizes.push(Math.max(2, Math.ceil(sizes.at(-1)! / STAYS)));
    const fair = (RACE_SHARE * whole) / sizes.length / n;
    if (fair < least && n > FEWEST) continue;
    const each = sizes.map((size) => Math.min((Math.max(fair, least) * n) / size, whole));
    // a second training of that length would only repeat the first
    const rounds = each.findIndex((wanted) => wanted === whole) + 1 || sizes.length;
    return sizes
      .slice(0, rounds)
      .map((size, i) => ({ networks: size, ...extent(each[i], images, batchSize) }));
  }
  return [];
}

/** So many images as whole epochs: of a part of them, or of all of them several times. */
function extent(wanted: number, images: number, batchSize: number): Pick<Round, 'images' | 'epochs'> {
  if (wanted < images) return { images: Math.max(batchSize, Math.floor(wanted)), epochs: 1 };
  return { images, epochs: Math.round(wanted / images) };
}

/** Networks of plain rules in a race: some of them are mostly the same. */
const RIVALS = 7;

/** A race as far as it is known beforehand, with so many of a method's candidates. */
export function expectedRounds(
  found: number,
  images: number,
  fineTuning: Pick<TrainSettings, 'epochs' | 'batchSize'>,
): readonly Round[] {
  return found ? raceRounds(found + RIVALS, images, fineTuning) : [];
}

/** Training images that go through the networks of all rounds. */
export function racedImages(rounds: readonly Round[]): number {
  return rounds.reduce((sum, { networks, images, epochs }) => sum + networks * images * epochs, 0);
}

/** How a network is trained in a round: as it will be fine-tuned, but for the length, and without a look in between. */
export function roundSettings(fineTuning: TrainSettings, { epochs }: Round): TrainSettings {
  return { ...fineTuning, epochs, patience: 0, keepBest: undefined };
}
