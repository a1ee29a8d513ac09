import type { ImageSet } from '../data/types.ts';
import type { Dependencies, Graph, Weights } from '../graph/types.ts';
import type { Random } from '../graph/random.ts';
import type { Trust } from '../runtime/scoring/agreement.ts';
import type { Teacher } from '../runtime/training/teacher.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { Backend, Snapshot } from '../runtime/types.ts';
import type { Preprocess } from '../terms/images.ts';
import type { Architecture, Candidate } from '../terms/candidates.ts';
import type { Augmentation, Effort } from '../terms/choices.ts';
import type { Budget } from '../terms/goals.ts';
import type { ArmEvent } from '../terms/run-events.ts';

/** What a method tells while it works. JSON-safe but for `checkpoint`. */
export type MethodEvent =
  | ArmEvent<'stage' | 'progress' | 'loss' | 'candidate' | 'generation' | 'metric' | 'widths' | 'warning'>
  /** a point from which the method can go on; `take` is called at once or not at all */
  | { readonly type: 'checkpoint'; readonly take: () => Promise<Snapshot> | Snapshot }
  /** at the goal, once for all points: what the cheaper ones go on from (Curve); `take` is called at once or not at all */
  | { readonly type: 'learned'; readonly take: () => Snapshot };

/** What a method is given. It knows nothing of processes, files or windows. */
export interface MethodContext {
  readonly graph: Graph;
  readonly weights: Weights;
  readonly dependencies: Dependencies;
  /** all must hold; at least one */
  readonly budgets: readonly Budget[];
  readonly random: Random;
  /** validated by the method's own schema */
  readonly settings: unknown;
  /** absent where the method needs no images and none were given */
  readonly images?: MethodImages;
  /** where to go on from, as the method's own checkpoint event gave it */
  readonly resume?: Snapshot;
  /** widths are rounded to multiples of this (1: any) */
  readonly roundTo: number;
  /** the points of a run whose method serves them all with one search; absent where each is searched for itself */
  readonly curve?: Curve;
  /**
   * Measures a candidate by a budget that no function of the widths gives (latency, script), in the budget's unit. A
   * script may fail, hang or print rubbish: then why, in words. Every call measures anew.
   */
  readonly evaluate?: Evaluate;
}

/** The points of a run, as shares of the goal's limits. Every budget of such a run is a function of the widths. */
export interface Curve {
  /** the cheaper ones, each below 1 */
  readonly points: readonly number[];
  /** the one that is searched for: 1 is the goal */
  readonly share: number;
  /** at a cheaper one: what the goal's search has learned, so that there is nothing left to search */
  readonly learned?: Snapshot;
}

export type Evaluate = (
  budget: Budget,
  candidate: Pick<Candidate, 'architecture' | 'kept'>,
  options?: { readonly seconds?: number },
) => Promise<number | { readonly failed: string }>;

export interface MethodImages {
  readonly set: ImageSet;
  readonly preprocess: Preprocess;
  readonly backend: Backend;
  /** how far ONNX Runtime is believed for this network; default: as it is */
  readonly trust?: Trust;
  /** gives the original's answers for outputs that labels say nothing of; absent where there are none */
  readonly teacher?: Pick<Teacher | KeptAnswers, 'answer'>;
}

/** What a method ends with. The run cuts, recalibrates, fine-tunes and tests it, the same for every method. */
export interface Outcome {
  readonly chosen: Candidate;
  /** weights of the narrow network where the method made them (a PruningNet); else they are cut from the source */
  readonly weights?: Weights;
  /** what is to race, of all its candidates; absent where its choice is the result */
  readonly race?: Entries;
  /** absent where it did all that it had planned */
  readonly stopped?: Stopped;
}

/** That a search ended before its time, since nothing that it found was ahead of the plain rules' networks. */
export interface Stopped {
  /** candidates that were scored */
  readonly scored: number;
  /** of so many */
  readonly of: number;
  /** the best of the rules */
  readonly rule: string;
  /** what was left undone */
  readonly spared: Work;
}

/** What a method enters for the race with the baselines (src/run/steps/race.ts). */
export interface Entries {
  /** the best of what it found, all within the budgets, best first; the chosen one is the first */
  readonly finalists: readonly Candidate[];
  /** the id of the next candidate: so many were reported */
  readonly nextId: number;
}

/** One pruning method. Settings schemas are zod objects with a default for every field. */
export interface Method<S = unknown> {
  readonly name: string;
  /** one line for help texts */
  readonly summary: string;
  readonly needsImages: boolean;
  /** one search serves all points of a run (MethodContext.curve), at these settings; absent: none does */
  serves?(settings: S): boolean;
  /** takes budgets on latency and scripts as they are, by `evaluate`; else it is given MACs that stand in for them */
  readonly measures?: boolean;
  /**
   * It makes weights of its own: `search` to rank its candidates by, or `joint`, trained together with the choice, which
   * is what the method is about. Absent: it makes none.
   */
  readonly weights?: 'search' | 'joint';
  /** validates settings, filling in defaults for this effort; throws InputError */
  settings(given: Readonly<Record<string, unknown>>, effort: Effort, context: SettingsContext): S;
  run(context: MethodContext): AsyncGenerator<MethodEvent, Outcome, void>;
  /** the narrowest network that it can end with, whatever its settings; absent: any width that rounding allows */
  narrowest?(dependencies: Dependencies, roundTo: number): Architecture;
  /** how it ranks candidates (RewardSpec), for those who rank them anew; absent where it has no reward */
  reward?(settings: S, context: Pick<WorkContext, 'graph' | 'dependencies' | 'budgets'>): unknown;
  /** how many of its candidates race with the baselines, the chosen one among them; 0 or absent: its choice is the result */
  raced?(settings: S): number;
  /** what it will do at these settings; throws InputError where it can't work within these budgets */
  work?(settings: S, context: WorkContext): Work;
}

/** What a method needs to know to say something of its work before it does any. */
export interface WorkContext extends Pick<
  MethodContext,
  'graph' | 'dependencies' | 'budgets' | 'roundTo' | 'curve'
> {
  /** images of the splits; absent where there are none */
  readonly images?: { readonly train: number; readonly validation: number };
}

/** Work in images, for a prediction of its time (src/run/estimate/time.ts). */
export interface Work {
  /** through training steps: forward, backward, update */
  readonly trained: readonly ImageWork[];
  /** through batch-norm recalibration: forward on the backend */
  readonly recalibrated: readonly ImageWork[];
  /** through scoring (ONNX Runtime) */
  readonly scored: readonly ImageWork[];
  /** networks that are opened for scoring */
  readonly opened: number;
  /** seconds of one core besides, which no number of images gives: an agent's own learning */
  readonly seconds?: number;
}

export interface ImageWork {
  readonly images: number;
  /** MACs of the network that they go through, over the original's */
  readonly share: number;
  /** trained op by op: where shapes change from step to step, or a few steps are all (else as one graph, which is quicker) */
  readonly opByOp?: true;
}

/** What a method may look at to choose its defaults. */
export interface SettingsContext {
  readonly graph: Graph;
  readonly dependencies: Dependencies;
  readonly trainImages: number;
  /** true where the source's weights are untrained (made by `espalier new`) */
  readonly untrained: boolean;
  /** what the user asked for in training; a method's own training does the same */
  readonly augmentation?: Augmentation;
}
