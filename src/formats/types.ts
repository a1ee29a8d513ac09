import type { Graph, Weights } from '../graph/types.ts';
import type { FormatName } from '../terms/written.ts';

/** A model file, read whole. `container` is the format's own: what it needs to write the model back as it came. */
export interface LoadedModel {
  readonly format: FormatName;
  /** file that was read (model.json for TensorFlow.js), or a name for a model that was made here */
  readonly path: string;
  readonly name: string;
  readonly graph: Graph;
  readonly weights: Weights;
  /** what did not survive, or was guessed; a sentence each */
  readonly warnings: readonly string[];
  /** class names, where the file carries them */
  readonly labels?: readonly string[];
  /** the file that they stand in */
  readonly labelsFrom?: string;
  /** its lines, where `labels` are these without their numbers or quotes: a class may be called "2 cent" */
  readonly labelsAsWritten?: readonly string[];
  /** files beside it that belong to it, and go where it goes */
  readonly companions?: readonly Companion[];
  /** where it came in a .zip of its files */
  readonly zipped?: Zipped;
  readonly container: Container;
}

/** A file that belongs to a model: its class names. */
export interface Companion {
  readonly name: string;
  /** its name less the model's, where it begins with that: `labels.txt` of `cnn4.labels.txt` */
  readonly own: string | null;
  readonly bytes: Uint8Array;
}

/** A model's place in a .zip. */
export interface Zipped {
  /** the entry that it is named by, `model.json` or `converted/keras_model.h5` */
  readonly member: string;
  /** all other entries that are not the model's own, as they are */
  readonly others: ReadonlyMap<string, Uint8Array>;
}

/** The source's own configuration and files. Only its format looks inside. */
export interface Container {
  /** Keras model configuration ({class_name, config}), as in the file */
  readonly kerasConfig: unknown;
  /** raw file contents by role (h5 bytes, zip bytes, model.json text), format's own */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** what the format made of the file while it read it, and needs to write it */
  readonly own?: object;
}

/** One folder a format. All methods throw InputError with one sentence for a file that can't be handled. */
export interface ModelFormat {
  readonly name: FormatName;
  /** by content, not by name alone */
  detect(path: string): Promise<boolean>;
  read(path: string): Promise<LoadedModel>;
  /** Writes the pruned or retrained network in this format; atomically (temporary name, then rename). */
  write(source: LoadedModel, graph: Graph, weights: Weights, out: string): Promise<void>;
  /** Why the file can't hold a narrower network; absent: as Keras' configuration has it. */
  refusal?(model: LoadedModel): (narrow: Graph) => string | undefined;
}
