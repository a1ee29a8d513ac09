import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { diffGraphs, diffKept } from '../../src/graph/diff.ts';
import { prune } from '../../src/graph/surgery.ts';

function network() {
  const b = new GraphBuilder();
  const x = b.relu(b.conv(b.input([4, 4, 3]), 4, 3, { name: 'a' }), { name: 'act' });
  return b.build(b.dense(b.globalPool(b.conv(x, 5, 1, { name: 'b' }), { name: 'gap' }), 2, { name: 'fc' }));
}

describe('diffKept', () => {
  const { graph, weights } = network();
  const dependencies = findGroups(graph);
  const A = [
    [0, 1, 2, 3],
    [0, 1, 4],
    [0, 1],
  ];
  const B = [
    [1, 3],
    [1, 2],
    [0, 1],
  ];
  const diff = diffKept(graph, dependencies, A, B);

  it('tells kept, removed and added channels of every layer', () => {
    const channels = Object.fromEntries(diff.layers.map((l) => [l.layer, l.channels]));
    expect(channels.a).toEqual({ kept: [1, 3], removed: [0, 2], added: [], absent: [] });
    expect(channels.act).toEqual(channels.a);
    expect(channels.b).toEqual({ kept: [1], removed: [0, 4], added: [2], absent: [3] });
    expect(channels.fc).toEqual({ kept: [0, 1], removed: [], added: [], absent: [] });
  });

  it('tells widths, MACs and parameters', () => {
    const b = diff.layers.find((l) => l.layer === 'b')!;
    expect(b.width).toEqual({ a: 3, b: 2 });
    expect(b.macs).toEqual({ a: 16 * 4 * 3, b: 16 * 2 * 2 });
    expect(b.params).toEqual({ a: 15, b: 6 });
    expect(diff.total.a.macs).toBe(16 * 27 * 4 + 16 * 12 + 6);
    expect(diff.total.b.macs).toBe(16 * 27 * 2 + 16 * 4 + 4);
  });

  it('survives JSON', () => expect(JSON.parse(JSON.stringify(diff))).toEqual(diff));

  it('agrees with the diff of the two pruned networks', () => {
    const other = diffGraphs(
      prune(graph, weights, dependencies, A).graph,
      prune(graph, weights, dependencies, B).graph,
    );
    expect(other.layers).toEqual(diff.layers.map(({ channels: _, ...rest }) => rest));
    expect(other.total).toEqual(diff.total);
  });
});

describe('diffGraphs', () => {
  it('lists layers that only one side has', () => {
    const b = new GraphBuilder();
    const x = b.conv(b.input([4, 4, 3]), 6, 3, { name: 'a' });
    const { graph } = b.build(b.dense(b.globalPool(x, { name: 'pool' }), 2, { name: 'fc' }));
    const diff = diffGraphs(network().graph, graph);
    expect(diff.onlyInA).toEqual(['act', 'b', 'gap']);
    expect(diff.onlyInB).toEqual(['pool']);
    expect(diff.layers.map((l) => [l.layer, l.width])).toEqual([
      ['a', { a: 4, b: 6 }],
      ['fc', { a: 2, b: 2 }],
    ]);
  });
});
