import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { Random } from '../../src/graph/random.ts';
import { python } from '../support/keras.ts';
import { lacks, needs } from '../support/needs.ts';
import { execute } from '../support/reference-executor.ts';
import { difference, randomInputs } from './checks.ts';
import type { ActivationKind, Pair } from '../../src/graph/types.ts';
import type { ReferenceValue } from '../support/reference-executor.ts';

/** One layer in our terms and in Keras'. */
interface Layer {
  readonly name: string;
  readonly build: (b: GraphBuilder) => string;
  readonly keras: readonly [string, Readonly<Record<string, unknown>>];
  /** order of the weights in Keras */
  readonly roles?: readonly string[];
}

const layers: Layer[] = [];
for (const padding of ['same', 'valid'] as const)
  for (const [h, w, size, strides, dilation] of [
    [7, 6, [3, 3], 1, 1],
    [7, 6, [3, 2], 2, 1],
    [8, 9, [2, 3], 3, 1],
    [9, 8, [3, 3], 1, 2],
    [5, 5, [1, 1], 2, 1],
  ] as [number, number, Pair, number, number][]) {
    const name = `${padding} ${h}x${w} kernel ${size.join('x')} stride ${strides} dilation ${dilation}`;
    const config = { kernel_size: size, strides, padding, dilation_rate: dilation };
    const options = { stride: strides, padding, dilation };
    layers.push({
      name: `conv2d ${name}`,
      build: (b) => b.conv(b.input([h, w, 4]), 6, size, { ...options, groups: 2 }),
      keras: ['Conv2D', { ...config, filters: 6, groups: 2 }],
      roles: ['kernel', 'bias'],
    });
    layers.push({
      name: `depthwiseConv2d ${name}`,
      build: (b) => b.depthwise(b.input([h, w, 3]), size, { ...options, multiplier: 2 }),
      keras: ['DepthwiseConv2D', { ...config, depth_multiplier: 2 }],
      roles: ['kernel', 'bias'],
    });
    if (dilation === 1)
      layers.push({
        name: `conv2dTranspose ${name}`,
        build: (b) => b.convTranspose(b.input([h, w, 3]), 4, size, options),
        keras: ['Conv2DTranspose', { ...config, filters: 4 }],
        roles: ['kernel', 'bias'],
      });
    for (const [kind, pool] of [
      ['maxPool', 'MaxPooling2D'],
      ['avgPool', 'AveragePooling2D'],
    ] as const)
      if (dilation === 1)
        layers.push({
          name: `${kind} ${name}`,
          build: (b) => b.add({ kind, size, strides: [strides, strides], padding }, [b.input([h, w, 3])]),
          keras: [pool, { pool_size: size, strides, padding }],
        });
  }

for (const padding of ['same', 'valid'] as const)
  for (const outputPadding of [
    [0, 0],
    [1, 1],
    [0, 1],
  ] as Pair[])
    // prettier-ignore
    layers.push({
      name: `conv2dTranspose ${padding} stride 2 output padding ${outputPadding.join('x')}`,
      build: (b) => b.convTranspose(b.input([5, 4, 3]), 4, 3, { stride: 2, padding, outputPadding }),
      keras: ['Conv2DTranspose', { kernel_size: 3, strides: 2, padding, output_padding: outputPadding, filters: 4 }],
      roles: ['kernel', 'bias'],
    });

const activations: [ActivationKind, string][] = [
  ['relu', 'relu'],
  ['relu6', 'relu6'],
  ['sigmoid', 'sigmoid'],
  ['hardSigmoid6', 'hard_sigmoid'],
  ['tanh', 'tanh'],
  ['swish', 'silu'],
  ['hardSwish', 'hard_silu'],
  ['elu', 'elu'],
  ['selu', 'selu'],
  ['softplus', 'softplus'],
  ['softsign', 'softsign'],
  ['exponential', 'exponential'],
  ['mish', 'mish'],
];
for (const [ours, theirs] of activations)
  layers.push({
    name: ours,
    build: (b) => b.activation(b.input([5, 5, 4]), ours),
    keras: ['Activation', { activation: theirs }],
  });
layers.push(
  // Keras' "gelu" activation is the exact one
  {
    name: 'gelu',
    build: (b) => b.activation(b.input([9, 9, 4]), 'gelu'),
    keras: ['Activation', { activation: 'gelu' }],
  },
  {
    name: 'leakyRelu',
    build: (b) => b.add({ kind: 'activation', activation: 'leakyRelu', alpha: 0.2 }, [b.input([5, 5, 4])]),
    keras: ['LeakyReLU', { negative_slope: 0.2 }],
  },
  {
    name: 'clippedRelu',
    build: (b) =>
      b.add({ kind: 'activation', activation: 'clippedRelu', alpha: 0.1, maxValue: 1.5, threshold: 0.5 }, [
        b.input([9, 9, 4]),
      ]),
    keras: ['ReLU', { negative_slope: 0.1, max_value: 1.5, threshold: 0.5 }],
  },
  { name: 'softmax', build: (b) => b.softmax(b.input([3, 4]), { axis: 0 }), keras: ['Softmax', { axis: 1 }] },
  {
    name: 'dense',
    build: (b) => b.dense(b.input([3, 4]), 5),
    keras: ['Dense', { units: 5 }],
    roles: ['kernel', 'bias'],
  },
  {
    name: 'batchNorm',
    build: (b) => b.batchNorm(b.input([3, 3, 4])),
    keras: ['BatchNormalization', {}],
    roles: ['gamma', 'beta', 'mean', 'variance'],
  },
  {
    name: 'layerNorm',
    build: (b) => b.layerNorm(b.input([3, 3, 4])),
    keras: ['LayerNormalization', {}],
    roles: ['gamma', 'beta'],
  },
  {
    name: 'layerNorm over two axes',
    build: (b) => b.layerNorm(b.input([3, 2, 4]), { axes: [0, 2] }),
    keras: ['LayerNormalization', { axis: [1, 3] }],
    roles: ['gamma', 'beta'],
  },
  {
    name: 'prelu',
    build: (b) => b.prelu(b.input([3, 3, 4])),
    keras: ['PReLU', { shared_axes: [1, 2] }],
    roles: ['alpha'],
  },
  { name: 'flatten', build: (b) => b.flatten(b.input([3, 2, 4])), keras: ['Flatten', {}] },
  {
    name: 'reshape',
    build: (b) => b.reshape(b.input([3, 2, 4]), [4, 6]),
    keras: ['Reshape', { target_shape: [4, 6] }],
  },
  {
    name: 'permute',
    build: (b) => b.permute(b.input([3, 2, 4]), [2, 0, 1]),
    keras: ['Permute', { dims: [3, 1, 2] }],
  },
  {
    name: 'globalAvgPool',
    build: (b) => b.globalPool(b.input([3, 2, 4])),
    keras: ['GlobalAveragePooling2D', {}],
  },
  {
    name: 'globalMaxPool',
    build: (b) => b.globalPool(b.input([3, 2, 4]), { kind: 'globalMaxPool', keepDims: true }),
    keras: ['GlobalMaxPooling2D', { keepdims: true }],
  },
  {
    name: 'zeroPad',
    build: (b) => b.zeroPad(b.input([3, 2, 4]), [1, 2, 3, 0]),
    keras: ['ZeroPadding2D', { padding: [[1, 2], [3, 0]] }], // prettier-ignore
  },
  {
    name: 'crop',
    build: (b) => b.crop(b.input([6, 5, 4]), [1, 2, 0, 3]),
    keras: ['Cropping2D', { cropping: [[1, 2], [0, 3]] }], // prettier-ignore
  },
  ...(['nearest', 'bilinear'] as const).map((interpolation) => ({
    name: `upsample ${interpolation}`,
    build: (b: GraphBuilder) => b.upsample(b.input([3, 4, 2]), 2, { interpolation }),
    keras: ['UpSampling2D', { size: 2, interpolation }] as const,
  })),
  ...(
    [
      ['add', 'Add'],
      ['multiply', 'Multiply'],
      ['maximum', 'Maximum'],
      ['minimum', 'Minimum'],
      ['average', 'Average'],
    ] as const
  ).map(([kind, name]) => ({
    name: `${kind} with broadcasting`,
    build: (b: GraphBuilder) => b.merge(kind, [b.input([3, 2, 4]), b.input([1, 1, 4]), b.input([3, 2, 1])]),
    keras: [name, {}] as const,
  })),
  {
    name: 'subtract',
    build: (b) => b.merge('subtract', [b.input([3, 2, 4]), b.input([3, 2, 4])]),
    keras: ['Subtract', {}],
  },
  {
    name: 'concat along the height',
    build: (b) => b.concat([b.input([3, 2, 4]), b.input([1, 2, 4])], { axis: 0 }),
    keras: ['Concatenate', { axis: 1 }],
  },
);

const need = needs(lacks.keras());

describe.skipIf(need.skip)(need.name('shapes and the reference executor against Keras'), () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'espalier-ops-'));
  const ours: ReferenceValue[] = [];
  let theirs: ReferenceValue[] = [];

  beforeAll(() => {
    const cases = layers.map(({ build, keras, roles }, i) => {
      const b = new GraphBuilder({ seed: i, lively: true });
      const { graph, weights } = b.build(build(b));
      const inputs = randomInputs(graph, new Random(i));
      ours.push(execute(graph, weights, inputs)[0]);
      const node = graph.nodes[graph.nodes.length - 1];
      const values = (roles ?? []).map((role) => {
        const { id, shape } = graph.params[node.params[role]];
        return { shape, data: Array.from(weights.get(id)!) };
      });
      const given = inputs.map(({ shape, data }) => ({ shape, data: Array.from(data) }));
      return { class: keras[0], config: keras[1], inputs: given, weights: values };
    });
    const [input, output] = ['in.json', 'out.json'].map((name) => path.join(folder, name));
    writeFileSync(input, JSON.stringify(cases));
    execFileSync(python!, [path.resolve('test/graph/keras_ops.py'), input, output], { stdio: 'inherit' });
    theirs = JSON.parse(readFileSync(output, 'utf8')) as ReferenceValue[];
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(layers.map((layer, i) => ({ name: layer.name, i })))('$name', ({ i }) => {
    expect(difference([theirs[i]], [ours[i]])).toBeLessThan(1e-5);
  });
});
