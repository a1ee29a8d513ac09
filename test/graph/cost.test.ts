import { describe, expect, it } from 'vitest';
import { architectureOf, bounds, fullArchitecture, leadingChannels } from '../../src/graph/architecture.ts';
import { costModel, layerCosts } from '../../src/graph/cost.ts';
import { GraphBuilder } from '../support/builder.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { mobilenetV1, mobilenetV2, resnet50, widthAt } from '../support/paper-networks.ts';
import { paperFlops } from '../support/paper-flops.ts';
import type { PaperOptions } from '../support/paper-flops.ts';
import type { Graph } from '../../src/graph/types.ts';

function measured(graph: Graph) {
  const dependencies = findGroups(graph);
  return costModel(graph, dependencies)(fullArchitecture(dependencies));
}

/** The papers' count in millions, as docs/methods/metapruning.md has it. */
function flops(graph: Graph, options: PaperOptions): string {
  const dependencies = findGroups(graph);
  return (paperFlops(graph, dependencies, fullArchitecture(dependencies), options) / 1e6).toFixed(2);
}

describe('multiply-accumulates and parameters, worked out by hand', () => {
  const build = (f: (b: GraphBuilder) => string) => {
    const b = new GraphBuilder();
    return measured(b.build(f(b)).graph);
  };

  it('a convolution: positions x kernel', () => {
    const cost = build((b) => b.conv(b.input([8, 6, 3]), 5, 3, { stride: 2 }));
    expect(cost.macs).toBe(4 * 3 * (3 * 3 * 3 * 5));
    expect(cost.params).toBe(3 * 3 * 3 * 5 + 5);
    expect(cost.bytes).toBe(4 * cost.params);
  });

  it('valid padding and dilation: (10 - 5 + 1) positions a side', () => {
    const cost = build((b) => b.conv(b.input([10, 10, 2]), 4, 3, { padding: 'valid', dilation: 2 }));
    expect(cost.macs).toBe(6 * 6 * 9 * 2 * 4);
  });

  it('a grouped convolution reads its share of the channels', () => {
    const cost = build((b) => b.conv(b.input([4, 4, 6]), 8, 3, { groups: 2, bias: false }));
    expect(cost.macs).toBe(16 * 9 * 3 * 8);
    expect(cost.params).toBe(9 * 3 * 8);
  });

  it('a depthwise convolution with a multiplier', () => {
    const cost = build((b) => b.depthwise(b.input([4, 4, 6]), 3, { multiplier: 2 }));
    expect(cost.macs).toBe(16 * 9 * 12);
    expect(cost.params).toBe(9 * 12 + 12);
  });

  it('a transposed convolution: input positions x kernel', () => {
    const cost = build((b) => b.convTranspose(b.input([4, 4, 6]), 5, 3, { stride: 2 }));
    expect(cost.macs).toBe(16 * 9 * 6 * 5);
  });

  it('a dense layer on each row of a matrix', () => {
    expect(build((b) => b.dense(b.input([7, 6]), 5)).macs).toBe(7 * 6 * 5);
  });

  it('counts a shared layer twice in macs, once in parameters', () => {
    const cost = build((b) => {
      const x = b.conv(b.input([4, 4, 3]), 3, 3, { name: 'c' });
      return b.conv(x, 3, 3, { share: 'c' });
    });
    expect(cost.macs).toBe(2 * 16 * 81);
    expect(cost.params).toBe(81 + 3);
  });

  it('peak memory holds a shortcut for as long as it is needed', () => {
    const b = new GraphBuilder();
    const x = b.input([4, 4, 2]); // 32
    const y = b.conv(x, 8, 3); // 128
    const z = b.conv(y, 4, 1); // 64
    const w = b.conv(z, 8, 1); // 128; y, z and w alive
    const { graph } = b.build(b.globalPool(b.merge('add', [y, w]))); // y, w, sum alive
    expect(measured(graph).peakActivationBytes).toBe(4 * (128 + 128 + 128));
  });

  it('tells what each layer costs at an architecture', () => {
    const b = new GraphBuilder();
    const x = b.conv(b.input([4, 4, 3]), 8, 3, { name: 'a' });
    const { graph } = b.build(b.dense(b.flatten(x), 10, { name: 'fc' }));
    const dependencies = findGroups(graph);
    const costs = layerCosts(graph, dependencies, [5, 10]);
    expect(costs.map((c) => [c.layer, c.outputShape, c.macs, c.params])).toEqual([
      ['input1', [4, 4, 3], 0, 0],
      ['a', [4, 4, 5], 16 * 27 * 5, 27 * 5 + 5],
      ['flatten1', [80], 0, 0],
      ['fc', [10], 800, 810],
    ]);
  });

  it('bounds: every group at one channel, or at the multiple that is asked for', () => {
    const b = new GraphBuilder();
    const x = b.conv(b.input([4, 4, 3]), 20, 1, { bias: false });
    const { graph } = b.build(b.dense(b.globalPool(x), 10, { bias: false }));
    const dependencies = findGroups(graph);
    expect(bounds(graph, dependencies).least.macs).toBe(16 * 3 + 10);
    expect(bounds(graph, dependencies, 8).least.macs).toBe(16 * 3 * 8 + 80);
    expect(bounds(graph, dependencies, 64).least.macs).toBe(16 * 3 * 20 + 200);
    expect(bounds(graph, dependencies).most.macs).toBe(16 * 3 * 20 + 200);
  });
});

describe('kept channels', () => {
  const b = new GraphBuilder();
  const { graph } = b.build(b.dense(b.globalPool(b.conv(b.input([4, 4, 3]), 4, 3)), 2, { name: 'fc' }));
  const dependencies = findGroups(graph);

  it('are counted, and the leading ones of an architecture listed', () => {
    expect(leadingChannels(dependencies, [3, 2])).toEqual([
      [0, 1, 2],
      [0, 1],
    ]);
    expect(architectureOf(dependencies, [[1, 3], [0, 1]])).toEqual([2, 2]); // prettier-ignore
  });

  it.each([
    [[[0, 1]], 'kept channels are given for 1 groups, the network has 2'],
    [[[], [0, 1]], 'group "conv2d1" would keep no channel'],
    [[[1, 0], [0, 1]], 'must be ascending'], // prettier-ignore
    [[[0, 4], [0, 1]], 'channels 0 to 3'], // prettier-ignore
    [[[0], [0]], 'group "fc" can\'t lose channels: network output'],
  ])('%j are refused', (kept, message) => {
    expect(() => architectureOf(dependencies, kept)).toThrow(message);
  });
});

describe("the papers' FLOPs", () => {
  const resnet = { countRelu: true, countGlobalPool: false };
  const mobilenet = { countRelu: false, countGlobalPool: true };

  it('the level table: 10 % to 100 % in steps of 3 %', () => {
    expect(Array.from({ length: 31 }, (_, k) => widthAt(100, k))).toEqual(
      Array.from({ length: 31 }, (_, k) => 10 + 3 * k),
    );
    expect([widthAt(64, 14), widthAt(256, 14), widthAt(512, 16), widthAt(1024, 22)]).toEqual([
      33, 133, 296, 778,
    ]);
  });

  it('ResNet-50 in full, part by part', () => {
    const { graph } = resnet50();
    expect(flops(graph, resnet)).toBe('4111.71');
    // all but ReLU's 9.609
    expect(flops(graph, { countRelu: false })).toBe('4102.11');
    // 4087.14 of convolutions, 2.048 of the classifier without its biases
    expect((measured(graph).macs / 1e6).toFixed(2)).toBe('4089.18');
  });

  it.each([
    [
      'RMP',
      [14, 14, 16, 22, 21, 22, 20, 19, 16, 22, 16, 20, 22, 12, 25, 18, 15, 21, 21, 21],
      '1950.24',
      '15.42',
    ],
    [
      'MP 2 G',
      [23, 17, 16, 17, 16, 16, 18, 20, 18, 25, 11, 29, 22, 18, 13, 27, 17, 23, 23, 20],
      '2004.81',
      '15.71',
    ],
    [
      'MP 1 G',
      [19, 9, 15, 13, 10, 9, 10, 6, 9, 13, 11, 12, 7, 18, 7, 13, 12, 10, 19, 18],
      '1038.43',
      '10.57',
    ],
  ])('ResNet-50 of %s', (_, nev, expected, params) => {
    const { graph } = resnet50(nev);
    expect(flops(graph, resnet)).toBe(expected);
    const trainable = Object.values(graph.params).filter((p) => p.trainable);
    const count = trainable.reduce((n, p) => n + p.shape.reduce((a, d) => a * d, 1), 0);
    expect((count / 1e6).toFixed(2)).toBe(params);
  });

  it('MobileNetV2', () => {
    expect(flops(mobilenetV2().graph, mobilenet)).toBe('579.30');
    const overall = [7, 10, 16, 16, 18, 18, 18, 16, 16, 16, 16, 12, 12, 12, 18, 18, 18, 14];
    const mid = [17, 11, 12, 24, 15, 12, 19, 25, 24, 14, 16, 10, 8, 21, 24, 21, 21];
    expect(flops(mobilenetV2(overall, mid).graph, mobilenet)).toBe('199.83');
  });

  it.each([
    ['full', new Array<number>(13).fill(30), '573.83'],
    ['RMP', [19, 21, 7, 14, 21, 13, 24, 19, 22, 28, 23, 22, 20], '295.61'],
    ['MP 0.75x', [28, 18, 10, 23, 23, 22, 22, 13, 17, 28, 17, 25, 29], '316.80'],
  ])('MobileNetV1 %s', (_, nev, expected) => {
    expect(flops(mobilenetV1(nev).graph, mobilenet)).toBe(expected);
  });

  it('an architecture of the full network counts what the narrow network counts', () => {
    const nev = [14, 14, 16, 22, 21, 22, 20, 19, 16, 22, 16, 20, 22, 12, 25, 18, 15, 21, 21, 21];
    const wide = findGroups(resnet50().graph);
    const narrow = findGroups(resnet50(nev).graph);
    expect(narrow.groups.map((g) => g.id)).toEqual(wide.groups.map((g) => g.id));
    const widths = fullArchitecture(narrow);
    expect((paperFlops(resnet50().graph, wide, widths) / 1e6).toFixed(2)).toBe('1950.24');
  });
});
