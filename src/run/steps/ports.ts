import type { Recorded } from '../../data/classes.ts';
import type { Method, MethodImages } from '../../methods/types.ts';
import type { Graph, Model, Weights } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { Snapshot } from '../../runtime/types.ts';
import type { Trust } from '../../runtime/scoring/agreement.ts';
import type { TrainEvent } from '../../runtime/training/trainer.ts';
import type { ScriptLimits } from '../plan/script.ts';
import type { Augmentation, BackendChoice, DataOptions } from '../../terms/choices.ts';
import type { Sample } from '../../terms/run-events.ts';
import type { Score, Split } from '../../terms/scores.ts';
import type { TrainSettings } from '../../terms/training.ts';
import type { Stage } from '../../terms/stages.ts';

export interface TrainingOptions {
  readonly stage: Stage;
  readonly seed: number;
  /** on so many of the training images alone, and without a look at validation images in between */
  readonly images?: number;
  /** where to go on from: this training's own checkpoint */
  readonly from?: Snapshot;
  readonly signal?: AbortSignal;
}

/** What a training came to. */
export interface Trained {
  readonly weights: Weights;
  /** that it took */
  readonly epochs: number;
  /** the epoch, from 1, whose weights these are, where the best one's were kept */
  readonly best?: number;
}

/** Everything that needs images: scoring, recalibrating and training on one image set. */
export interface Trainer {
  /** what methods are given */
  readonly images: MethodImages;
  /** how the preprocessing was found, for people */
  readonly found: string;
  /** the output that labels are of, where the network has several: Graph.labelled */
  readonly labelled?: string;
  /** there are no labels: see Graph.taught */
  readonly taught?: readonly string[];
  /** what it learns by, where that is more than the class of an image, and how it scores, where that is unusual */
  readonly learns?: readonly string[];
  /** @param losses note the loss of each image, too (default false) */
  score(network: Model, split: Split, signal?: AbortSignal, losses?: boolean): Promise<Score>;
  /** the original on some of the validation images, augmented as a training would show them */
  scoreOriginal(augmentation: Augmentation, signal?: AbortSignal): Promise<Score>;
  /** the network's weights with new batch-norm statistics; the same where it has no batch norm */
  recalibrate(network: Model, signal?: AbortSignal, mostImages?: number): Promise<Weights>;
  /** trains from the network's weights */
  train(
    network: Model,
    settings: TrainSettings,
    options: TrainingOptions,
  ): AsyncGenerator<TrainEvent, Trained, void>;
  /** a few test images (validation where there is no test split) with both networks' answers */
  samples(before: Model, after: Model): Promise<Sample[]>;
  close(): Promise<void>;
}

/** Called with how far a set of images is being opened. */
export interface Opening {
  /** images of a folder found so far */
  readonly onListed?: (images: number) => void;
  /** images read so far, of all */
  readonly onRead?: (done: number, total: number) => void;
  /** images read to find out how they are resized, of so many at most */
  readonly onTried?: (done: number, most: number) => void;
}

export interface TrainerOptions extends Opening {
  readonly backend: BackendChoice;
  readonly threads?: number;
  readonly seed: number;
  /** the preprocessing that an earlier part of this run found: not looked for again */
  readonly preprocess?: MethodImages['preprocess'];
  /** the order of the classes that it found */
  readonly recorded?: Recorded;
  /** whether outputs that labels say nothing of go on answering as they do (default true) */
  readonly answers?: boolean;
  /** the set must have labels: its images are not taken without classes */
  readonly needsLabels?: boolean;
  /** look for the one that `data` names all the same; images are resized as that one says, unless `data` does */
  readonly ownPreprocess?: boolean;
  readonly signal?: AbortSignal;
}

/** What a run needs of the world; tests give their own. */
export interface RunPorts {
  loadModel(path: string): Promise<LoadedModel>;
  saveModel(source: LoadedModel, graph: Graph, weights: Weights, out: string): Promise<void>;
  method(name: string): Promise<Method>;
  openTrainer(data: DataOptions, model: LoadedModel, options: TrainerOptions): Promise<Trainer>;
  /** milliseconds an image at batch 1, median, of two networks measured in turns */
  latency(before: Model, after: Model, threads?: number, trust?: Trust): Promise<LatencyPair>;
  /** the number that a script prints for a model file */
  script(command: string, modelFile: string, limits?: ScriptLimits): Promise<number>;
}

export interface LatencyPair {
  readonly before: number;
  readonly after: number;
  readonly threads: number;
  readonly machine: string;
  /** the noise: half of all runs were within this share of the median; the larger of the two networks' */
  readonly spread?: number;
}

/** How to run: nothing that could change the result. */
export interface RunOptions extends Opening {
  readonly signal?: AbortSignal;
  /** least seconds between checkpoints within a stage; default 15 */
  readonly checkpointSeconds?: number;
  /** called once the folder stands where its checkpoint left it: from here on events only grow */
  readonly onLoaded?: () => void;
  /** seconds so far for which the run was held; they don't count as work */
  readonly heldSeconds?: () => number;
}
