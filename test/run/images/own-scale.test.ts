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

const conv: Op = { kind: 'flatten' };
const affine = (scale: number): Op => ({ kind: 'affine', scale: [scale], offset: [0] });
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
    ['none', [conv], 1, false],
    ['nothing at all', [], 1, false],
  ])('%s', (_, ops, v, expected) => {
    expect(scalesPixels(chain(...ops), variance(v))).toBe(expected);
  });
});
