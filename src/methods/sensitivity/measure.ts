import { fullArchitecture } from '../../graph/architecture.ts';
import type { Dependencies } from '../../graph/types.ts';
import type { MethodEvent } from '../types.ts';
import type { Cutter } from './cutter.ts';
import { architectureAt } from './levels.ts';
import type { Cut } from './levels.ts';
import type { Measured } from './measured.ts';

/** How much a network minds that one group alone is narrowed. */
export interface Sensitivity {
  readonly whole: Measured;
  /** one a cut, in their order */
  readonly cuts: readonly (Cut & Measured)[];
}

/**
 * Measures the network whole, and at each of the cuts. Progress after every one; what was measured stands in `scores` by
 * then, so that who keeps them can go on from there to the same result.
 * @param scores what was measured before: the whole network first, then the cuts in their order; grows
 * @throws Interrupted once the signal is aborted
 */
export async function* measureSensitivity(
  dependencies: Dependencies,
  cutter: Pick<Cutter, 'score'>,
  cuts: readonly Cut[],
  scores: Measured[],
  signal?: AbortSignal,
): AsyncGenerator<Extract<MethodEvent, { type: 'progress' }>, Sensitivity, void> {
  const total = 1 + cuts.length;
  while (scores.length < total) {
    const architecture = scores.length
      ? architectureAt(dependencies, cuts[scores.length - 1])
      : fullArchitecture(dependencies);
    scores.push(await cutter.score(architecture, signal));
    yield { type: 'progress', stage: 'sensitivity', done: scores.length, total, unit: 'candidates' };
  }
  const [whole, ...rest] = scores;
  return { whole, cuts: cuts.map((cut, i) => ({ ...cut, ...rest[i] })) };
}
