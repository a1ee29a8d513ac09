import { InputError } from '../../graph/errors.ts';
import { inferShapes } from '../../graph/shapes.ts';
import type { Graph } from '../../graph/types.ts';
import { isObject } from '../keras-config/plain.ts';
import { shown } from '../json/python-json.ts';

type Json = Record<string, unknown>;

/** Layers of TensorFlow.js 4.22 that Espalier's graph knows. */
const layers = new Set(
  `InputLayer Functional Model Sequential Conv2D Conv2DTranspose DepthwiseConv2D SeparableConv2D Dense
  BatchNormalization LayerNormalization Activation ReLU LeakyReLU ThresholdedReLU ELU PReLU Softmax Add Multiply
  Maximum Minimum Average Concatenate Flatten Reshape Permute MaxPooling2D AveragePooling2D GlobalAveragePooling2D
  GlobalMaxPooling2D ZeroPadding2D Cropping2D UpSampling2D Rescaling Dropout AlphaDropout GaussianNoise
  GaussianDropout`.split(/\s+/),
);

/** The same layer by another name, or one that does the same when not training. */
const aliases: Readonly<Record<string, string>> = {
  BatchNormalizationV1: 'BatchNormalization',
  BatchNormalizationV2: 'BatchNormalization',
  SpatialDropout2D: 'Dropout',
  MaxPool2D: 'MaxPooling2D',
  AvgPool2D: 'AveragePooling2D',
};

const activations = new Set(
  'elu selu relu relu6 linear sigmoid hard_sigmoid softplus softsign tanh softmax gelu mish swish'.split(' '),
);

const initializers = new Set(
  `Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LeCunNormal LeCunUniform Ones Orthogonal
  RandomNormal RandomUniform TruncatedNormal Zeros`.split(/\s+/),
);

/**
 * Settings that TensorFlow.js has no notion of, or passes over in these layers; any value but these would change the
 * result.
 */
const ignored: Readonly<Record<string, readonly unknown[]>> = {
  groups: [1],
  keepdims: [false],
  negative_slope: [0],
  threshold: [0],
  'ELU.alpha': [1],
  'DepthwiseConv2D.dilation_rate': [1, '[1,1]'],
  'Conv2DTranspose.dilation_rate': [1, '[1,1]'],
  'Conv2DTranspose.output_padding': [],
  // it aligns the corners of bilinear samples otherwise
  'UpSampling2D.interpolation': ['nearest'],
};

/** Kinds of numbers that its tensors can be of. */
const dtypes = new Set(['float32', 'int32', 'bool']);

/**
 * A configuration of Keras 2's dialect as TensorFlow.js loads it. What only matters before training (initializers,
 * regularizers that it doesn't know) is replaced; what would change the result is refused.
 * @param graph the network, which tells what a negative axis is
 * @throws InputError naming the layer that TensorFlow.js can't have
 */
export function asTfjs(config: unknown, where: string, graph: Graph): unknown {
  const shapes = inferShapes(graph);
  const nodes = new Map(graph.nodes.map((node) => [node.layer, node]));
  return model(config, '');

  function model(entry: unknown, prefix: string): unknown {
    if (!isObject(entry)) return entry;
    const inner = entry.config;
    const all = (layers: readonly unknown[]) => layers.map((layer) => layerEntry(layer, prefix));
    if (Array.isArray(inner)) return { ...entry, config: all(inner) };
    if (!isObject(inner) || !Array.isArray(inner.layers)) return entry;
    return { ...entry, config: { ...inner, layers: all(inner.layers) } };
  }

  function layerEntry(entry: unknown, prefix: string): unknown {
    if (!isObject(entry) || !isObject(entry.config)) return entry;
    const given = String(entry.class_name);
    const className = aliases[given] ?? given;
    const name = prefix + String(entry.name ?? entry.config.name);
    const refuse = (why: string): never => {
      throw new InputError(`"${where}" can't be written for TensorFlow.js: layer "${name}" ${why}`);
    };
    if (!layers.has(className)) refuse(`is a ${given}, which TensorFlow.js does not have`);
    if (className === 'Sequential' || 'layers' in entry.config) return model(entry, `${name}/`);
    const config: Json = {};
    for (const [key, value] of Object.entries(entry.config)) {
      const known = ignored[`${className}.${key}`] ?? ignored[key];
      const own = key === 'threshold' && className === 'ThresholdedReLU';
      const plain = Array.isArray(value) ? JSON.stringify(value) : value;
      if (known && !own && value !== null && value !== undefined && !known.includes(plain))
        refuse(`has ${key} ${shown(value)}, which TensorFlow.js does not know`);
      config[key] = setting(key, value, refuse);
      if (endless(config[key]))
        refuse(`has ${key} ${shown(value)}, and TensorFlow.js writes finite numbers alone`);
    }
    const node = nodes.get(name);
    const rank = node && shapes[node.id].length;
    // a negative axis is always the last one there
    if (className === 'Concatenate' && node?.op.kind === 'concat') config.axis = node.op.axis + 1;
    // it works a -1 out only where the size of the batch is known as well
    if (className === 'Reshape' && node?.op.kind === 'reshape') config.target_shape = [...node.op.target];
    if (node?.op.kind === 'softmax' && node.op.axis !== rank! - 1)
      refuse('is a softmax over another axis than the last, which TensorFlow.js does not compute');
    if (merges.has(className) && (node?.inputs.length ?? 2) < 2)
      refuse('merges a single tensor, which TensorFlow.js does not do');
    if (typeof config.dtype === 'string' && !dtypes.has(config.dtype)) config.dtype = 'float32';
    return { ...entry, class_name: className, config };
  }
}

/** Whether a number is within that JSON has none for. */
function endless(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return value !== null && typeof value === 'object' && Object.values(value).some(endless);
}

const merges = new Set('Add Multiply Maximum Minimum Average Concatenate'.split(' '));

function setting(key: string, value: unknown, refuse: (why: string) => never): unknown {
  if (key === 'activation' && typeof value === 'string') {
    const activation = value === 'silu' ? 'swish' : value;
    return activations.has(activation)
      ? activation
      : refuse(`has the activation ${value}, which TensorFlow.js lacks`);
  }
  if (!isObject(value)) return value;
  if (key.endsWith('_initializer')) return initializer(value);
  if (key.endsWith('_regularizer')) return regularizer(value);
  if (key.endsWith('_constraint')) return null;
  return value;
}

function initializer(value: Json): Json {
  if (initializers.has(String(value.class_name))) return value;
  const config = isObject(value.config) ? value.config : {};
  if (value.class_name === 'VarianceScaling') {
    const distribution = String(config.distribution).includes('uniform') ? 'uniform' : 'normal';
    return { ...value, config: { ...config, distribution } };
  }
  return { class_name: 'GlorotUniform', config: {} };
}

function regularizer(value: Json): Json | null {
  const config = isObject(value.config) ? value.config : {};
  if (!/^(l1|l2|l1l2)$/i.test(String(value.class_name))) return null;
  return { class_name: 'L1L2', config: { l1: config.l1 ?? 0, l2: config.l2 ?? 0 } };
}
