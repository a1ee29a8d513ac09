import { describe, expect, it } from 'vitest';
import {
  parseKerasConfig,
  parsePythonJson,
  pythonJson,
  updateKerasConfig,
} from '../../../src/formats/keras-config/index.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { narrowGraph } from '../../../src/graph/surgery.ts';
import type { Graph } from '../../../src/graph/types.ts';

/** Keeps the first `width` channels of every group that may lose some. */
function narrow(graph: Graph, width: number): Graph {
  const dependencies = findGroups(graph);
  const kept = dependencies.groups.map((g) =>
    Array.from({ length: g.frozen === undefined ? width : g.size }, (_, c) => c),
  );
  return narrowGraph(graph, dependencies, kept);
}

const tensor = (name: string, shape: unknown) => ({
  class_name: '__keras_tensor__',
  config: { shape, dtype: 'float32', keras_history: [name, 0, 0] },
});

/** conv 6 -> separable 8 -> nested [dense 5 on the last axis] -> reshape -> dense 2, as Keras 3 writes it. */
const config = (a: number, b: number, c: number) => ({
  module: 'keras',
  class_name: 'Functional',
  config: {
    name: 'm',
    trainable: true,
    layers: [
      {
        class_name: 'InputLayer',
        name: 'i',
        config: { name: 'i', batch_shape: [null, 4, 4, 3] },
        inbound_nodes: [],
      },
      {
        class_name: 'Conv2D',
        name: 'c',
        registered_name: null,
        config: {
          name: 'c',
          filters: a,
          kernel_size: [3, 3],
          padding: 'same',
          activation: 'relu',
          groups: 1,
        },
        build_config: { input_shape: [null, 4, 4, 3] },
        inbound_nodes: [{ args: [tensor('i', [null, 4, 4, 3])], kwargs: {} }],
      },
      {
        class_name: 'SeparableConv2D',
        name: 's',
        config: { name: 's', filters: b, kernel_size: [3, 3], depth_multiplier: 1, padding: 'same' },
        build_config: { input_shape: [null, 4, 4, a] },
        inbound_nodes: [{ args: [tensor('c', [null, 4, 4, a])], kwargs: {} }],
      },
      {
        class_name: 'Sequential',
        name: 'n',
        config: {
          name: 'n',
          layers: [
            { class_name: 'InputLayer', config: { name: 'n_in', batch_shape: [null, 4, 4, b] } },
            {
              class_name: 'Dense',
              config: { name: 'd', units: c, use_bias: false, kernel_initializer: 'zeros' },
              build_config: { input_shape: [null, 4, 4, b] },
            },
          ],
          build_input_shape: [null, 4, 4, b],
        },
        build_config: { input_shape: [null, 4, 4, b] },
        inbound_nodes: [{ args: [tensor('s', [null, 4, 4, b])], kwargs: {} }],
      },
      {
        class_name: 'Reshape',
        name: 'r',
        config: { name: 'r', target_shape: [-1, c] },
        inbound_nodes: [{ args: [tensor('n', [null, 4, 4, c])], kwargs: {} }],
      },
      {
        class_name: 'Dense',
        name: 'out',
        config: { name: 'out', units: 2 },
        build_config: { input_shape: [null, 16, c] },
        inbound_nodes: [{ args: [tensor('r', [null, 16, c])], kwargs: {} }],
      },
    ],
    input_layers: ['i', 0, 0],
    output_layers: ['out', 0, 0],
  },
});

describe('updateKerasConfig', () => {
  it('writes every size of the narrower network, and nothing else', () => {
    const source = config(6, 8, 5);
    const { graph } = parseKerasConfig(source, 'f');
    expect(updateKerasConfig(source, graph)).toEqual(source);
    const updated = updateKerasConfig(source, narrow(graph, 3));
    expect(updated).toEqual(config(3, 3, 3));
    expect(source).toEqual(config(6, 8, 5));
    const again = parseKerasConfig(updated, 'f').graph;
    expect(again.params).toEqual(narrow(graph, 3).params);
  });
});

/** A convolution of 4 channels, then constants of one a channel. */
const scaled = (className: string, constants: object, width = 4) => ({
  class_name: 'Sequential',
  config: {
    name: 's',
    layers: [
      {
        class_name: 'Conv2D',
        config: { name: 'c', filters: width, kernel_size: [1, 1], batch_input_shape: [null, 2, 2, 3] },
      },
      { class_name: className, config: { name: 'k', ...constants } },
      { class_name: 'Conv2D', config: { name: 'o', filters: 2, kernel_size: [1, 1] } },
    ],
  },
});

describe('constants a channel', () => {
  it('of a Rescaling are cut', () => {
    const source = scaled('Rescaling', { scale: [1, 2, 3, 4], offset: 0 });
    const { graph } = parseKerasConfig(source, 'f');
    expect(updateKerasConfig(source, narrow(graph, 2))).toEqual(
      scaled('Rescaling', { scale: [1, 2], offset: 0 }, 2),
    );
  });

  it('of a Normalization are cut, as they are written', () => {
    const source = scaled('Normalization', { axis: -1, mean: [[1, 2, 3, 4]], variance: [1, 4, 9, 16] });
    const { graph } = parseKerasConfig(source, 'f');
    expect(updateKerasConfig(source, graph)).toEqual(source);
    expect(updateKerasConfig(source, narrow(graph, 2))).toEqual(
      scaled('Normalization', { axis: -1, mean: [[1, 2]], variance: [1, 4] }, 2),
    );
  });
});

describe("Python's JSON", () => {
  const text =
    '{"a": 1.0, "b": [1, -2.50, 1e-07, 1e+22, "1.0 NaN \\" 2.0"], "c": NaN, "d": -Infinity, "e": "\\u00e9"}';

  it('is written as it was read: floats stay floats', () => {
    const value = parsePythonJson(text) as Record<string, unknown>;
    expect(value.a).toBe(1);
    expect(pythonJson(value, text)).toBe(
      '{"a":1.0,"b":[1,-2.5,1e-7,10000000000000000000000.0,"1.0 NaN \\" 2.0"],"c":NaN,"d":-Infinity,"e":"\\u00e9"}',
    );
    value.a = 3;
    expect(pythonJson(value, text)).toContain('"a":3.0');
    expect(pythonJson({ a: 1 })).toBe('{"a":1}');
  });
});
