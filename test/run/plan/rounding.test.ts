import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../src/formats/networks/index.ts';
import { GraphBuilder } from '../../support/builder.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import type { Graph } from '../../../src/graph/types.ts';
import { widthMultiple } from '../../../src/run/plan/rounding.ts';
import type { Target } from '../../../src/terms/goals.ts';

const macs = (value: number): Target => ({ metric: 'macs', value, relative: true });
const suited = (graph: Graph, ...targets: Target[]): number =>
  widthMultiple('auto', graph, findGroups(graph), targets);

/** Convolutions of these widths, one after the other. */
function chain(...widths: number[]): Graph {
  const b = new GraphBuilder({ seed: 1 });
  let h = b.input([8, 8, 3]);
  for (const width of widths) h = b.relu(b.conv(h, width, 3));
  return b.build(b.dense(b.flatten(h), 4)).graph;
}

describe('what widths are multiples of', () => {
  it('is as asked, whatever the network', () => {
    const graph = chain(5, 7);
    expect(widthMultiple(1, graph, findGroups(graph), [macs(50)])).toBe(1);
    expect(widthMultiple(16, graph, findGroups(graph), [macs(50)])).toBe(16);
  });

  it.each(['resnet20', 'mobilenet-v2-small', 'cnn4', 'vgg11'])('is 8 for %s at half its MACs', (name) => {
    expect(suited(createNetwork(name, { seed: 1 }).graph, macs(50))).toBe(8);
  });

  it('leaves three quarters of the groups two widths or more', () => {
    expect(suited(chain(16, 16, 16, 16), macs(90))).toBe(8);
    // 15 is not twice 8: one of four may stay whole, two may not
    expect(suited(chain(16, 16, 16, 15), macs(90))).toBe(8);
    expect(suited(chain(16, 16, 15, 15), macs(90))).toBe(4);
    expect(suited(chain(6, 6, 4), macs(90))).toBe(2);
    expect(suited(chain(3, 3), macs(90))).toBe(1);
  });

  it('leaves room below every target: the narrowest network costs half of it or less', () => {
    // two convolutions 16 -> r: 8 * 8 * 9 * (3 r + r * r) MACs and the dense layer's 64 * r * 4; at first 16
    const cost = (r: number): number => 576 * (3 * r + r * r) + 256 * r;
    const graph = chain(16, 16);
    const at = (r: number): number => (100 * 2 * cost(r)) / cost(16);
    expect(suited(graph, macs(at(8) + 0.01))).toBe(8);
    expect(suited(graph, macs(at(8) - 0.01))).toBe(4);
    expect(suited(graph, macs(at(4) - 0.01))).toBe(2);
    expect(suited(graph, macs(at(2) - 0.01))).toBe(1);
    expect(suited(graph, macs(90), macs(at(4) - 0.01))).toBe(2);
    expect(suited(graph, { metric: 'macs', value: 2 * cost(8), relative: false })).toBe(8);
    expect(suited(graph, { metric: 'macs', value: 2 * cost(8) - 1, relative: false })).toBe(4);
  });

  it('a goal that has to be measured says nothing of it', () => {
    expect(suited(chain(16, 16), { metric: 'latency', value: 1, relative: true })).toBe(8);
  });
});
