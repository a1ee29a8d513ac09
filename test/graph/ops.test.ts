import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import {
  fanIn,
  fanOut,
  hasStatistics,
  kernelOf,
  learntAxes,
  madeChannels,
  mixes,
} from '../../src/graph/op-facts.ts';
import { specOf } from '../../src/graph/ops/index.ts';
import { inferShapes, inputShape } from '../../src/graph/shapes.ts';
import type { Node } from '../../src/graph/types.ts';
import { zoo } from '../runtime/zoo.ts';

/** A network with each kernel that there is; 4 channels in, and sizes that tell every axis apart. */
function kernels(): { node: (id: string) => Node; shape: (id: string) => readonly number[] } {
  const b = new GraphBuilder({ zeros: true });
  const x = b.input([16, 16, 4], 'in');
  b.conv(x, 6, [3, 5], { name: 'conv' });
  b.conv(x, 6, [3, 5], { name: 'grouped', groups: 2 });
  b.depthwise(x, [3, 5], { name: 'depthwise', multiplier: 3 });
  b.convTranspose(x, 6, [3, 5], { name: 'transposed' });
  b.dense(x, 6, { name: 'dense' });
  b.batchNorm(x, { name: 'norm' });
  b.layerNorm(x, { name: 'layer' });
  const { graph } = b.build('norm');
  const node = (id: string): Node => graph.nodes.find((n) => n.id === id)!;
  return { node, shape: (id) => graph.params[node(id).params.kernel].shape };
}

describe('what the declarations of ops say', () => {
  it('names every parameter of every layer, with as many channels as the layer gives', () => {
    for (const { graph, name } of zoo()) {
      const shapes = inferShapes(graph);
      for (const node of graph.nodes) {
        const { params } = specOf(node.op);
        for (const [role, id] of Object.entries(node.params)) {
          const param = params[role];
          expect(param, `${name}: ${node.op.kind} has ${role}`).toBeDefined();
          if (!param?.out) continue;
          const made = param.out.reduce((n, axis) => n * graph.params[id].shape[axis], 1);
          expect(made, `${name}: ${node.op.kind} ${role}`).toBe(shapes[node.id].at(-1));
        }
      }
    }
  });

  it.each([
    // kernels [3, 5, in / groups, out], [3, 5, in, multiplier], [3, 5, out, in], [in, out]
    ['conv', true, 60, 90, 6, 6 * 7 + 4, 4],
    ['grouped', true, 30, 90, 6, 6 * 7 + 4, 4],
    ['depthwise', false, 15, 45, 12, 12 * 7 + 4, 4],
    ['transposed', true, 60, 90, 6, 4 * (6 * 7 + 5) + 3, 5],
    ['dense', true, 4, 6, 6, 6 * 3 + 2, 2],
  ])(
    '%s: mixing %s, sums of %i, parts of %i, %i channels',
    (id, mixing, sum, parts, count, index, channel) => {
      const { node, shape } = kernels();
      const kernel = kernelOf(node(id).op)!;
      expect(mixes(kernel)).toBe(mixing);
      expect(fanIn(kernel, shape(id))).toBe(sum);
      expect(fanOut(kernel, shape(id))).toBe(parts);
      const made = madeChannels(kernel, shape(id));
      expect(made.count).toBe(count);
      expect(made.of(index)).toBe(channel);
    },
  );

  it('tells statistics from what is learnt', () => {
    const { node } = kernels();
    expect(['norm', 'layer', 'conv', 'dense'].filter((id) => hasStatistics(node(id).op))).toEqual(['norm']);
    expect(learntAxes(node('norm').op)).toEqual([
      ['gamma', 0],
      ['beta', 0],
    ]);
    expect(learntAxes(node('transposed').op)).toEqual([
      ['kernel', 2],
      ['bias', 0],
    ]);
    expect(learntAxes(node('layer').op)).toEqual([]);
  });

  it('gives the shape of an input, and of nothing else', () => {
    const b = new GraphBuilder({ zeros: true });
    const [one, two] = [b.input([4, 4, 3], 'one'), b.input([7], 'two')];
    const { graph } = b.build([b.flatten(one), b.dense(two, 2, { name: 'last' })]);
    expect(inputShape(graph)).toEqual([4, 4, 3]);
    expect(inputShape(graph, 'two')).toEqual([7]);
    expect(inputShape(graph, 'last')).toBeUndefined();
  });

  it('stand in files of the names of those that run them', () => {
    const names = (folder: string, besides: string): string[] =>
      readdirSync(new URL(`../../src/${folder}`, import.meta.url), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(path.basename(entry.parentPath), entry.name))
        .filter((name) => name !== path.join('ops', besides) && !name.startsWith('rules'))
        .sort();
    expect(names('runtime/ops', 'context.ts')).toEqual(names('graph/ops', 'spec.ts'));
  });
});
