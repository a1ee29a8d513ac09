import { describe, expect, it } from 'vitest';
import { parseKerasConfig } from '../../../src/formats/keras-config/index.ts';
import { OPERATIONS } from '../../../src/formats/keras-config/layers/operations.ts';
import { readClasses } from '../../../src/formats/keras-config/layers/table.ts';

type Json = Record<string, unknown>;

const tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 6, 4, 2], dtype: 'float32', keras_history: [name, 0, 0] },
});

/** A Keras 3 network of one layer on an image of 6 x 4 x 2, or on several of them. */
function network(layer: Json, node: Json, shape: unknown = [null, 6, 4, 2]): Json {
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

const parse = (layer: Json, node: Json = { args: [tensor('i')], kwargs: {} }, shape?: unknown) =>
  parseKerasConfig(network(layer, node, shape), 'f').graph.nodes.slice(1);

const ofKeras = (class_name: string, config: Json, more: Json = {}) => ({
  class_name,
  module: 'keras.layers',
  registered_name: null,
  config: { name: 'x', trainable: true, dtype: 'float32', ...config },
  ...more,
});

const sizes = { kernel_size: 3, filters: 2 };
const place = { height: 3, width: 2 };
const two = { args: [[tensor('i'), tensor('i')]], kwargs: {} };

/** What each class can't be without; every class that is read stands here. */
const least: Record<string, Json> = {
  ...Object.fromEntries(readClasses.map((name) => [name, {}])),
  ...Object.fromEntries(
    readClasses.filter((n) => /Conv2D|Convolution2D/.test(n)).map((n) => [n, { ...sizes, filters: 2 }]),
  ),
  Dense: { units: 3 },
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

/** Passed on here, but by their settings. */
const NOT_IN_TRAINING = new Set(
  'Add Multiply Maximum Minimum Average Identity Activation RandomCrop'.split(' '),
);

/** Classes whose settings act in training only, whatever they are: their input is passed on. */
const inTraining = readClasses.filter((name) => {
  const [node, ...rest] = parse(ofKeras(name, least[name]), twoFor(name));
  return node.op.kind === 'identity' && rest.length === 0 && !NOT_IN_TRAINING.has(name);
});

function twoFor(name: string) {
  return name === 'Subtract' || name.endsWith('CustomScaleLayer') ? two : undefined;
}

describe('a setting that nobody knows', () => {
  it('acts in training only for these layers', () => {
    expect([...inTraining].sort()).toEqual(
      `ActivityRegularization AlphaDropout AugMix CutMix Equalization GaussianDropout GaussianNoise MixUp RandAugment
      RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform RandomErasing
      RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert RandomPerspective
      RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomWidth
      RandomZoom Solarization StochasticDepth`.split(/\s+/),
    );
  });

  it.each(readClasses.filter((name) => !inTraining.includes(name)))('of %s is refused by name', (name) => {
    const read = (config: Json) => () => parse(ofKeras(name, { ...least[name], ...config }), twoFor(name));
    expect(read({})).not.toThrow();
    expect(read({ surprise: 1 })).toThrow(
      /layer "x" \(.*\) has the setting "surprise" \(1\), which Espalier doesn't know/,
    );
    // what is not set can't matter, nor can how weights began
    expect(read({ surprise: null, surprise_initializer: { class_name: 'Zeros' } })).not.toThrow();
  });

  const settings: Record<string, Json> = {
    cast: { dtype: 'float32' },
    clip: { x_min: 0, x_max: 1 },
    clip_by_value: { clip_value_min: -1, clip_value_max: 1 },
    reshape: { newshape: [-1, 48] },
    transpose: { axes: [0, 2, 1, 3] },
    expand_dims: { axis: 1 },
    squeeze: { axis: 1 },
    pad: { pad_width: [[0, 0], [1, 1], [1, 1], [0, 0]] }, // prettier-ignore
    max_pool: { pool_size: 2 },
    average_pool: { pool_size: 2 },
    avg_pool: { pool_size: 2 },
    'image.resize': { size: [3, 2] },
    concatenate: { axis: -1 },
    concat: { axis: -1 },
    ...Object.fromEntries('mean average max amax min amin sum'.split(' ').map((n) => [n, { axis: 1 }])),
  };
  const classOf = (name: string) =>
    name.replace(/^image\./, '').replace(/(^|_)([a-z])/g, (_, __, c: string) => c.toUpperCase());

  it.each(Object.keys(OPERATIONS))('of the operation %s is refused by name', (name) => {
    const module = name.startsWith('image.') ? 'keras.src.ops.image' : 'keras.src.ops.numpy';
    const shape = name === 'squeeze' ? [null, 1, 4, 2] : undefined;
    const binary = /^(add|sub|mul|maximum|minimum|concat)/.test(name);
    const scalar = /^(div|true|pow)/.test(name);
    const args = binary ? [tensor('i'), tensor('i')] : scalar ? [tensor('i'), 2] : [tensor('i')];
    const read = (config: Json) => () =>
      parse(
        { class_name: classOf(name), module, config: { name: 'x', ...settings[name], ...config } },
        { args, kwargs: {} },
        shape,
      );
    expect(read({})).not.toThrow();
    expect(read({ surprise: 1 })).toThrow(/"surprise"/);
  });

  it('within an activation is refused too', () => {
    const of = (config: Json) => () =>
      parse(ofKeras('Activation', { activation: { class_name: 'LeakyReLU', config } }));
    expect(of({ negative_slope: 0.1 })).not.toThrow();
    expect(of({ negative_slope: 0.1, bend: 2 })).toThrow(/"bend"/);
  });

  it('among the arguments of a call is refused', () => {
    const call = (kwargs: Json) => () =>
      parse(ofKeras('Dense', { units: 2 }), { args: [tensor('i')], kwargs });
    expect(call({ training: true, mask: null })).not.toThrow();
    expect(call({ strength: 3 })).toThrow(/called with the constant 3 as "strength"/);
  });
});

describe('values as Keras takes them', () => {
  const norm = (config: Json) => Object.keys(parse(ofKeras('BatchNormalization', config))[0].params);

  it('conditions are anything that Python takes for one', () => {
    expect(norm({ scale: 1, center: 1 })).toEqual(['gamma', 'beta', 'mean', 'variance']);
    expect(norm({ scale: 0, center: '' })).toEqual(['mean', 'variance']);
    expect(norm({ scale: 'yes', center: 0.5 })).toEqual(['gamma', 'beta', 'mean', 'variance']);
    expect(norm({})).toEqual(['gamma', 'beta', 'mean', 'variance']);
    const frozen = network(ofKeras('Dense', { units: 2, trainable: 0 }), { args: [tensor('i')], kwargs: {} });
    expect(Object.values(parseKerasConfig(frozen, 'f').graph.params)[0].trainable).toBe(false);
  });

  it('numbers may be booleans, and whole ones have a point', () => {
    expect(parse(ofKeras('Conv2D', { ...sizes, kernel_size: [3.0, 1], strides: true }))[0].op).toMatchObject({
      strides: [1, 1],
    });
    expect(parse(ofKeras('Dropout', { rate: false }))[0].op).toMatchObject({ rate: 0 });
    expect(() => parse(ofKeras('Conv2D', { ...sizes, filters: '8' }))).toThrow(/wrong "filters"/);
  });
});
