import type { Graph, Weights } from '../graph/types.ts';

export type FormatName = 'keras-h5' | 'keras' | 'tfjs-layers';

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
  readonly container: Container;
}

/** The source's own configuration and files. Only its format looks inside. */
export interface Container {
  /** Keras model configuration ({class_name, config}), as in the file */
  readonly kerasConfig: unknown;
  /** raw file contents by role (h5 bytes, zip bytes, model.json text), format's own */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** One folder a format. All methods throw InputError with one sentence for a file that can't be handled. */
export interface ModelFormat {
  readonly name: FormatName;
  /** by content, not by name alone */
  detect(path: string): Promise<boolean>;
  read(path: string): Promise<LoadedModel>;
  /** Writes the pruned or retrained network in this format; atomically (temporary name, then rename). */
  write(source: LoadedModel, graph: Graph, weights: Weights, out: string): Promise<void>;
}
