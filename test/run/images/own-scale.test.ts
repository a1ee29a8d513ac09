import { describe, expect, it } from 'vitest';
import type { Graph, Node, Op } from '../../../src/graph/types.ts';
import { scalesPixels } from '../../../src/run/images/own-scale.ts';

/** A chain of these from the input. */
function chain(...ops: readonly Op[]): Graph {
  const all: Op[] = [{ kind: 'input', shape: [8, 8, 3] }, ...ops];
  const nodes = all.map((op, i): Node => ({
    id: `n${i}`,
    op,
    inputs: i ? [`n${i - 1}`] : [],
    params: op.kind === 'normalize' ? { mean: 'm', variance: 'v' } : {},
    layer: `l${i}`,
    layerType: '',
  }));
  return { nodes, inputs: ['n0'], outputs: [`n${nodes.length - 1}`], params: new Map() } as unknown as Graph;
}

const conv: Op = { kind: 'globalAvgPool', keepDims: true };
const affine = (scale: number, ...offset: number[]): Op => ({
  kind: 'affine',
  scale: [scale],
  offset: [0, ...offset].slice(-3),
});
const turned: Op = { kind: 'gather', axis: 2, positions: [2, 1, 0] };
const normalize: Op = { kind: 'normalize', axes: [2], invert: false };
const variance = (v: number) =>
  new Map([
    ['m', new Float32Array(3)],
    ['v', new Float32Array(3).fill(v)],
  ]);

describe('a network that scales pixels itself', () => {
  it.each<[string, Op[], number, boolean]>([
    ['Rescaling(1/255)', [affine(1 / 255), conv], 1, true],
    [
      'what Keras leaves out at inference before it',
      [{ kind: 'identity' }, affine(1 / 127.5), conv],
      1,
      true,
    ],
    ['Normalization of pixels', [normalize, conv], 3000, true],
    ['Normalization of scaled numbers', [normalize, conv], 0.08, false],
    ['Rescaling(2, -1)', [affine(2), conv], 1, false],
    ['a scale behind the first layer', [conv, affine(1 / 255)], 1, false],
    [
      'red, green and blue turned about, and their means taken off',
      [turned, affine(1, -104, -117, -124)],
      1,
      true,
    ],
    ['means of scaled numbers taken off', [turned, affine(1, -0.4, -0.5, -0.5), conv], 1, false],
    ['none', [conv], 1, false],
    ['nothing at all', [], 1, false],
  ])('%s', (_, ops, v, expected) => {
    expect(scalesPixels(chain(...ops), variance(v))).toBe(expected);
  });

  it('by channels that are taken one by one and joined again', () => {
    const node = (id: string, op: Op, ...inputs: string[]): Node => ({
      id,
      op,
      inputs,
      params: {},
      layer: id,
      layerType: '',
    });
    const scaled = (by: Op, read = 'scaled') => {
      const nodes = [
        node('n0', { kind: 'input', shape: [8, 8, 3] }),
        ...[2, 1, 0].flatMap((c) => [
          node(`one${c}`, { kind: 'gather', axis: 2, positions: [c] }, 'n0'),
          node(`flat${c}`, { kind: 'reshape', target: [8, 8, 1] }, `one${c}`),
        ]),
        node('joined', { kind: 'concat', axis: 2 }, 'flat2', 'flat1', 'flat0'),
        node('scaled', by, 'joined'),
        node('conv', conv, read),
      ];
      return scalesPixels({ nodes, inputs: ['n0'], outputs: ['conv'], params: {} }, new Map());
    };
    expect(scaled(affine(1, -104, -117, -124))).toBe(true);
    expect(scaled(affine(1 / 255))).toBe(true);
    expect(scaled(affine(1))).toBe(false);
    // what another layer sees as it is
    expect(scaled(affine(1 / 255), 'flat1')).toBe(false);
  });
});
