import type { LayerCall } from '../layer-call.ts';
import type { LayerSpec } from '../layer-spec.ts';
import type { Op, OpKind } from '../../../graph/types.ts';
import type { FieldWriter, WrittenLayer } from '../written.ts';
import { activationLayer, preluLayer } from './activation.ts';
import { customScaleLayer, layerScale, layerScaleFields } from './applications.ts';
import {
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  separableConv2d,
  transposedFields,
} from './conv.ts';
import { concatenate, merge } from './merge.ts';
import {
  batchNormalization,
  groupNormalization,
  groupNormFields,
  layerNormalization,
  rmsNormalization,
  unitNormalization,
} from './norm.ts';
import { constantFields, normalization, rescaling } from './normalization.ts';
import { positionFields } from './picking/written.ts';
import { targetFields } from './rearrange.ts';
import { centerCrop, randomCrop, resizing, upSampling } from './resizing.ts';
import {
  augmentation,
  cropping,
  dropout,
  flatten,
  globalPool,
  identity,
  inTrainingOnly,
  permute,
  pool,
  reshape,
  zeroPadding,
} from './shape.ts';

/** Reads one call of a layer into nodes, and returns the id of its value. */
export type LayerReader = (call: LayerCall) => string;

const READERS: Readonly<Record<string, LayerReader>> = {
  Conv2D: conv2d,
  Convolution2D: conv2d,
  DepthwiseConv2D: depthwiseConv2d,
  SeparableConv2D: separableConv2d,
  SeparableConvolution2D: separableConv2d,
  Conv2DTranspose: conv2dTranspose,
  Convolution2DTranspose: conv2dTranspose,
  Dense: dense,
  BatchNormalization: batchNormalization,
  BatchNormalizationV1: batchNormalization,
  BatchNormalizationV2: batchNormalization,
  SyncBatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  UnitNormalization: unitNormalization,
  RMSNormalization: rmsNormalization,
  Activation: activationLayer,
  ReLU: activationLayer,
  LeakyReLU: activationLayer,
  ThresholdedReLU: activationLayer,
  ELU: activationLayer,
  Softmax: activationLayer,
  PReLU: preluLayer,
  Add: merge('add'),
  Subtract: merge('subtract'),
  Multiply: merge('multiply'),
  Maximum: merge('maximum'),
  Minimum: merge('minimum'),
  Average: merge('average'),
  Concatenate: concatenate,
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  MaxPooling2D: pool('maxPool'),
  MaxPool2D: pool('maxPool'),
  AveragePooling2D: pool('avgPool'),
  AvgPool2D: pool('avgPool'),
  GlobalAveragePooling2D: globalPool('globalAvgPool'),
  GlobalAvgPool2D: globalPool('globalAvgPool'),
  GlobalMaxPooling2D: globalPool('globalMaxPool'),
  GlobalMaxPool2D: globalPool('globalMaxPool'),
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  UpSampling2D: upSampling,
  Rescaling: rescaling,
  Normalization: normalization,
  Resizing: resizing,
  CenterCrop: centerCrop,
  RandomCrop: randomCrop,
  Dropout: dropout(false),
  AlphaDropout: inTrainingOnly,
  SpatialDropout2D: dropout(true),
  GaussianNoise: inTrainingOnly,
  GaussianDropout: inTrainingOnly,
  ActivityRegularization: inTrainingOnly,
  Identity: identity,
  LayerScale: layerScale,
  StochasticDepth: inTrainingOnly,
  CustomScaleLayer: customScaleLayer,
  'Custom>CustomScaleLayer': customScaleLayer,
};

/**
 * What Keras alone says of a layer and cutting changes, in fields that no other of its kind has; null where there is
 * none. (A kernel's channels, groups and written shapes are set for every layer: write/update.ts.)
 */
const FIELDS: { readonly [K in OpKind]: FieldWriter<K> | null } = {
  activation: null,
  add: null,
  affine: constantFields,
  average: null,
  avgPool: null,
  batchNorm: null,
  concat: null,
  constant: null,
  conv2d: null,
  conv2dTranspose: transposedFields,
  crop: null,
  dense: null,
  depthwiseConv2d: null,
  divide: null,
  dropout: null,
  flatten: null,
  gather: positionFields,
  globalAvgPool: null,
  globalMaxPool: null,
  glu: null,
  groupNorm: groupNormFields,
  identity: null,
  input: null,
  layerNorm: null,
  logSoftmax: null,
  matmul: null,
  maxPool: null,
  maximum: null,
  minimum: null,
  multiply: null,
  normalize: null,
  opaque: null,
  padAxis: null,
  permute: null,
  prelu: null,
  reduce: null,
  reshape: targetFields,
  resize: null,
  scale: layerScaleFields,
  softmax: null,
  subtract: null,
  unitNorm: null,
  upsample: null,
  zeroPad: null,
};

/** Sets an op's own fields in a written layer, where Keras has any. */
export function writeFields(layer: WrittenLayer, op: Op): void {
  (FIELDS[op.kind] as FieldWriter<OpKind> | null)?.(layer, op);
}

/** Layers that change images in training and pass them on otherwise. (AutoContrast changes them always.) */
const AUGMENTATIONS = new Set(
  `AugMix CutMix Equalization MixUp RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast
  RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert
  RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation
  RandomWidth RandomZoom Solarization`.split(/\s+/),
);

/** The names of all classes that are read, for tests. */
export const readClasses: readonly string[] = [...Object.keys(READERS), ...AUGMENTATIONS];

/** Whether Espalier reads a layer of this name, by whichever library. */
export function isLayerName(className: string): boolean {
  return className === 'InputLayer' || AUGMENTATIONS.has(className) || Object.hasOwn(READERS, className);
}

/** Modules in which Keras and its predecessors keep their own layers; a file that names none has only these, or says. */
const KERAS_MODULE = /^(tensorflow\.(python\.)?)?(tf_|_tf_)?keras(_core)?(\.|$)/;

/** Whether a class is Keras' own, as far as the file tells: another's may have the same name. */
export function isOfKeras(layer: LayerSpec): boolean {
  return layer.module === '' || KERAS_MODULE.test(layer.module);
}

/** The reader of Keras' own layer; undefined for others, for layers that Espalier doesn't know, and for operations. */
export function layerReader(layer: LayerSpec): LayerReader | undefined {
  const { className } = layer;
  if (layer.operation || !isOfKeras(layer)) return undefined;
  if (AUGMENTATIONS.has(className)) return augmentation;
  return Object.hasOwn(READERS, className) ? READERS[className] : undefined;
}
