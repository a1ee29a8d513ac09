import { describe, expect, it } from 'vitest';
import { parseKerasConfig } from '../../../../src/formats/keras-config/index.ts';
import { unwrapPruning } from '../../../../src/formats/keras-config/pruning-wrappers.ts';

type Json = Record<string, unknown>;

const input = { class_name: 'InputLayer', name: 'i', config: { name: 'i', batch_shape: [null, 6, 4, 2] } };
const tensor = {
  class_name: '__keras_tensor__',
  config: { shape: [null, 6, 4, 2], dtype: 'float32', keras_history: ['i', 0, 0] },
};

function model(layer: Json, args: unknown[] = [tensor]): Json {
  return {
    class_name: 'Functional',
    config: {
      name: 'm',
      layers: [
        { ...input, inbound_nodes: [] },
        { name: 'x', ...layer, inbound_nodes: [{ args, kwargs: {} }] },
      ],
      input_layers: [['i', 0, 0]],
      output_layers: [['x', 0, 0]],
    },
  };
}

const parse = (layer: Json, args?: unknown[]) => parseKerasConfig(model(layer, args), 'f');
const settings = { name: 'x', trainable: true, dtype: 'float32' };
const refusal = (layer: Json, args?: unknown[]) => {
  try {
    parse({ config: settings, ...layer }, args);
  } catch (error) {
    return (error as Error).message;
  }
  return 'read';
};

describe('what is refused says whose it is', () => {
  it.each([
    [
      'a layer of Keras that is not known',
      { class_name: 'GRU', module: 'keras.layers' },
      'layer "x" (GRU) is of a kind that Keras has and Espalier does not execute',
    ],
    [
      'one that is newer than this list',
      { class_name: 'NewestLayer', module: 'keras.layers', registered_name: null },
      'layer "x" (NewestLayer) is of a kind that Keras has',
    ],
    [
      'a wrapper of Keras',
      { class_name: 'TimeDistributed' },
      '(TimeDistributed) is of a kind that Keras has',
    ],
    [
      "another library's, by its module",
      { class_name: 'DropPath', module: 'keras_cv.src.layers', registered_name: 'keras_cv>DropPath' },
      'layer "x" (DropPath) is a class of KerasCV',
    ],
    [
      "another library's, by the name that it is registered under",
      { class_name: 'Addons>GroupNormalization' },
      '(Addons>GroupNormalization) is a class of TensorFlow Addons',
    ],
    ['TensorFlow Hub', { class_name: 'KerasLayer' }, 'is a class of TensorFlow Hub'],
    [
      'training with quantisation',
      { class_name: 'QuantizeWrapperV2' },
      "is a class of TensorFlow's model optimization toolkit for training with quantisation",
    ],
    ["the user's own", { class_name: 'Mine' }, '"x" (Mine) is a custom class and no layer of Keras\''],
    [
      "the user's own, registered",
      { class_name: 'Mine', module: 'my.layers', registered_name: 'my_package>Mine' },
      '"x" (my_package>Mine) is a custom class',
    ],
    [
      "the user's own by the name of Keras'",
      { class_name: 'Conv2D', module: 'my.layers', registered_name: 'Custom>Conv2D' },
      '"x" (Custom>Conv2D) is a custom class',
    ],
    [
      'an operation of keras.ops',
      { class_name: 'Einsum', module: 'keras.src.ops.numpy', config: { name: 'x', subscripts: 'bhwc->bc' } },
      'layer "x" (keras.ops, numpy.Einsum) is an operation that Espalier does not execute',
    ],
    [
      'an operation of tf',
      { class_name: 'TFOpLambda', config: { ...settings, function: 'nn.depth_to_space' } },
      'layer "x" (tf, nn.depth_to_space) is an operation that Espalier does not execute; instead of depth_to_space, use UpSampling2D or Conv2DTranspose',
    ],
    [
      'a slice that is none in brackets',
      { class_name: 'TFOpLambda', config: { ...settings, function: 'strided_slice' } },
      'layer "x" (tf, strided_slice) is an operation that Espalier does not execute; instead of strided_slice, use brackets (x[..., 1:3])',
    ],
    [
      'an operation by the name of another module',
      { class_name: 'TFOpLambda', config: { ...settings, function: 'strings.reduce_mean' } },
      '(tf, strings.reduce_mean) is an operation',
    ],
    [
      'an operation that Keras 3 wrote to HDF5',
      { class_name: 'Add', config: { name: 'x' } },
      'layer "x" (Add) is an operation of keras.ops, of which Keras 3 writes only the name to HDF5, so that Keras itself can\'t load this file again; save the model as .keras',
    ],
    [
      'one of them that has a dtype among its arguments',
      { class_name: 'Cumsum', config: { name: 'x', axis: 1, dtype: null } },
      'layer "x" (Cumsum) is an operation of keras.ops, of which Keras 3 writes only the name',
    ],
    [
      'a custom layer that says no more than its dtype',
      { class_name: 'Mine', config: { name: 'x', dtype: { class_name: 'DTypePolicy' } } },
      '"x" (Mine) is a custom class',
    ],
  ])('%s', (_, layer: Json, message: string) => {
    const args = layer.class_name === 'Add' ? [tensor, 3] : undefined;
    expect(refusal(layer, args)).toContain(message);
  });

  it('several kinds at once, each in its own part of the sentence', () => {
    const both = model({ class_name: 'Mine', config: settings });
    const layers = (both.config as { layers: Json[] }).layers;
    layers.push({ class_name: 'GRU', name: 'g', config: { name: 'g', trainable: true } });
    expect(() => parseKerasConfig(both, 'f')).toThrow(
      /^f: layer "g" \(GRU\) is of a kind .*; layer "x" \(Mine\) is a custom class/,
    );
  });
});

describe('a function is not the layer of its name', () => {
  const numpy = (class_name: string, config: Json) => ({
    class_name,
    module: 'keras.src.ops.numpy',
    config: { name: 'x', ...config },
  });

  it('keras.ops.average takes an axis away', () => {
    const { graph } = parse(numpy('Average', { axis: 1 }));
    expect(graph.nodes[1].op).toEqual({ kind: 'reduce', how: 'mean', axes: [0], keepDims: false });
  });

  it('over the batch, with weights, or in another shape it is refused', () => {
    expect(() => parse(numpy('Average', { axis: null }))).toThrow(/images of a batch/);
    expect(() => parse(numpy('Mean', { axis: [0, 1] }))).toThrow(/images of a batch/);
    expect(() => parse(numpy('Reshape', { newshape: [-1, 4, 2] }))).toThrow(/reshapes to \[-1, 4, 2\]/);
    expect(() => parse(numpy('Cast', { dtype: 'int32' }))).toThrow(/has dtype "int32"/);
    expect(() => parse(numpy('Multiply', {}), [tensor, [[1], [2]]])).toThrow(
      /is called with \[\[1\],\[2\]\]/,
    );
  });
});

describe('training=True', () => {
  /** Keras 2's way of calling. */
  const legacy = (class_name: string, config: Json, training: unknown, within = false): Json => {
    const call = (from: string, kwargs: Json) => [[[from, 0, 0, kwargs]]];
    const image = (name: string) => ({
      class_name: 'InputLayer',
      name,
      config: { name, batch_input_shape: [null, 6, 4, 2] },
      inbound_nodes: [],
    });
    const layer = { class_name, name: 'x', config: { name: 'x', ...config } };
    const wrap = (name: string, from: string, layers: Json[]): Json => ({
      class_name: 'Functional',
      name,
      config: { name, layers, input_layers: [[from, 0, 0]], output_layers: [['x', 0, 0]] },
    });
    if (!within) return wrap('m', 'i', [image('i'), { ...layer, inbound_nodes: call('i', { training }) }]);
    const inner = wrap('x', 'j', [image('j'), { ...layer, inbound_nodes: call('j', {}) }]);
    return wrap('m', 'i', [image('i'), { ...inner, inbound_nodes: call('i', { training }) }]);
  };
  const read = (...args: Parameters<typeof legacy>) => parseKerasConfig(legacy(...args), 'f');

  it('of a batch norm in Keras 2 is refused by name, also from the model around it', () => {
    expect(() => read('BatchNormalization', {}, true)).toThrow(/layer "x" .* is called with training=True/);
    expect(() => read('BatchNormalization', {}, 1, true)).toThrow(/layer "x\/x" .*training=True/);
    expect(() => read('BatchNormalization', {}, false)).not.toThrow();
    // frozen, it uses its moving statistics all the same
    expect(() => read('BatchNormalization', { trainable: false }, true)).not.toThrow();
  });

  it('of a dropout is said', () => {
    expect(read('Dropout', { rate: 0.5 }, true).warnings.join()).toContain(
      '"x" (Dropout) is called with training=True',
    );
    expect(read('GaussianNoise', { stddev: 0.5 }, true, true).warnings).toHaveLength(1);
    expect(read('Dropout', { rate: 0.5 }, null).warnings).toEqual([]);
  });

  it('in Keras 3 is up to whoever calls the model', () => {
    const config = model({ class_name: 'BatchNormalization', config: settings });
    const [, layer] = (config.config as { layers: { inbound_nodes: { kwargs: Json }[] }[] }).layers;
    layer.inbound_nodes[0].kwargs.training = true;
    expect(() => parseKerasConfig(config, 'f')).not.toThrow();
  });
});

describe("wrappers of TensorFlow's pruning toolkit", () => {
  const wrapper = (name: string, from: string, layer: Json) => ({
    class_name: 'PruneLowMagnitude',
    name: `prune_low_magnitude_${name}`,
    config: { name: `prune_low_magnitude_${name}`, trainable: true, layer },
    inbound_nodes: [[[from, 0, 0, {}]]],
  });
  const conv = (name: string) => ({ class_name: 'Conv2D', config: { name, filters: 4, kernel_size: 1 } });
  const image = {
    class_name: 'InputLayer',
    name: 'i',
    config: { name: 'i', batch_input_shape: [null, 6, 4, 2] },
    inbound_nodes: [],
  };
  const config = {
    class_name: 'Functional',
    config: {
      name: 'm',
      layers: [image, wrapper('a', 'i', conv('a')), wrapper('b', 'prune_low_magnitude_a', conv('i'))],
      input_layers: [['i', 0, 0]],
      output_layers: [['prune_low_magnitude_b', 0, 0]],
    },
  };

  it("give way to their layers, under the layers' names where these are free", () => {
    const { config: plain, wrappers } = unwrapPruning(config);
    expect([...wrappers]).toEqual([
      ['a', 'prune_low_magnitude_a'],
      ['prune_low_magnitude_b', 'prune_low_magnitude_b'],
    ]);
    const { graph } = parseKerasConfig(plain, 'f');
    expect(graph.nodes.map((n) => n.id)).toEqual(['i', 'a', 'prune_low_magnitude_b']);
    expect(graph.outputs).toEqual(['prune_low_magnitude_b']);
    expect(config.config.layers[1].class_name).toBe('PruneLowMagnitude');
  });
});
