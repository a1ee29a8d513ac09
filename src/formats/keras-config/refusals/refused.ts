import { InputError } from '../../../graph/errors.ts';
import { libraryOf } from './libraries.ts';
import { operationReader, snake } from '../layers/operation.ts';
import { isOfKeras, layerReader } from '../layers/table.ts';
import type { LayerSpec, ModelSpec } from '../layer-spec.ts';

/** Layers that Keras 2 or 3 has and Espalier does not execute; where a file names no module, the name tells them. */
const KERAS = new Set(
  `LSTM GRU SimpleRNN RNN AbstractRNNCell ConvLSTM1D ConvLSTM2D ConvLSTM3D LSTMCell GRUCell SimpleRNNCell StackedRNNCells
  CuDNNLSTM CuDNNGRU Bidirectional TimeDistributed Wrapper Attention AdditiveAttention MultiHeadAttention
  GroupQueryAttention GroupedQueryAttention Embedding ReversibleEmbedding Masking RepeatVector Dot EinsumDense Conv1D Conv3D
  Conv1DTranspose Conv3DTranspose SeparableConv1D SeparableConvolution1D DepthwiseConv1D Convolution1D Convolution3D
  Convolution1DTranspose Convolution3DTranspose LocallyConnected1D LocallyConnected2D AtrousConvolution2D MaxPooling1D
  MaxPooling3D MaxPool1D MaxPool3D AveragePooling1D AveragePooling3D AvgPool1D AvgPool3D GlobalAveragePooling1D
  GlobalAveragePooling3D GlobalAvgPool1D GlobalAvgPool3D GlobalMaxPooling1D GlobalMaxPooling3D GlobalMaxPool1D
  GlobalMaxPool3D AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D
  AdaptiveMaxPooling2D AdaptiveMaxPooling3D ZeroPadding1D ZeroPadding3D Cropping1D Cropping3D UpSampling1D UpSampling3D
  SpatialDropout1D SpatialDropout3D SpectralNormalization Merge
  Highway MaxoutDense AutoContrast ContrastLimitedAdaptiveHistogramEqualization MaxNumBoundingBoxes Pipeline
  Discretization CategoryEncoding DenseFeatures Hashing HashedCrossing IntegerLookup StringLookup TextVectorization
  MelSpectrogram STFTSpectrogram TorchModuleWrapper FlaxLayer JaxLayer TFSMLayer ClassMethod
  InstanceMethod InstanceProperty TensorFlowOpLayer`.split(/\s+/),
);

/** Who made a layer that is not read, and so what can be done. */
type Kind = 'lambda' | 'lost' | 'operation' | 'keras' | 'library' | 'own';

interface Found {
  readonly path: string;
  readonly kind: Kind;
  /** what is said of it in brackets */
  readonly what: string;
  /** of a library: its name, and what to do */
  readonly from?: string;
}

/**
 * Looks at every layer before any is read, so that one refusal names all that stand in the way.
 * @throws InputError in one sentence: the layers, whose they are, and what to do
 */
export function refuseUnknownLayers(model: ModelSpec, where: string): void {
  const found: Found[] = [];
  const visit = (m: ModelSpec, prefix: string) => {
    for (const layer of m.layers) {
      const path = prefix + layer.name;
      if (layer.model) visit(layer.model, `${path}/`);
      else if (layer.className !== 'InputLayer' && !operationReader(layer) && !layerReader(layer))
        found.push({ path, ...judge(layer) });
    }
  };
  visit(model, '');
  if (found.length === 0) return;
  const parts = (['lambda', 'lost', 'operation', 'keras', 'library', 'own'] as const).flatMap((kind) => {
    const all = found.filter((f) => f.kind === kind);
    const sources = [...new Set(all.map((f) => f.from))];
    return sources.map((from) =>
      sentence(
        kind,
        all.filter((f) => f.from === from),
        from,
      ),
    );
  });
  throw new InputError(`${where}: ${parts.join('; ')}`);
}

function judge(layer: LayerSpec): Omit<Found, 'path'> {
  const { className, registered, operation } = layer;
  if (operation?.library === 'lost') return { kind: 'lost', what: className };
  if (operation)
    return {
      kind: 'operation',
      what: `${operation.library === 'keras' ? 'keras.ops' : 'tf'}, ${operation.name}`,
    };
  if (className === 'Lambda' && isOfKeras(layer)) return { kind: 'lambda', what: className };
  const library = libraryOf(layer);
  if (library) return { kind: 'library', what: className, from: library };
  if (KERAS.has(className) || (layer.module !== '' && isOfKeras(layer) && registered === undefined))
    return { kind: 'keras', what: className };
  return { kind: 'own', what: registered ?? className };
}

function sentence(kind: Kind, found: Found[], from: string | undefined): string {
  const are = (one: string, many: string) => (found.length > 1 ? `are ${many}` : `is ${one}`);
  const them = found.length > 1 ? 'them' : 'it';
  const layers = list(found, kind !== 'lambda');
  switch (kind) {
    case 'lambda':
      return `${layers} ${are('a Lambda layer', 'Lambda layers')}, whose Python code Espalier can't read; replace ${them} by standard layers`;
    case 'lost':
      return `${layers} ${are('an operation', 'operations')} of keras.ops, of which Keras 3 writes only the name to HDF5, so that Keras itself can't load this file again; save the model as .keras`;
    case 'operation':
      return `${layers} ${are('an operation', 'operations')} that Espalier does not execute${instead(found)}`;
    case 'keras':
      return `${layers} ${are('of a kind', 'of kinds')} that Keras has and Espalier does not execute`;
    case 'library':
      return `${layers} ${are('a class', 'classes')} of ${from}`;
    case 'own':
      return `${layers} ${are('a custom class', 'custom classes')} and no layer of Keras', whose Python code Espalier can't read; replace ${them} by standard layers`;
  }
}

/** What does the same as an operation that is not read, where there is such a thing. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/^(strided_slice|slice)$/, 'brackets (x[..., 1:3])'],
  [
    /^(take_along_axis|gather_nd|boolean_mask)$/,
    'brackets (x[..., 1:3]), or take or gather with whole numbers',
  ],
  [/^(hsplit|vsplit|dsplit)$/, 'split with an axis'],
  [/^(hstack|vstack|dstack)$/, 'stack or concatenate with an axis'],
  [/^depth_to_space$/, 'UpSampling2D or Conv2DTranspose'],
  [/^space_to_depth$/, 'a convolution with strides'],
  [/^where$/, 'ReLU, Maximum, Minimum or a clip'],
  [
    /^(conv|conv2d|depthwise_conv|depthwise_conv2d|separable_conv|conv_transpose)$/,
    'the layer that holds its kernel',
  ],
  [/^(batch_norm|batch_normalization|layer_norm|rms_norm|moments)$/, 'the layer that normalises so'],
];

function instead(found: readonly Found[]): string {
  const said = found.flatMap(({ what }) => {
    const name = snake(what.split(/[ .]/).at(-1)!);
    const other = INSTEAD.find(([pattern]) => pattern.test(name));
    return other ? [`instead of ${name}, use ${other[1]}`] : [];
  });
  return [...new Set(said)].map((one) => `; ${one}`).join('');
}

function list(found: readonly Found[], withClass: boolean): string {
  const shown = found.slice(0, 6).map((f) => `"${f.path}"${withClass ? ` (${f.what})` : ''}`);
  const rest = found.length - shown.length;
  if (rest > 0) shown.push(`${rest} more`);
  const last = shown.pop()!;
  return `layer${found.length > 1 ? 's' : ''} ${shown.length > 0 ? `${shown.join(', ')} and ${last}` : last}`;
}
