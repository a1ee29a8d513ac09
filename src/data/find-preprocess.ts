import { InputError } from '../graph/errors.ts';
import { PREPROCESSES, standardise, suits } from './pixels/preprocess.ts';
import type { Split } from './types.ts';
import type { Preprocess } from '../terms/images.ts';

export interface Score {
  /** in percent */
  readonly accuracy: number;
  readonly loss: number;
  /** images that it was measured on */
  readonly images: number;
}

export interface FoundPreprocess {
  readonly preprocess: Preprocess;
  /**
   * sure: ahead of every other by more than 3 standard errors of the difference. likely: ahead, but within them (its
   * loss decided). unsure: no candidate is better than guessing, and `otherwise` was taken.
   */
  readonly sureness: 'sure' | 'likely' | 'unsure';
  /** lead over the runner-up in accuracy, in standard errors of the difference; 0 if unsure */
  readonly lead: number;
  /** one sentence for people */
  readonly reason: string;
  /** best first */
  readonly table: readonly ({ readonly preprocess: Preprocess } & Score)[];
}

/** The common preprocessings that these images can have, this training set's own among them. */
export async function commonPreprocesses(train: Split): Promise<Preprocess[]> {
  const named = Object.values(PREPROCESSES).filter((p) => suits(p, train.channels));
  return [...named, await standardise(train)];
}

/** Standard errors by which one must lead to be surely ahead. */
export const SURE = 3;

/**
 * Which preprocessing a trained network expects: scores a labelled sample (of training or validation, never of test)
 * under each candidate.
 * @param scoreWith accuracy and loss of the network on one fixed sample under this preprocessing
 * @param classes of the data set: 100 / classes percent is what guessing gets
 * @param otherwise what is taken where none does better than guessing
 */
export async function findPreprocess(
  scoreWith: (preprocess: Preprocess) => Promise<Score>,
  candidates: readonly Preprocess[],
  classes: number,
  otherwise: 'unit' | 'raw' = 'unit',
): Promise<FoundPreprocess> {
  if (candidates.length === 0) throw new InputError('No preprocessing suits these images.');
  const table: ({ preprocess: Preprocess } & Score)[] = [];
  for (const preprocess of candidates) table.push({ preprocess, ...(await scoreWith(preprocess)) });
  table.sort((a, b) => b.accuracy - a.accuracy || finite(a.loss) - finite(b.loss));
  const top = table[0];
  if (!beatsGuessing(top, classes)) {
    const taken = candidates.find((p) => p.name === otherwise) ?? top.preprocess;
    const why = otherwise === 'raw' ? ', because its first layer scales pixels' : '';
    return {
      preprocess: taken,
      sureness: 'unsure',
      lead: 0,
      reason: `No preprocessing does better than guessing (best: ${top.preprocess.name}, ${percent(top.accuracy)} of ${top.images} images), so the network seems untrained or the classes are in another order; took ${taken.name}${why}.`,
      table,
    };
  }
  // all that chance alone could have put behind the top one; the loss tells them apart
  const close = table.filter((row) => lead(top, row) <= SURE);
  const best = close.reduce((a, b) => (finite(b.loss) < finite(a.loss) ? b : a));
  const others = table.filter((row) => row !== best);
  const runnerUp = others[0];
  if (!runnerUp)
    return {
      preprocess: best.preprocess,
      sureness: 'sure',
      lead: Infinity,
      reason: 'The only candidate.',
      table,
    };
  const ahead = lead(best, runnerUp);
  const sure = close.length === 1;
  const gets = `${best.preprocess.name} gets ${percent(best.accuracy)} of ${best.images} images right`;
  const next = `${runnerUp.preprocess.name} ${percent(runnerUp.accuracy)}`;
  return {
    preprocess: best.preprocess,
    sureness: sure ? 'sure' : 'likely',
    lead: Math.max(0, ahead),
    reason: sure
      ? `${gets}, the next, ${next}: ${ahead.toFixed(1)} standard errors behind.`
      : `${gets}, ${next}: too close to be sure, taken for its lower loss (${best.loss.toFixed(3)} against ${runnerUp.loss.toFixed(3)}).`,
    table: [best, ...others],
  };
}

/** A loss as it is compared. */
export function finite(loss: number): number {
  return Number.isFinite(loss) ? loss : Infinity;
}

/** Of an accuracy in percent over n images. */
function standardError(accuracy: number, n: number): number {
  const p = accuracy / 100;
  // at 0 and 100 % the formula says 0; a sample never knows that well
  return 100 * Math.sqrt(Math.max(p * (1 - p), 1 / (n + 2)) / n);
}

/** How far one is ahead of another, in standard errors of the difference. */
export function lead(a: Score, b: Score): number {
  return (
    (a.accuracy - b.accuracy) /
    Math.hypot(standardError(a.accuracy, a.images), standardError(b.accuracy, b.images))
  );
}

/** Whether an accuracy is more than chance gets. */
export function beatsGuessing({ accuracy, images }: Score, classes: number): boolean {
  const guessing = 100 / classes;
  return accuracy - guessing > SURE * standardError(guessing, images);
}

/** For people. */
export function percent(accuracy: number): string {
  return `${accuracy.toFixed(1)} %`;
}
