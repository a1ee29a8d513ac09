import { describe, expect, it } from 'vitest';
import { parseKerasConfig } from '../../../src/formats/keras-config/index.ts';
import { inferShapes } from '../../../src/graph/shapes.ts';

type Json = Record<string, unknown>;

const input = (name: string, shape: unknown, key = 'batch_input_shape'): Json => ({
  class_name: 'InputLayer',
  name,
  config: { name, [key]: shape },
  inbound_nodes: [],
});

const layer = (class_name: string, name: string, from: unknown, config: Json = {}): Json => ({
  class_name,
  name,
  config: { name, ...config },
  inbound_nodes: from,
});

/** Keras 2: one call on these layers' first outputs. */
const on = (...names: string[]) => [names.map((n) => [n, 0, 0, {}])];

const model = (layers: Json[], inputs: string[], outputs: string[], name = 'm'): Json => ({
  class_name: 'Functional',
  config: {
    name,
    layers,
    input_layers: inputs.map((n) => [n, 0, 0]),
    output_layers: outputs.map((n) => [n, 0, 0]),
  },
});

const conv = { filters: 4, kernel_size: [3, 3], padding: 'same', activation: 'relu', use_bias: true };
const ids = (config: unknown) => parseKerasConfig(config, 'f').graph.nodes.map((n) => n.id);
const one = (class_name: string, config: Json, shape: unknown = [null, 4, 4, 2]) =>
  parseKerasConfig(
    model([input('i', shape), layer(class_name, 'x', on('i'), config)], ['i'], ['x']),
    'f',
  ).graph.nodes.map((n) => n.op);
const refuse =
  (class_name: string, config: Json = {}, shape?: unknown) =>
  () =>
    one(class_name, config, shape);

describe('ways of writing a model', () => {
  it('Keras 2, functional: a fused activation is a node of its own, parameters in Keras order', () => {
    const { graph, layers, warnings } = parseKerasConfig(
      model(
        [
          input('i', [null, 8, 8, 3]),
          layer('Conv2D', 'c', on('i'), conv),
          layer('BatchNormalization', 'b', on('c')),
        ],
        ['i'],
        ['b'],
      ),
      'f',
    );
    expect(graph.nodes.map((n) => [n.id, ...n.inputs])).toEqual([
      ['i'],
      ['c', 'i'],
      ['c:activation', 'c'],
      ['b', 'c:activation'],
    ]);
    expect(graph.inputs).toEqual(['i']);
    expect(graph.outputs).toEqual(['b']);
    expect(layers.map((l) => l.params)).toEqual([
      [],
      ['c/kernel', 'c/bias'],
      ['b/gamma', 'b/beta', 'b/moving_mean', 'b/moving_variance'],
    ]);
    expect(graph.params['c/kernel']).toEqual({ id: 'c/kernel', shape: [3, 3, 3, 4], trainable: true });
    expect(graph.params['b/moving_mean'].trainable).toBe(false);
    expect(warnings).toEqual([]);
  });

  it('Keras 3: {args, kwargs} with tensors, batch_shape, single references', () => {
    const tensor = (name: string) => ({
      class_name: '__keras_tensor__',
      config: { keras_history: [name, 0, 0] },
    });
    const config = {
      class_name: 'Functional',
      config: {
        name: 'm',
        layers: [
          input('i', [null, 8, 8, 3], 'batch_shape'),
          layer('Conv2D', 'c', [{ args: [tensor('i')], kwargs: {} }], conv),
          layer('Add', 'a', [{ args: [[tensor('i'), tensor('i')]], kwargs: {} }], { trainable: true }),
          {
            ...layer('Multiply', 'half', [{ args: [tensor('c'), 0.5], kwargs: {} }]),
            module: 'keras.src.ops.numpy',
          },
          layer('Activation', 'h', [{ args: [tensor('half')], kwargs: {} }], { activation: 'hard_sigmoid' }),
        ],
        input_layers: ['i', 0, 0],
        output_layers: [
          ['h', 0, 0],
          ['a', 0, 0],
        ],
      },
    };
    const { graph } = parseKerasConfig(config, 'f');
    expect(graph.outputs).toEqual(['h', 'a']);
    expect(graph.nodes.find((n) => n.id === 'half')!.op).toEqual({
      kind: 'affine',
      scale: [0.5],
      offset: [0],
    });
    expect(graph.nodes.find((n) => n.id === 'h')!.op).toEqual({
      kind: 'activation',
      activation: 'hardSigmoid6',
    });
    expect(graph.nodes.find((n) => n.id === 'a')!.inputs).toEqual(['i', 'i']);
  });

  it('Sequential: a bare list, a first layer with the shape, an input layer', () => {
    const dense = (name: string, more: Json = {}) => ({
      class_name: 'Dense',
      config: { name, units: 3, activation: 'linear', ...more },
    });
    const first = dense('d', { batch_input_shape: [null, 5] });
    expect(ids({ class_name: 'Sequential', config: [first, dense('e')] })).toEqual(['d_input', 'd', 'e']);
    expect(ids({ class_name: 'Sequential', config: { name: 's', layers: [first] } })).toEqual([
      'd_input',
      'd',
    ]);
    const start = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 5] } };
    expect(ids({ class_name: 'Sequential', config: { name: 's', layers: [start, dense('d')] } })).toEqual([
      'in',
      'd',
    ]);
    expect(
      ids({ class_name: 'Sequential', config: { layers: [dense('d')], build_input_shape: [null, 5] } }),
    ).toEqual(['d_input', 'd']);
    expect(() => ids({ class_name: 'Sequential', config: [dense('d')] })).toThrow(/no input shape/);
  });

  it('nested models by path, called twice, whichever way calls are counted', () => {
    const inner = model(
      [input('p', [null, 8, 8, 4]), layer('Conv2D', 'c', on('p'), conv)],
      ['p'],
      ['c'],
      'inner',
    );
    const build = (offset: number) =>
      model(
        [
          input('i', [null, 8, 8, 3]),
          layer('Conv2D', 'c', on('i'), conv),
          { ...inner, name: 'inner', inbound_nodes: [[['c', 0, 0, {}]], [['inner', offset, 0, {}]]] },
          layer('Add', 'a', [
            [
              ['inner', offset, 0, {}],
              ['inner', offset + 1, 0, {}],
            ],
          ]),
        ],
        ['i'],
        ['a'],
      );
    const { graph, layers } = parseKerasConfig(build(0), 'f');
    expect(graph).toEqual(parseKerasConfig(build(1), 'f').graph);
    const c = graph.nodes.filter((n) => n.layer === 'inner/c' && n.op.kind === 'conv2d');
    expect(c.map((n) => n.id)).toEqual(['inner/c', 'inner/c#2']);
    expect(c[0].params).toEqual(c[1].params);
    expect(graph.nodes.at(-1)!.inputs).toEqual(['inner/c:activation', 'inner/c:activation#2']);
    expect(layers.map((l) => l.path)).toEqual(['i', 'c', 'inner/p', 'inner/c', 'a']);
  });

  it('a frozen model freezes what is in it', () => {
    const inner = model(
      [input('p', [null, 5]), layer('Dense', 'd', on('p'), { units: 2 })],
      ['p'],
      ['d'],
      'inner',
    );
    (inner.config as Json).trainable = false;
    const outer = model(
      [input('i', [null, 5]), { ...inner, name: 'inner', inbound_nodes: on('i') }],
      ['i'],
      ['inner'],
    );
    expect(parseKerasConfig(outer, 'f').graph.params['inner/d/kernel'].trainable).toBe(false);
  });

  it('an open height and width get a size that fits, and say so', () => {
    const open = model(
      [input('i', [null, null, null, 3]), layer('Conv2D', 'c', on('i'), conv)],
      ['i'],
      ['c'],
    );
    const { graph, warnings } = parseKerasConfig(open, 'f');
    expect(inferShapes(graph).c).toEqual([224, 224, 4]);
    expect(warnings).toEqual([
      'input "i" leaves its height and width open: shapes and costs are for 224 x 224 x 3, and images are resized to that',
    ]);
    // 224 is not divisible by 64 x 3; a size that is must be found.
    const picky = model(
      [input('i', [null, null, null, 3]), layer('Reshape', 'r', on('i'), { target_shape: [32, 32, 3] })],
      ['i'],
      ['r'],
    );
    expect(inferShapes(parseKerasConfig(picky, 'f').graph).i).toEqual([32, 32, 3]);
    expect(() =>
      parseKerasConfig(
        model([input('i', [null, 4, 4, null]), layer('Flatten', 'x', on('i'))], ['i'], ['x']),
        'f',
      ),
    ).toThrow(/number of channels open/);
  });
});

describe('settings of layers', () => {
  it('activations in all their forms', () => {
    const relu = (config: Json) => one('ReLU', config)[1];
    expect(relu({})).toEqual({ kind: 'activation', activation: 'relu' });
    expect(relu({ max_value: 6, negative_slope: 0, threshold: 0 })).toEqual({
      kind: 'activation',
      activation: 'relu6',
    });
    expect(relu({ max_value: { class_name: '__numpy__', config: { value: 6 } } })).toMatchObject({
      activation: 'relu6',
    });
    expect(relu({ negative_slope: 0.1 })).toEqual({
      kind: 'activation',
      activation: 'leakyRelu',
      alpha: 0.1,
    });
    expect(relu({ max_value: 2, negative_slope: 0.1, threshold: 1 })).toEqual({
      kind: 'activation',
      activation: 'clippedRelu',
      alpha: 0.1,
      maxValue: 2,
      threshold: 1,
    });
    expect(one('LeakyReLU', { alpha: 0.5 })[1]).toMatchObject({ alpha: 0.5 });
    expect(one('LeakyReLU', {})[1]).toMatchObject({ alpha: 0.3 });
    expect(one('Activation', { activation: 'hard_sigmoid' })[1]).toMatchObject({ activation: 'hardSigmoid' });
    expect(one('Activation', { activation: { class_name: 'function', config: 'gelu' } })[1]).toMatchObject({
      activation: 'gelu',
    });
    expect(
      one('Conv2D', { ...conv, activation: { class_name: 'LeakyReLU', config: { alpha: 0.2 } } })[2],
    ).toMatchObject({ alpha: 0.2 });
    expect(one('Dense', { units: 2, activation: 'softmax' })[2]).toEqual({ kind: 'softmax', axis: 2 });
    expect(one('Softmax', { axis: [1] })[1]).toEqual({ kind: 'softmax', axis: 0 });
    expect(refuse('Activation', { activation: 'my_own' })).toThrow(/"my_own"/);
    expect(refuse('Activation', { activation: 'constructor' })).toThrow(/"constructor"/);
  });

  it('paddings, pools and shapes', () => {
    expect(one('ZeroPadding2D', { padding: 2 })[1]).toMatchObject({ padding: [2, 2, 2, 2] });
    expect(one('ZeroPadding2D', { padding: [1, 2] })[1]).toMatchObject({ padding: [1, 1, 2, 2] });
    expect(
      one('Cropping2D', {
        cropping: [
          [0, 1],
          [1, 0],
        ],
      })[1],
    ).toMatchObject({ cropping: [0, 1, 1, 0] });
    expect(one('MaxPooling2D', { pool_size: [2, 2], strides: null })[1]).toMatchObject({ strides: [2, 2] });
    expect(one('Reshape', { target_shape: { class_name: '__tuple__', items: [-1, 8] } })[1]).toEqual({
      kind: 'reshape',
      target: [4, 8],
    });
    expect(one('Permute', { dims: [3, 1, 2] })[1]).toEqual({ kind: 'permute', perm: [2, 0, 1] });
    expect(one('Concatenate', { axis: 3 })[1]).toEqual({ kind: 'concat', axis: 2 });
    expect(one('PReLU', { shared_axes: [1, 2] }).length).toBe(2);
  });

  it('constants per channel', () => {
    const [, op] = one('Normalization', { axis: [-1], mean: [[[[1, 2]]]], variance: [4, 0.25] });
    expect(op).toEqual({ kind: 'affine', scale: [0.5, 2], offset: [-0.5, -4] });
    const back = one('Normalization', { mean: [1, 2], variance: [4, 0.25], invert: true })[1];
    expect(back).toEqual({ kind: 'affine', scale: [2, 0.5], offset: [1, 2] });
    // far from 0 the mean is taken off first: in float32 x * k - mean * k has few digits left
    const far = one('Normalization', { mean: [1e4, 2], variance: [4, 0.25] });
    expect(far.slice(1)).toEqual([
      { kind: 'affine', scale: [1], offset: [-1e4, -2] },
      { kind: 'affine', scale: [0.5, 2], offset: [0] },
    ]);
    expect(refuse('Normalization', { axis: [1, 3], mean: [[1, 2]], variance: [[1, 1]] })).not.toThrow();
    expect(refuse('Normalization', { axis: 1, mean: [1, 2, 3, 4], variance: [1, 1, 1, 1] })).toThrow(
      /constants of shape \[4\] for the axes 1/,
    );
    expect(one('Rescaling', { scale: 0.5 })[1]).toEqual({ kind: 'affine', scale: [0.5], offset: [0] });
  });

  it('what does not fit is named by layer, class and setting', () => {
    expect(refuse('Conv2D', { ...conv, filters: 0 })).toThrow(
      /"x" \(Conv2D\) has filters 0; Espalier reads a whole number/,
    );
    expect(refuse('Conv2D', { ...conv, filters: 1e9 })).toThrow(/has filters 1000000000/);
    expect(refuse('Conv2D', { ...conv, filters: 2 ** 24, kernel_size: [1000, 1000] })).toThrow(
      /not possible/,
    );
    expect(refuse('Conv2D', { ...conv, groups: 3 })).toThrow(/groups 3, which don't divide its 2 channels/);
    expect(refuse('Conv2D', { ...conv, data_format: 'channels_first' })).toThrow(/channels_last/);
    expect(refuse('BatchNormalization', { axis: 1 })).toThrow(/axis 1/);
    expect(refuse('Reshape', { target_shape: [-1, 7] })).toThrow(/target_shape \[-1, 7\], which can't/);
    expect(refuse('Flatten', {}, [null, -4, 4, 2])).toThrow(/impossible shape/);
    expect(refuse('Concatenate', { axis: 0 })).toThrow(/axis 0/);
  });
});

describe('models that are refused', () => {
  it('names all layers in the way in one sentence', () => {
    const config = model(
      [
        input('i', [null, 8]),
        layer('Lambda', 'l', on('i')),
        layer('LSTM', 'r', on('l')),
        layer('Mine', 'q', on('r')),
      ],
      ['i'],
      ['q'],
    );
    expect(() => ids(config)).toThrow(
      'f: layer "l" is a Lambda layer, whose Python code Espalier can\'t read; replace it by standard layers; layer "r" (LSTM) is of a kind that Keras has and Espalier does not execute; layer "q" (Mine) is a custom class and no layer of Keras\', whose Python code Espalier can\'t read; replace it by standard layers',
    );
  });

  it.each([
    [null, /configuration/],
    [{ class_name: 'Functional', config: {} }, /without layers/],
    [{ class_name: 'MyModel', config: {} }, /MyModel/],
    [{ class_name: 'Sequential', config: [] }, /no layers/],
    [model([input('i', [null, 2]), layer('Flatten', 'x', on('y'))], ['i'], ['x']), /reads "y"/],
    [model([input('i', [null, 2]), layer('Flatten', 'x', on('x'))], ['i'], ['x']), /reads "x"/],
    [model([input('i', [null, 2]), input('i', [null, 2])], ['i'], ['i']), /two layers/],
    [model([input('i', [null, 2]), layer('Flatten', 'x', on('i'))], ['i'], ['z']), /output "z"/],
    [
      model(
        [
          input('i', [null, 2]),
          layer('Add', 'x', [
            [
              ['i', 0, 0, { y: 3 }],
              ['_CONSTANT_VALUE', -1, 3, {}],
            ],
          ]),
        ],
        ['i'],
        ['x'],
      ),
      /constant/,
    ],
  ])('%#', (config, message) => {
    expect(() => ids(config)).toThrow(message);
  });

  it('nesting without end', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 5000; i++) deep = [deep];
    expect(() => ids({ class_name: 'Sequential', config: deep })).toThrow(/nested/);
  });
});
