// A configuration's layers as they are written down, before anything is made of them.

/** One output of one call of a layer. */
export interface TensorRef {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** A positional or named argument of a call: a tensor of the model, or a constant. */
export type Argument = { readonly tensor: TensorRef } | { readonly constant: unknown };

/** One call of a layer: its arguments, lists of tensors flattened. */
export interface Call {
  readonly args: readonly Argument[];
  readonly kwargs: Readonly<Record<string, Argument>>;
}

export interface LayerSpec {
  readonly name: string;
  readonly className: string;
  /** Keras 3 and late tf.keras: the Python module, "keras.layers" */
  readonly module: string;
  /** "Package>Class", where its author registered it */
  readonly registered?: string;
  /** a function that Keras recorded as a layer, and not the layer of its name */
  readonly operation?: Operation;
  readonly config: Record<string, unknown>;
  /** of a functional model; empty in a Sequential, whose layers are called in order */
  readonly calls: readonly Call[];
  /** of a layer that is itself a model */
  readonly model?: ModelSpec;
}

/**
 * Which function a layer is: "numpy.Mean" of keras.ops, "math.reduce_mean" of tf. `lost`: Keras 3 wrote keras.ops to
 * HDF5 by the class's name alone.
 */
export interface Operation {
  readonly library: 'keras' | 'tensorflow' | 'lost';
  readonly name: string;
}

export interface ModelSpec {
  readonly kind: 'sequential' | 'functional';
  readonly name: string;
  readonly layers: readonly LayerSpec[];
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
  readonly trainable: boolean;
  /** of a Sequential that was built without an input layer, batch axis included */
  readonly buildShape?: unknown;
}
