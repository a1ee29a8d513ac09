import type { Sweep } from '../rl/sweep.ts';
import type { Architecture } from '../../terms/candidates.ts';

/** What an agent prunes: rules, and what comes of an architecture. A network in training, or a toy. */
export interface Environment {
  readonly sweep: Sweep;
  /** the reward of a finished episode, at the environment as it is now; 0 to 1 */
  reward(architecture: Architecture): Promise<number>;
}
