import type { KeptChannels } from '../terms/candidates.ts';
import type { Cost } from '../terms/cost.ts';

/** Accuracy in percent and mean cross-entropy over so many images. */
export interface ReportScore {
  readonly accuracy: number;
  readonly loss: number;
  readonly images: number;
  /** what the accuracy is, where it isn't plain accuracy */
  readonly measure?: string;
  /** how far outputs without labels are from the original's answers */
  readonly outputs?: readonly { readonly name: string; readonly loss: string; readonly value: number }[];
}

export interface ReportGroup {
  readonly id: string;
  readonly size: number;
  readonly frozen?: string;
  readonly producers: readonly string[];
}

export interface ReportLayer {
  readonly layer: string;
  readonly type: string;
  /** index in groups */
  readonly group: number;
  readonly macs: number;
  readonly params: number;
}

export interface ReportCandidate {
  readonly id: number;
  readonly origin: string;
  readonly cost: Cost;
  readonly accuracies: { readonly cut?: number; readonly recalibrated?: number; readonly fineTuned?: number };
  readonly reward?: number;
}

export interface ReportLoss {
  readonly stage: string;
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy?: number;
}

/** One way to the budget: the method, or a control. The first arm of a report is the run's own. */
export interface ReportArm {
  readonly name: string;
  readonly control: boolean;
  readonly chosen?: ReportCandidate;
  readonly kept?: KeptChannels;
  readonly scores: {
    readonly cut?: ReportScore;
    readonly recalibrated?: ReportScore;
    readonly fineTuned?: ReportScore;
    readonly test?: ReportScore;
  };
  readonly candidates: readonly ReportCandidate[];
  readonly generations: readonly { readonly generation: number; readonly reward: number }[];
  readonly losses: readonly ReportLoss[];
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
  readonly budgets: readonly {
    readonly metric: string;
    readonly limit: number;
    readonly original: number;
  }[];
  readonly data?: {
    readonly path: string;
    readonly classes: readonly string[];
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    readonly preprocess: string;
  };
  readonly original: { readonly validation?: ReportScore; readonly test?: ReportScore };
  readonly latency?: {
    readonly before: number;
    readonly after: number;
    readonly threads: number;
    readonly machine: string;
    /** half of all runs were within this share of the median */
    readonly spread?: number;
  };
  readonly arms: readonly ReportArm[];
  readonly groups: readonly ReportGroup[];
  readonly layers: readonly ReportLayer[];
  readonly samples: readonly {
    readonly image: string;
    readonly label: string;
    readonly before: string;
    readonly after: string;
  }[];
  readonly warnings: readonly string[];
  readonly seconds: number;
}
