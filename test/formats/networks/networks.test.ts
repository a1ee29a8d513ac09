import { describe, expect, it } from 'vitest';
import { createNetwork, networkNames, networkSummary } from '../../../src/formats/networks/index.ts';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { initialise } from '../../../src/formats/networks/initialise.ts';
import { GraphBuilder } from '../../support/builder.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { InputError } from '../../../src/graph/errors.ts';

function cost(name: string, width?: number) {
  const { graph } = createNetwork(name, { seed: 0, width });
  const dependencies = findGroups(graph);
  expect(dependencies.groups.filter((g) => g.frozen === undefined).length).toBeGreaterThan(3);
  return costModel(graph, dependencies)(fullArchitecture(dependencies));
}

describe('reference networks', () => {
  // known: resnet8 by hand (14x14, 7x7 and 4x4 maps); He et al. 2016 with projections; the prototypes' own count (nets.cjs); VGG-16 and MobileNets as published
  it.each([
    ['resnet8', 2.552, 0.0784],
    ['resnet20', 40.81, 0.274],
    ['resnet56', 125.75, 0.86],
    ['cnn4', 18.32, 0.0964],
    ['vgg16', 313.2, 14.73],
    ['mobilenet-v2-small', 30.45, 0.141],
  ])('%s has %f million MACs and %f million parameters', (name, macs, params) => {
    const found = cost(name);
    expect(found.macs / 1e6).toBeCloseTo(macs, 1);
    expect(found.params / 1e6).toBeCloseTo(params, 2);
  });

  // weights of the convolutions, computed by hand from the table of stages
  it.each([
    ['vgg11', 8, 9_217_728],
    ['vgg13', 10, 9_402_048],
    ['vgg16', 13, 14_710_464],
    ['vgg19', 16, 20_018_880],
  ])('%s has %d convolutions with %d weights', (name, convolutions, weights) => {
    const { params } = createNetwork(name, { seed: 0 }).graph;
    const kernels = Object.entries(params).filter(([key]) => key.endsWith('_conv/kernel'));
    expect(kernels).toHaveLength(convolutions);
    expect(kernels.reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(weights);
  });

  it('resnet50 has 25.56 million parameters and 53,120 batch-norm statistics', () => {
    const { graph } = createNetwork('resnet50', { seed: 0 });
    const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
    let trained = 0;
    let statistics = 0;
    for (const p of Object.values(graph.params)) {
      if (p.trainable) trained += size(p.shape);
      else statistics += size(p.shape);
    }
    expect(trained).toBe(25_557_032);
    expect(statistics).toBe(53_120);
  });

  it('the original MobileNetV2 (width 1) has 300.8 million MACs, MobileNetV1 568.7', () => {
    expect(cost('mobilenet-v2', 1).macs / 1e6).toBeCloseTo(300.77, 1);
    expect(cost('mobilenet-v1').macs / 1e6).toBeCloseTo(568.74, 1);
  });

  it('kernels are He-normal over the fan-out, one seed a network, each layer on its own', () => {
    const a = createNetwork('resnet20', { seed: 1 });
    const kernel = a.weights.get('stage3_block2_1_conv/kernel')!;
    const deviation = Math.sqrt(kernel.reduce((s, v) => s + v * v, 0) / kernel.length);
    expect(deviation).toBeCloseTo(Math.sqrt(2 / (9 * 64)), 2);
    expect([...a.weights.get('stem_bn/moving_variance')!]).toEqual(new Array(16).fill(1));
    const b = createNetwork('resnet56', { seed: 1 });
    expect([...b.weights.get('stem_conv/kernel')!]).toEqual([...a.weights.get('stem_conv/kernel')!]);
    const c = createNetwork('resnet20', { seed: 2 });
    expect([...c.weights.get('stem_conv/kernel')!]).not.toEqual([...a.weights.get('stem_conv/kernel')!]);
  });

  it("from nothing, what a Normalization layer was adapted to stays: it is the images', and never learnt", () => {
    const b = new GraphBuilder({ lively: true });
    const op = { kind: 'normalize', axes: [2], invert: false } as const;
    const x = b.add(
      op,
      [b.input([4, 4, 3])],
      { name: 'n' },
      { mean: [[3], 'zeros'], variance: [[3], 'ones'] },
    );
    const { graph, weights } = b.build(b.conv(x, 2, 3, { name: 'c' }));
    const fresh = initialise(graph, 1, weights);
    expect(fresh.get('n/mean')).toEqual(weights.get('n/mean'));
    expect(fresh.get('n/variance')).toEqual(weights.get('n/variance'));
    expect(fresh.get('c/kernel')).not.toEqual(weights.get('c/kernel'));
  });

  it('every name has a summary and takes other sizes; bad options are refused', () => {
    for (const name of networkNames) {
      expect(networkSummary(name)).not.toBe('');
      const { graph } = createNetwork(name, { seed: 0, inputShape: [37, 41, 3], classes: 7, width: 0.25 });
      const head = graph.params['classifier/kernel'].shape;
      expect(head[1]).toBe(7);
    }
    expect(() => createNetwork('resnet9', { seed: 0 })).toThrow(InputError);
    expect(() => createNetwork('toString', { seed: 0 })).toThrow(InputError);
    expect(() => createNetwork('cnn4', { seed: 0, width: 0 })).toThrow(InputError);
    expect(() => createNetwork('cnn4', { seed: 0, classes: 1.5 })).toThrow(InputError);
    expect(() => createNetwork('cnn4', { seed: 0, inputShape: [28, 28] })).toThrow(InputError);
  });
});
