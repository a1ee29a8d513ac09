import type { Budget, Candidate } from '../../methods/types.ts';
import type { Architecture, Cost } from '../../graph/types.ts';
import type { Preprocess } from '../../data/types.ts';
import type { Numerics } from '../../runtime/backend/numerics.ts';
import type { Measure, Score, TrainSettings } from '../../runtime/types.ts';
import type { Written } from './written.ts';

/** A channel group as events and reports show it. */
export interface GroupSummary {
  readonly id: string;
  readonly size: number;
  readonly frozen?: string;
  /** the layers that make its channels */
  readonly producers: readonly string[];
}

/** One layer with a width of its own, for the channel diff. */
export interface LayerSummary {
  readonly layer: string;
  readonly type: string;
  /** index of the group that its output channels are of */
  readonly group: number;
  readonly macs: number;
  readonly params: number;
}

/** Where a score was taken. */
export type Step = 'original' | 'cut' | 'recalibrated' | 'fineTuned' | 'test';

/** What a run tells and records. JSON-safe. */
export type RunEventBody =
  | {
      readonly type: 'opened';
      readonly model: { readonly name: string; readonly path: string; readonly format: string };
      readonly cost: Cost;
      readonly groups: readonly GroupSummary[];
      readonly layers: readonly LayerSummary[];
    }
  | {
      readonly type: 'backend';
      readonly name: string;
      readonly why: string;
      readonly threads: number;
      readonly computedBy?: Numerics;
    }
  | {
      readonly type: 'data';
      readonly path: string;
      readonly form: string;
      readonly classes: readonly string[];
      /** see ImageSet */
      readonly classesFrom?: string;
      readonly recordedClasses?: readonly string[];
      readonly train: number;
      readonly validation: number;
      readonly test: number;
      readonly preprocess: Preprocess;
      readonly found: string;
      /** of the image set's names and contents */
      readonly digest?: string;
    }
  | { readonly type: 'budgets'; readonly budgets: readonly Budget[]; readonly roundTo?: number }
  | {
      readonly type: 'arm';
      readonly arm: string;
      readonly control: boolean;
      /** how the method ranks its candidates, where it has a reward (src/methods/rewarded-meta/reward.ts) */
      readonly reward?: unknown;
    }
  | { readonly type: 'stage'; readonly arm?: string; readonly stage: string; readonly message: string }
  | {
      readonly type: 'progress';
      readonly arm?: string;
      readonly stage: string;
      readonly done: number;
      readonly total: number;
      readonly unit: string;
      readonly imagesPerSecond?: number;
      readonly secondsLeft?: number;
    }
  | {
      readonly type: 'loss';
      readonly arm?: string;
      readonly stage: string;
      readonly epoch: number;
      readonly loss: number;
      readonly accuracy?: number;
      /** what the accuracy is, where it isn't plain accuracy */
      readonly measure?: Measure;
    }
  | { readonly type: 'candidate'; readonly arm: string; readonly candidate: Candidate }
  | {
      readonly type: 'generation';
      readonly arm: string;
      readonly generation: number;
      readonly best: number;
      readonly reward: number;
    }
  | {
      readonly type: 'metric';
      readonly arm: string;
      /** a curve of the method's own */
      readonly name: string;
      readonly step: number;
      readonly value: number;
    }
  | {
      readonly type: 'widths';
      readonly arm: string;
      readonly step: number;
      readonly architecture: Architecture;
    }
  | { readonly type: 'chosen'; readonly arm: string; readonly candidate: Candidate }
  | { readonly type: 'fineTuning'; readonly arm: string; readonly settings: TrainSettings }
  | {
      readonly type: 'score';
      /** absent: the original */
      readonly arm?: string;
      readonly step: Step;
      readonly split: 'validation' | 'test';
      readonly score: Score;
    }
  | {
      readonly type: 'latency';
      /** milliseconds an image at batch 1, median */
      readonly before: number;
      readonly after: number;
      readonly threads: number;
      readonly machine: string;
      /** half of all runs were within this share of the median */
      readonly spread?: number;
      /** absent: of the run's own result */
      readonly arm?: string;
    }
  | { readonly type: 'samples'; readonly samples: readonly Sample[] }
  | { readonly type: 'warning'; readonly arm?: string; readonly message: string }
  | ({ readonly type: 'written' } & Written)
  /** `arm`: of an extra arm; absent: of the run itself */
  | { readonly type: 'done'; readonly arm?: string };

/** A test image with what the network says of it, before and after. */
export interface Sample {
  /** PNG data URI */
  readonly image: string;
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** An event of a run. Progress passes by; all else is recorded: `seq` is its line in events.jsonl. */
export type RunEvent = RunEventBody & {
  readonly seq?: number;
  /** seconds of work since the run began, pauses left out */
  readonly at?: number;
};
