import { parseKerasConfig } from '../../../src/formats/keras-config/index.ts';
import { readClasses } from '../../../src/formats/keras-config/layers/table.ts';

export type Json = Record<string, unknown>;

export const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 6, 4, 2], dtype: 'float32', keras_history: [name, 0, 0] },
});

/** A Keras 3 network of one layer on an image of 6 x 4 x 2, or on several of them. */
export function network(layer: Json, node: Json, shape: unknown = [null, 6, 4, 2]): Json {
  return {
    class_name: 'Functional',
    config: {
      name: 'm',
      layers: [
        { class_name: 'InputLayer', name: 'i', config: { name: 'i', batch_shape: shape }, inbound_nodes: [] },
        { name: 'x', ...layer, inbound_nodes: [node] },
      ],
      input_layers: [['i', 0, 0]],
      output_layers: [['x', 0, 0]],
    },
  };
}

export const parse = (layer: Json, node: Json = { args: [tensor('i')], kwargs: {} }, shape?: unknown) =>
  parseKerasConfig(network(layer, node, shape), 'f').graph.nodes.slice(1);

export const ofKeras = (class_name: string, config: Json, more: Json = {}) => ({
  class_name,
  module: 'keras.layers',
  registered_name: null,
  config: { name: 'x', trainable: true, dtype: 'float32', ...config },
  ...more,
});

export const sizes = { kernel_size: 3, filters: 2 };
const place = { height: 3, width: 2 };
const two = { args: [[tensor('i'), tensor('i')]], kwargs: {} };

/** What each class can't be without; every class that is read stands here. */
export const least: Record<string, Json> = {
  ...Object.fromEntries(readClasses.map((name) => [name, {}])),
  ...Object.fromEntries(
    readClasses.filter((n) => /Conv2D|Convolution2D/.test(n)).map((n) => [n, { ...sizes, filters: 2 }]),
  ),
  Dense: { units: 3 },
  GroupNormalization: { groups: 2 },
  Reshape: { target_shape: [6, 8] },
  Permute: { dims: [2, 1, 3] },
  Rescaling: { scale: 2 },
  Resizing: place,
  CenterCrop: place,
  RandomCrop: { height: 6, width: 4 },
  LayerScale: { projection_dim: 2 },
  CustomScaleLayer: { scale: 0.1 },
  'Custom>CustomScaleLayer': { scale: 0.1 },
};

export function twoFor(name: string): Json | undefined {
  return name === 'Subtract' || name.endsWith('CustomScaleLayer') ? two : undefined;
}

const whole = { class_name: '__slice__', config: { start: null, stop: null, step: null } };

/** What each operation can't be without. */
const settings: Record<string, Json> = {
  cast: { dtype: 'float32' },
  clip: { x_min: 0, x_max: 1 },
  clip_by_value: { clip_value_min: -1, clip_value_max: 1 },
  reshape: { newshape: [-1, 48] },
  transpose: { axes: [0, 2, 1, 3] },
  expand_dims: { axis: 1 },
  squeeze: { axis: 1 },
  pad: { pad_width: [[0, 0], [1, 1], [1, 1], [0, 0]] }, // prettier-ignore
  swapaxes: { axis1: 1, axis2: 2 },
  moveaxis: { source: 1, destination: 2 },
  get_item: { key: [whole, { class_name: '__slice__', config: { start: 1, stop: -1, step: null } }] },
  getitem: {
    slice_spec: [
      { start: null, stop: null, step: null },
      { start: 1, stop: null, step: null },
    ],
  },
  max_pool: { pool_size: 2 },
  max_pool2d: { ksize: [1, 2, 2, 1], strides: 2, data_format: 'NHWC' },
  avg_pool2d: { ksize: 2, strides: [2, 1] },
  average_pool: { pool_size: 2 },
  avg_pool: { pool_size: 2 },
  'image.resize': { size: [3, 2] },
  take: { axis: -1, indices: [1, 0] },
  gather: { axis: -1, indices: [1, 0] },
  flip: { axis: -1 },
  reverse: { axis: [-1] },
  roll: { axis: 1, shift: 2 },
  repeat: { axis: -1, repeats: 2 },
  tile: { repeats: [1, 1, 2, 1] },
  split: { axis: -1, indices_or_sections: 2 },
  array_split: { axis: 1, indices_or_sections: 4 },
  unstack: { axis: -1 },
  stack: { axis: -1 },
  threshold: { threshold: 0.1, default_value: 0 },
  concatenate: { axis: -1 },
  concat: { axis: -1 },
  ...Object.fromEntries(
    'mean average max amax min amin sum var variance std'.split(' ').map((n) => [n, { axis: 1 }]),
  ),
};
const classOf = (name: string) =>
  name.replace(/^image\./, '').replace(/(^|_)([a-z])/g, (_, __, c: string) => c.toUpperCase());

/** Reads an operation of keras.ops, with more settings than it needs. */
export function parseOperation(name: string, config: Json = {}) {
  const module = name.startsWith('image.') ? 'keras.src.ops.image' : 'keras.src.ops.numpy';
  const shape =
    name === 'squeeze' ? [null, 1, 4, 2] : name === 'image.grayscale_to_rgb' ? [null, 6, 4, 1] : undefined;
  const binary = /^(add|sub|mul|maximum|minimum|concat|stack|squared)/.test(name);
  const scalar = /^(div|true|pow|bias)/.test(name);
  const args = binary ? [tensor('i'), tensor('i')] : scalar ? [tensor('i'), 2] : [tensor('i')];
  return parse(
    { class_name: classOf(name), module, config: { name: 'x', ...settings[name], ...config } },
    { args, kwargs: {} },
    shape,
  );
}
