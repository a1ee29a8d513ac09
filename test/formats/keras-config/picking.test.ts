import { describe, expect, it } from 'vitest';
import { parseKerasConfig, updateKerasConfig } from '../../../src/formats/keras-config/index.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { inferShapes } from '../../../src/graph/shapes.ts';
import { narrowGraph } from '../../../src/graph/surgery.ts';
import type { Graph } from '../../../src/graph/types.ts';
import type { Json } from './one-layer.ts';

/** What is written of the operation "x" in the middle of: convolution of 8 channels -> x -> dense layer. */
interface Written {
  readonly class_name: string;
  readonly config: Json;
  readonly inbound_nodes: unknown;
}

const tensor = (name: string, output = 0) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 4, 4, 8], dtype: 'float32', keras_history: [name, 0, output] },
});
/** Keras 3's: x with these settings and arguments behind its tensor; what reads its last output. */
function three(class_name: string, config: Json, args: unknown[] = [], output = 0): Json {
  return model(
    {
      class_name,
      name: 'x',
      module: 'keras.src.ops.numpy',
      config: { name: 'x', ...config },
      inbound_nodes: [{ args: [tensor('a'), ...args], kwargs: {} }],
    },
    { batch_shape: [null, 4, 4, 3] },
    [{ args: [tensor('i')], kwargs: {} }],
    [{ args: [tensor('x', output)], kwargs: {} }],
  );
}

/** Keras 2's: a function of tf with these named arguments. */
function two(name: string, kwargs: Json, output = 0): Json {
  return model(
    {
      class_name: name === '__operators__.getitem' ? 'SlicingOpLambda' : 'TFOpLambda',
      name: 'x',
      config: { name: 'x', trainable: true, dtype: 'float32', function: name },
      inbound_nodes: [['a', 0, 0, kwargs]],
    },
    { batch_input_shape: [null, 4, 4, 3] },
    [[['i', 0, 0, {}]]],
    [[['x', 0, output, {}]]],
  );
}

function model(x: Json, input: Json, first: unknown, second: unknown): Json {
  const layers = [
    { class_name: 'InputLayer', name: 'i', config: { name: 'i', ...input }, inbound_nodes: [] },
    {
      class_name: 'Conv2D',
      name: 'a',
      config: { name: 'a', filters: 8, kernel_size: [1, 1] },
      inbound_nodes: first,
    },
    x,
    { class_name: 'Dense', name: 'b', config: { name: 'b', units: 2 }, inbound_nodes: second },
  ];
  return {
    class_name: 'Functional',
    config: { name: 'm', layers, input_layers: [['i', 0, 0]], output_layers: [['b', 0, 0]] },
  };
}

const graphOf = (config: unknown) => parseKerasConfig(config, 'f').graph;

/** Of the first convolution's channels those that stay. */
function cut(config: Json, stay: readonly number[]): { narrow: Graph; written: Json; x: Written } {
  const graph = graphOf(config);
  const dependencies = findGroups(graph);
  const axis = dependencies.values.a[2]!;
  const kept = dependencies.groups.map((group) =>
    Array.from({ length: group.size }, (_, c) => c).filter((c) =>
      stay.some((p) => axis.group[p] === group.index && axis.channel[p] === c),
    ),
  );
  // the dense layer's are the network's output
  kept.forEach((channels, g) => {
    const { size, members } = dependencies.groups[g];
    if (members.some(({ layer, role }) => layer === 'b' && role === 'producer'))
      channels.push(...Array.from({ length: size }, (_, c) => c));
  });
  const narrow = narrowGraph(graph, dependencies, kept);
  const written = updateKerasConfig(config, narrow) as Json;
  const { layers } = written.config as { layers: Written[] };
  return { narrow, written, x: layers[2] };
}

/** What the nodes of x take, all of it where they pass it on. */
const taken = (graph: Graph) => {
  const shapes = inferShapes(graph);
  const nodes = graph.nodes.filter(({ layer }) => layer === 'x');
  return nodes.map(({ id, op }) => {
    if (op.kind === 'gather') return op.positions;
    return op.kind === 'identity' ? Array.from({ length: shapes[id][2] }, (_, c) => c) : op;
  });
};

const part = (start: unknown, stop: unknown, step: unknown = null) => ({ start, stop, step });
const slice = (...ends: Parameters<typeof part>) => ({ class_name: '__slice__', config: part(...ends) });
const rest = { class_name: '__ellipsis__', config: {} };

/** Settings and arguments of the first call, without its tensor. */
const said = ({ config, inbound_nodes: [node] }: Written & { inbound_nodes: unknown[] }) => {
  const others = ['name', 'trainable', 'dtype', 'function'];
  const settings = Object.fromEntries(Object.entries(config).filter(([key]) => !others.includes(key)));
  const { args } = node as { args?: unknown[] };
  const named = Array.isArray(node) ? (node as unknown[])[3] : undefined;
  return { ...settings, ...(args && args.length > 1 && { args: args[1] }), ...(named as Json) };
};

describe('positions of channels that were cut', () => {
  const backwards = three('GetItem', {}, [[rest, slice(null, null, -1)]]);
  const front = (stop: unknown) => three('GetItem', {}, [[rest, slice(null, stop)]]);
  const own = (...spec: unknown[]) => two('__operators__.getitem', { slice_spec: spec });
  const wrapped = { class_name: '__tensor__', config: { value: [6, 1, 0], dtype: 'int32' } };
  it.each<[string, Json, number[], Json]>([
    ['back to front', backwards, [1, 2, 6], { args: [rest, slice(null, null, -1)] }],
    ['the first ones', front(5), [1, 2, 6], { args: [rest, slice(0, 2)] }],
    ['the first ones, of which none goes', front(5), [0, 1, 2, 3, 4, 7], { args: [rest, slice(null, 5)] }],
    ['all but the last ones', front(-2), [1, 6, 7], { args: [rest, slice(null, -2)] }],
    ['all but the last ones, one of which goes', front(-2), [0, 1, 7], { args: [rest, slice(0, 2)] }],
    [
      'the last ones',
      three('GetItem', {}, [[rest, slice(3, null)]]),
      [0, 2, 5],
      { args: [rest, slice(2, null)] },
    ],
    [
      'of every second one, which goes with the next',
      three('GetItem', {}, [[rest, slice(null, null, 2)]]),
      [0, 1, 4, 5, 6, 7],
      { args: [rest, slice(null, null, 2)] },
    ],
    [
      'every second one back to front, down to one',
      three('GetItem', {}, [[rest, slice(6, 1, -2)]]),
      [0, 2, 3, 6, 7],
      { args: [rest, slice(3, 0, -2)] },
    ],
    ['one that stands behind others', three('GetItem', {}, [[rest, 5]]), [1, 5, 6], { args: [rest, 1] }],
    ['one from the end', three('GetItem', {}, [[rest, -3]]), [1, 5, 6, 7], { args: [rest, -3] }],
    ['by their numbers', three('Take', { axis: -1 }, [[6, -7, 0]]), [1, 2, 6], { axis: -1, args: [2, 0] }],
    [
      'by their numbers from the end',
      three('Take', { axis: -1 }, [[2, -6, 0]]),
      [0, 1, 2, 3],
      { axis: -1, args: [2, 2, 0] },
    ],
    [
      'by a tensor',
      three('Take', { axis: -1 }, [wrapped]),
      [1, 2, 6],
      { axis: -1, args: { ...wrapped, config: { value: [2, 0], dtype: 'int32' } } },
    ],
    ['one by its number', three('Take', { axis: -1 }, [5]), [0, 4, 5], { axis: -1, args: 2 }],
    ['turned about', three('Flip', { axis: -1 }), [0, 5], { axis: -1 }],
    ['shifted', three('Roll', { shift: 3, axis: -1 }), [0, 1, 4, 6], { shift: 1, axis: -1 }],
    ['shifted back', three('Roll', { shift: -6, axis: -1 }), [0, 5, 6], { shift: 1, axis: -1 }],
    ['repeated', three('Repeat', { repeats: 3, axis: -1 }), [0, 5], { repeats: 3, axis: -1 }],
    [
      'in halves',
      three('Split', { indices_or_sections: 2, axis: -1 }, [], 1),
      [0, 4, 6],
      { indices_or_sections: [1], axis: -1 },
    ],
    [
      'in halves that stay as long as one another',
      three('Split', { indices_or_sections: 2, axis: -1 }, [], 1),
      [0, 1, 4, 6],
      { indices_or_sections: 2, axis: -1 },
    ],
    [
      'in uneven parts',
      three('ArraySplit', { indices_or_sections: 3, axis: -1 }, [], 2),
      [0, 3, 4, 6, 7],
      { indices_or_sections: [1, 3], axis: -1 },
    ],
    ['of Keras 2, in brackets', own(rest, part(2, 6)), [1, 3, 5, 7], { slice_spec: [rest, part(1, 3)] }],
    ['of Keras 2, one of them', own(part(null, null), part(1, null), rest, 4), [0, 4], { slice_spec: [part(null, null), part(1, null), rest, 1] }], // prettier-ignore
    [
      'of Keras 2, by their numbers',
      two('compat.v1.gather', { indices: [6, 1, 0], axis: -1 }),
      [1, 2, 6],
      { indices: [2, 0], axis: -1 },
    ],
    [
      'of Keras 2, in parts',
      two('split', { num_or_size_splits: [3, -1, 2], axis: -1 }, 1),
      [0, 1, 5, 6],
      { num_or_size_splits: [2, 1, 1], axis: -1 },
    ],
    ['of Keras 2, shifted', two('roll', { shift: 3, axis: -1 }), [1, 2, 3, 4, 7], { shift: 1, axis: -1 }],
  ])('%s', (_, config, stay, expected) => {
    const { narrow, written, x } = cut(config, stay);
    expect(said(x as Written & { inbound_nodes: unknown[] })).toEqual(expected);
    const again = graphOf(written);
    expect(taken(again)).toEqual(taken(narrow));
    expect(again.params).toEqual(narrow.params);
  });

  it('are left as they are written where nothing is cut', () => {
    const all = [0, 1, 2, 3, 4, 5, 6, 7];
    for (const config of [
      backwards,
      front(-2),
      three('Take', { axis: -1 }, [[-1, 0]]),
      own(rest, part(-6, 99)),
    ])
      expect(cut(config, all).x).toEqual((config.config as { layers: Json[] }).layers[2]);
  });
});

describe('several values of one layer', () => {
  it('have a node each, the first by the name of the layer', () => {
    const { nodes } = graphOf(three('Split', { indices_or_sections: [2, 3], axis: -1 }, [], 2));
    expect(nodes.filter(({ layer }) => layer === 'x').map(({ id, op }) => [id, op])).toEqual([
      ['x', { kind: 'gather', axis: 2, positions: [0, 1] }],
      ['x:1', { kind: 'gather', axis: 2, positions: [2] }],
      ['x:2', { kind: 'gather', axis: 2, positions: [3, 4, 5, 6, 7] }],
    ]);
    expect(nodes.at(-1)!.inputs).toEqual(['x:2']);
  });

  it('are written with the shape that each has', () => {
    const { written } = cut(three('Split', { indices_or_sections: [2, 3], axis: -1 }, [], 2), [0, 2, 4, 6]);
    const { layers } = written.config as { layers: Written[] };
    const [{ args }] = layers[3].inbound_nodes as { args: { config: Json }[] }[];
    expect(args[0].config.shape).toEqual([null, 4, 4, 2]);
  });
});

describe('what takes positions', () => {
  const refusal = (config: Json) => {
    try {
      graphOf(config);
    } catch (error) {
      return (error as Error).message;
    }
    return 'read';
  };
  it('is refused in one sentence where it takes none that there are, or touches the batch', () => {
    for (const [config, why] of [
      [three('Take', { axis: -1 }, [[8]]), 'has indices [8] for an axis of 8; Espalier reads'],
      [two('gather', { indices: [-1], axis: -1 }), 'has indices [-1] for an axis of 8; Espalier reads'],
      [three('Take', { axis: -1 }, [[0.5]]), 'takes the positions [0.5]; Espalier reads'],
      [three('Take', { axis: -1 }, [tensor('a')]), 'takes positions that the network computes'],
      [three('Take', { axis: null }, [[1]]), 'has no axis'],
      [two('gather', { indices: [1], axis: 0 }), 'acts on axis 0, which is the images of a batch'],
      [three('Flip', { axis: null }), 'has no axis, so that it turns the batch about'],
      [three('Split', { indices_or_sections: 3, axis: -1 }), 'splits an axis of 8 by 3; Espalier reads'],
      [three('Split', { indices_or_sections: [5, 3], axis: -1 }), 'splits an axis of 8 by [5,3]'],
      [two('split', { num_or_size_splits: [5, 4], axis: -1 }), 'splits an axis of 8 by [5,4]'],
      [three('Unstack', { num: 7, axis: -1 }), 'has num 7, and the axis has 8 positions'],
      [three('Tile', { repeats: [2, 1, 1, 1] }), 'has repeats [2,1,1,1]; Espalier reads'],
      [three('Repeat', { repeats: 2, axis: null }), 'has no axis, so that it makes one row of the batch'],
      [three('Tile', { repeats: [1, 1, 1, 2 ** 22] }), 'takes 33554432 positions of an axis, more than'],
      [two('image.grayscale_to_rgb', {}), 'needs an input of one channel, got [4, 4, 8]'],
      [two('nn.bias_add', { bias: [1, 2, 3, 4, 5, 6, 7, 8], data_format: 'NCHW' }), 'has data_format "NCHW"'],
    ] as const)
      expect(refusal(config)).toContain(why);
  });

  it('is counted over the whole network, before it takes memory', () => {
    const many = three('Tile', { repeats: [1, 1, 1, 300_000] });
    const { layers } = many.config as { layers: Json[] };
    layers.push({ ...layers[2], name: 'y' });
    expect(refusal(many)).toContain('f: its layers take more than 4194304 positions of axes in all');
  });
});
