import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { InputError } from '../../src/graph/errors.ts';
import { inferShapes, outputShape } from '../../src/graph/shapes.ts';
import { narrowGraph, permuteChannels, prune } from '../../src/graph/surgery.ts';
import { findGroups } from '../../src/graph/channels.ts';
import type { Op } from '../../src/graph/types.ts';

const conv: Op = { kind: 'conv2d', strides: [1, 1], padding: 'valid', dilation: [1, 1], groups: 1 };

describe('outputShape refuses, naming what does not fit', () => {
  it.each([
    [conv, [[8, 8, 4]], { kernel: [3, 3, 3, 5] }, 'kernel for 3 x 1 channels, its input has 4'],
    [
      { ...conv, groups: 3 },
      [[8, 8, 3]],
      { kernel: [3, 3, 1, 5] },
      '5 filters, not divisible by its 3 groups',
    ],
    [conv, [[8, 8, 3]], { kernel: [3, 3, 3, 5], bias: [4] }, 'bias of shape [4], expected [5]'],
    [conv, [[2, 8, 3]], { kernel: [3, 3, 3, 5] }, 'empty or invalid shape [0, 6, 5]'],
    [conv, [[8, 3]], { kernel: [3, 3, 3, 5] }, 'needs an input of height, width and channels'],
    [conv, [[8, 8, 3]], {}, 'has no kernel'],
    [{ kind: 'dense' }, [[7]], { kernel: [8, 2] }, 'kernel for 8 features, its input is [7]'],
    [{ kind: 'add' }, [[4, 4, 3], [4, 4, 2]], {}, "can't combine the shapes [4, 4, 3], [4, 4, 2]"], // prettier-ignore
    [{ kind: 'concat', axis: 2 }, [[4, 4, 3], [4, 3, 3]], {}, 'along axis 2'], // prettier-ignore
    [{ kind: 'concat', axis: 3 }, [[4, 4, 3]], {}, 'acts on axis 3 of 3 axes'],
    [{ kind: 'reshape', target: [5, 5] }, [[24]], {}, "can't make [5, 5] of [24]"],
    [{ kind: 'permute', perm: [0, 0] }, [[2, 3]], {}, 'permutation [0, 0]'],
    [{ kind: 'crop', cropping: [2, 2, 0, 0] }, [[4, 4, 1]], {}, 'empty or invalid shape [0, 4, 1]'],
    [{ kind: 'flatten' }, [[2], [3]], {}, 'has 2 inputs, expected 1'],
  ] as [Op, number[][], Record<string, number[]>, string][])('%j', (op, inputs, params, message) => {
    expect(() => outputShape(op, inputs, params)).toThrow(InputError);
    expect(() => outputShape(op, inputs, params)).toThrow(message);
  });
});

describe('inferShapes', () => {
  it('names the layer', () => {
    const b = new GraphBuilder();
    const { graph } = b.build(b.dense(b.input([4]), 2, { name: 'head/fc' }));
    const broken = { ...graph, nodes: graph.nodes.map((n) => (n.op.kind === 'input' ? { ...n, op: { ...n.op, shape: [5] } } : n)) }; // prettier-ignore
    expect(() => inferShapes(broken)).toThrow('layer "head/fc" (Dense): dense has a kernel for 4 features');
    expect(() => inferShapes({ ...graph, nodes: graph.nodes.slice(1) })).toThrow(
      'which no earlier node gives',
    );
    expect(() => inferShapes({ ...graph, outputs: ['nowhere'] })).toThrow('"nowhere"');
  });
});

describe('surgery', () => {
  const b = new GraphBuilder({ lively: true });
  let x = b.conv(b.input([4, 4, 3]), 4, 3, { name: 'a' });
  x = b.add({ kind: 'affine', scale: [1, 2, 3, 4], offset: [0.5] }, [x], { name: 'scale' });
  x = b.conv(x, 8, 3, { name: 'g', groups: 4 });
  x = b.reshape(x, [16, 8], { name: 'rows' });
  const { graph, weights } = b.build(b.dense(b.flatten(x), 2, { name: 'fc' }));
  const dependencies = findGroups(graph);
  const kept = [[1, 3], [0, 1]]; // prettier-ignore

  it('cuts constants, targets and conv groups of the graph', () => {
    const narrow = narrowGraph(graph, dependencies, kept);
    const ops = Object.fromEntries(narrow.nodes.map((n) => [n.id, n.op]));
    expect(ops.scale).toMatchObject({ scale: [2, 4], offset: [0.5], kept: [1, 3] });
    expect(ops.g).toMatchObject({ groups: 2 });
    expect(ops.rows).toMatchObject({ target: [16, 4] });
    expect(narrow.params['fc/kernel'].shape).toEqual([64, 2]);
  });

  it('takes the kept channels of every parameter, and leaves the source as it was', () => {
    const before = new Map([...weights].map(([id, data]) => [id, data.slice()]));
    const pruned = prune(graph, weights, dependencies, kept).weights;
    expect(pruned.get('a/bias')).toEqual(Float32Array.from([1, 3], (c) => weights.get('a/bias')![c]));
    expect(pruned.get('g/bias')).toEqual(Float32Array.from([2, 3, 6, 7], (c) => weights.get('g/bias')![c]));
    const kernel = weights.get('a/kernel')!;
    pruned.get('a/kernel')!.forEach((v, i) => expect(v).toBe(kernel[4 * (i >> 1) + (i % 2 ? 3 : 1)]));
    for (const data of pruned.values()) data.fill(9);
    expect(weights).toEqual(before);
  });

  it('refuses missing or short weights, and what is no permutation', () => {
    expect(() => prune(graph, new Map(), dependencies, kept)).toThrow('no weights for "a/kernel"');
    const short = new Map(weights).set('a/bias', new Float32Array(3));
    expect(() => prune(graph, short, dependencies, kept)).toThrow('are 3 numbers, expected 4');
    expect(() => permuteChannels(graph, weights, dependencies, [[0, 1, 1, 2], [0, 1]])).toThrow('permutation'); // prettier-ignore
  });
});
