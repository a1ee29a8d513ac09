import type { KeptChannels, ListedCandidate } from '../terms/candidates.ts';
import type { Curve } from '../terms/comparison/curves.ts';
import type { Raced } from '../terms/comparison/race.ts';
import type { Cost } from '../terms/cost.ts';
import type { Budget } from '../terms/goals.ts';
import type { GroupSummary, LayerSummary, ListedOf, Sample } from '../terms/run-events.ts';
import type { Score } from '../terms/scores.ts';

/** One way to the budget: the method, or a control. The first arm of a report is the run's own. */
export interface ReportArm {
  readonly name: string;
  readonly control: boolean;
  readonly chosen?: ListedCandidate;
  readonly kept?: KeptChannels;
  readonly scores: {
    readonly cut?: Score;
    readonly recalibrated?: Score;
    readonly fineTuned?: Score;
    readonly test?: Score;
  };
  readonly candidates: readonly ListedCandidate[];
  readonly generations: readonly { readonly generation: number; readonly reward: number }[];
  /** the plain rule whose network it ended with, after a race */
  readonly rule?: string;
  /** that its search ended before its time */
  readonly stopped?: Pick<ListedOf<'stopped'>, 'scored' | 'of' | 'rule' | 'epochs'>;
  /** its candidates' race with the baselines' networks */
  readonly race: readonly Raced[];
  readonly losses: readonly ListedOf<'loss'>[];
  /** of work */
  readonly seconds: number;
  readonly epochs?: number;
}

/** Everything that a run's report shows: plain data. */
export interface RunReport {
  readonly model: string;
  readonly format: string;
  readonly engine: string;
  readonly method: string;
  readonly seed: number;
  readonly effort: string;
  readonly backend?: string;
  readonly cost: Cost;
  readonly budgets: readonly Budget[];
  /** points of accuracy on validation that the result was to lose at most; the budgets are then what came of it */
  readonly accuracyDrop?: number;
  readonly data?: {
    readonly path: string;
    readonly classes: readonly string[];
    readonly unlabelled?: true;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    readonly preprocess: string;
  };
  readonly original: { readonly validation?: Score; readonly test?: Score };
  readonly latency?: ListedOf<'latency'>;
  readonly arms: readonly ReportArm[];
  /** the curves of the method and its controls; empty where the run has one point alone */
  readonly fronts: readonly Curve[];
  readonly groups: readonly GroupSummary[];
  readonly layers: readonly LayerSummary[];
  readonly samples: readonly Sample[];
  readonly warnings: readonly string[];
  readonly seconds: number;
}
