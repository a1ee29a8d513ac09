import { InputError } from '../../graph/errors.ts';
import { layerReader } from './layers/table.ts';
import { operationReader } from './layers/operation.ts';
import type { ModelSpec } from './spec.ts';

/** Layers that Keras has and Espalier does not execute; all else that is unknown is the user's own class. */
const KERAS = new Set(
  `LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D LSTMCell GRUCell SimpleRNNCell StackedRNNCells CuDNNLSTM
  CuDNNGRU Bidirectional TimeDistributed Wrapper Attention AdditiveAttention MultiHeadAttention GroupQueryAttention
  Embedding Masking RepeatVector Dot EinsumDense Conv1D Conv3D Conv1DTranspose Conv3DTranspose SeparableConv1D
  DepthwiseConv1D Convolution1D Convolution3D LocallyConnected1D LocallyConnected2D AtrousConvolution2D MaxPooling1D
  MaxPooling3D AveragePooling1D AveragePooling3D GlobalAveragePooling1D GlobalAveragePooling3D GlobalMaxPooling1D
  GlobalMaxPooling3D AdaptiveAveragePooling2D AdaptiveMaxPooling2D ZeroPadding1D ZeroPadding3D Cropping1D Cropping3D
  UpSampling1D UpSampling3D SpatialDropout1D SpatialDropout3D GroupNormalization UnitNormalization RMSNormalization
  SpectralNormalization Merge Highway MaxoutDense Resizing CenterCrop RandomCrop RandomHeight RandomWidth Discretization
  CategoryEncoding Hashing HashedCrossing IntegerLookup StringLookup TextVectorization MelSpectrogram STFTSpectrogram
  TorchModuleWrapper FlaxLayer JaxLayer TFSMLayer SlicingOpLambda ClassMethod InstanceMethod InstanceProperty
  TensorFlowOpLayer TFOpLambda`.split(/\s+/),
);

interface Found {
  readonly path: string;
  readonly className: string;
}

/**
 * Looks at every layer before any is read, so that one refusal names all that stand in the way.
 * @throws InputError in one sentence: the layers, their classes, and what to do
 */
export function refuseUnknownLayers(model: ModelSpec, where: string): void {
  const lambdas: Found[] = [];
  const known: Found[] = [];
  const custom: Found[] = [];
  const visit = (m: ModelSpec, prefix: string) => {
    for (const layer of m.layers) {
      const found = { path: prefix + layer.name, className: layer.className };
      if (layer.model) visit(layer.model, `${found.path}/`);
      else if (layer.className === 'InputLayer' || operationReader(layer) || layerReader(layer.className))
        continue;
      else if (layer.className === 'Lambda') lambdas.push(found);
      else if (KERAS.has(layer.className) || layer.module.startsWith('keras.src.ops')) known.push(found);
      else custom.push(found);
    }
  };
  visit(model, '');
  const parts: string[] = [];
  if (lambdas.length > 0)
    parts.push(
      `${list(lambdas, false)} ${is(lambdas, 'a Lambda layer', 'Lambda layers')}, whose Python code Espalier can't read; replace ${it(lambdas)} by standard layers`,
    );
  if (known.length > 0)
    parts.push(`${list(known, true)} ${is(known, 'of a kind', 'of kinds')} that Espalier does not execute`);
  if (custom.length > 0)
    parts.push(
      `${list(custom, true)} ${is(custom, 'a custom class', 'custom classes')}, whose Python code Espalier can't read`,
    );
  if (parts.length > 0) throw new InputError(`${where}: ${parts.join('; ')}`);
}

function list(found: Found[], withClass: boolean): string {
  const shown = found.slice(0, 6).map((f) => `"${f.path}"${withClass ? ` (${f.className})` : ''}`);
  const rest = found.length - shown.length;
  if (rest > 0) shown.push(`${rest} more`);
  const last = shown.pop()!;
  return `layer${found.length > 1 ? 's' : ''} ${shown.length > 0 ? `${shown.join(', ')} and ${last}` : last}`;
}

const is = (found: Found[], one: string, many: string) => (found.length > 1 ? `are ${many}` : `is ${one}`);
const it = (found: Found[]) => (found.length > 1 ? 'them' : 'it');
