import type { LayerCall } from '../builder.ts';
import { activationLayer, preluLayer } from './activation.ts';
import { conv2d, conv2dTranspose, dense, depthwiseConv2d, separableConv2d } from './conv.ts';
import { concatenate, merge } from './merge.ts';
import { batchNormalization, layerNormalization, normalization, rescaling } from './norm.ts';
import {
  augmentation,
  cropping,
  dropout,
  flatten,
  globalPool,
  identity,
  permute,
  pool,
  reshape,
  upSampling,
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
  Dropout: dropout(false),
  AlphaDropout: identity,
  SpatialDropout2D: dropout(true),
  GaussianNoise: identity,
  GaussianDropout: identity,
  ActivityRegularization: identity,
  Identity: identity,
  RandomFlip: augmentation,
  RandomRotation: augmentation,
  RandomTranslation: augmentation,
  RandomZoom: augmentation,
  RandomContrast: augmentation,
  RandomBrightness: augmentation,
};

export function layerReader(className: string): LayerReader | undefined {
  return Object.hasOwn(READERS, className) ? READERS[className] : undefined;
}
