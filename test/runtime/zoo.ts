import { GraphBuilder } from '../support/builder.ts';
import { Random } from '../../src/graph/random.ts';
import type { ActivationKind, Graph, Op, Weights } from '../../src/graph/types.ts';

export interface Small {
  readonly name: string;
  readonly graph: Graph;
  readonly weights: Weights;
}

export const ACTIVATIONS: readonly ActivationKind[] = [
  'linear',
  'relu',
  'relu6',
  'sigmoid',
  'hardSigmoid',
  'hardSigmoid6',
  'tanh',
  'swish',
  'hardSwish',
  'gelu',
  'geluTanh',
  'elu',
  'selu',
  'softplus',
  'softsign',
  'exponential',
  'mish',
  'hardTanh',
  'logSigmoid',
  'tanhShrink',
  'sparsePlus',
  'sparseSigmoid',
  'expm1',
  'abs',
  'erf',
];

function make(name: string, build: (b: GraphBuilder) => string | readonly string[]): Small {
  const b = new GraphBuilder({ seed: 17, lively: true });
  return { name, ...b.build(build(b)) };
}

function raw(b: GraphBuilder, x: string, op: Op): string {
  return b.add(op, [x]);
}

function normalize(b: GraphBuilder, x: string, axes: readonly number[], invert = false): string {
  const sizes = axes.map((a) => b.shape(x)[a]);
  const params = { mean: [sizes, 'zeros'], variance: [sizes, 'ones'] } as const;
  return b.add({ kind: 'normalize', axes, invert }, [x], {}, params);
}

function groupNorm(b: GraphBuilder, x: string, fixed: 'groups' | 'channels', count: number): string {
  const c = [b.shape(x).at(-1)!];
  return b.add(
    { kind: 'groupNorm', epsilon: 1e-3, fixed, count },
    [x],
    {},
    { gamma: [c, 'ones'], beta: [c, 'zeros'] },
  );
}

function unitNorm(b: GraphBuilder, x: string, axes: readonly number[]): string {
  return b.add({ kind: 'unitNorm', axes, least: 1e-6 }, [x]);
}

/** Small networks that between them hold every op and every way of padding. */
export function zoo(): Small[] {
  const nets: Small[] = [
    make('same convolution, stride 2, odd size, dense, softmax', (b) => {
      const h = b.relu(b.conv(b.input([9, 7, 3]), 5, 3, { stride: 2 }));
      return b.softmax(b.dense(b.flatten(h), 4));
    }),
    make('valid, rectangular, dilated', (b) => {
      const h = b.conv(b.input([12, 11, 2]), 4, [3, 2], { padding: 'valid', dilation: 2 });
      return b.globalPool(b.conv(h, 3, 5, { dilation: 2 }));
    }),
    make('explicit padding', (b) => b.conv(b.input([7, 8, 2]), 4, 3, { padding: [2, 1, 0, 3], stride: 2 })),
    make('grouped', (b) =>
      b.conv(b.conv(b.input([6, 6, 4]), 6, 3, { groups: 2 }), 9, 1, { groups: 3, bias: false }),
    ),
    make('depthwise with a multiplier, strides', (b) => {
      const h = b.depthwise(b.input([8, 9, 3]), 3, { multiplier: 2, stride: 2 });
      return b.depthwise(h, 3, { padding: 'valid', bias: false });
    }),
    make('dilated depthwise', (b) => b.depthwise(b.input([9, 9, 3]), 3, { dilation: 2 })),
    make('transposed, same', (b) => b.convTranspose(b.input([5, 4, 3]), 4, 3, { stride: 2 })),
    make('transposed, same, even kernel', (b) => b.convTranspose(b.input([5, 4, 3]), 4, 4, { stride: 2 })),
    make('transposed, valid', (b) =>
      b.convTranspose(b.input([5, 4, 3]), 2, 3, { stride: 2, padding: 'valid' }),
    ),
    make('transposed, valid, wide stride', (b) =>
      b.convTranspose(b.input([5, 4, 3]), 2, 2, { stride: 3, padding: 'valid' }),
    ),
    make('transposed, output padding', (b) =>
      b.convTranspose(b.input([5, 4, 3]), 2, 3, { stride: 2, outputPadding: [1, 1] }),
    ),
    make('transposed, dilated', (b) => b.convTranspose(b.input([5, 4, 3]), 2, 3, { dilation: 2 })),
    make('batch norm behind conv, depthwise, dense and add', (b) => {
      let h = b.relu(b.batchNorm(b.conv(b.input([6, 6, 3]), 4, 3, { bias: false })));
      h = b.relu(b.batchNorm(b.depthwise(h, 3, { multiplier: 2, bias: false }), { scale: false }));
      const y = b.batchNorm(b.conv(h, 8, 1), { center: false });
      h = b.batchNorm(b.merge('add', [h, y]));
      h = b.batchNorm(b.convTranspose(h, 3, 3));
      return b.batchNorm(b.dense(b.globalPool(h), 5));
    }),
    make('batch norm on a value that is read twice', (b) => {
      const h = b.conv(b.input([4, 4, 2]), 3, 3);
      return b.merge('add', [b.batchNorm(h), h]);
    }),
    make('a layer called twice', (b) => {
      const h = b.conv(b.input([4, 4, 3]), 3, 3, { name: 'twice' });
      const op: Op = { kind: 'conv2d', strides: [1, 1], padding: 'same', dilation: [1, 1], groups: 1 };
      return b.add(op, [b.batchNorm(h)], { share: 'twice' });
    }),
    make('layer norm over channels and over all', (b) => {
      const h = b.layerNorm(b.input([4, 3, 5]));
      return b.layerNorm(b.flatten(b.layerNorm(h, { axes: [0, 1, 2] })));
    }),
    make('layer norm over rows', (b) => b.layerNorm(b.input([4, 3, 5]), { axes: [0, 2] })),
    make('layer norm by the root of mean squares', (b) => {
      const h = b.conv(b.input([4, 3, 5]), 4, 3);
      return b.add(
        { kind: 'layerNorm', epsilon: 1e-6, axes: [2], rms: true },
        [h],
        {},
        { gamma: [[4], 'ones'] },
      );
    }),
    make('group norms', (b) => {
      const h = groupNorm(b, b.conv(b.input([4, 5, 3]), 6, 3), 'groups', 2);
      const rows = groupNorm(b, b.reshape(groupNorm(b, h, 'channels', 1), [20, 6]), 'channels', 3);
      return groupNorm(b, b.dense(b.flatten(rows), 6), 'groups', 3);
    }),
    make('unit norms', (b) => {
      const h = unitNorm(b, b.conv(b.input([4, 5, 3]), 6, 3), [2]);
      return unitNorm(b, b.dense(b.flatten(unitNorm(b, h, [0, 2])), 5), [0]);
    }),
    make('gated linear units', (b) => {
      const h = raw(b, b.conv(b.input([4, 6, 3]), 6, 3), { kind: 'glu', axis: 2 });
      return raw(b, raw(b, h, { kind: 'glu', axis: 1 }), { kind: 'glu', axis: 0 });
    }),
    make('prelu shared and not', (b) => {
      const h = b.prelu(b.conv(b.input([5, 4, 2]), 3, 3));
      return b.prelu(b.dense(b.flatten(b.prelu(h, { sharedAxes: [] })), 4));
    }),
    make('affine', (b) => {
      const h = raw(b, b.input([4, 4, 3]), { kind: 'affine', scale: [2, 0.5, -1], offset: [0.1, 0.2, 0.3] });
      return raw(b, h, { kind: 'affine', scale: [0.25], offset: [-1] });
    }),
    make('normalisation by weights', (b) => {
      const h = normalize(b, b.conv(b.input([4, 5, 3]), 4, 3), [2]);
      return b.merge('add', [normalize(b, h, [0, 2], true), normalize(b, h, [])]);
    }),
    make('a scale a channel', (b) => {
      const h = b.conv(b.input([4, 4, 3]), 5, 1);
      return b.merge('add', [h, b.add({ kind: 'scale' }, [b.conv(h, 5, 3)], {}, { gamma: [[5], 'ones'] })]);
    }),
    make('resized', (b) => {
      const h = b.conv(b.input([7, 5, 3]), 4, 3);
      const big = raw(b, h, { kind: 'resize', size: [9, 12], interpolation: 'bilinear', antialias: false });
      return raw(b, big, { kind: 'resize', size: [4, 7], interpolation: 'nearest', antialias: false });
    }),
    make('reduced', (b) => {
      const h = b.conv(b.input([4, 5, 3]), 4, 3);
      const mean = raw(b, h, { kind: 'reduce', how: 'mean', axes: [2], keepDims: true });
      const most = raw(b, h, { kind: 'reduce', how: 'max', axes: [2], keepDims: true });
      const gate = b.activation(b.conv(b.concat([mean, most]), 1, 3), 'sigmoid');
      const rows = raw(b, b.merge('multiply', [h, gate]), {
        kind: 'reduce',
        how: 'sum',
        axes: [1],
        keepDims: false,
      });
      return raw(b, rows, { kind: 'reduce', how: 'min', axes: [0], keepDims: false });
    }),
    make('merges', (b) => {
      const x = b.input([4, 4, 3]);
      const [p, q, r] = [b.conv(x, 4, 3), b.conv(x, 4, 3), b.conv(x, 4, 1)];
      const h = b.merge('average', [b.merge('add', [p, q, r]), b.merge('subtract', [p, r]), q]);
      const s = b.merge('multiply', [b.merge('maximum', [p, q]), b.merge('minimum', [q, r, h])]);
      return b.concat([h, s, b.conv(x, 1, 1)]);
    }),
    make('broadcasting merges', (b) => {
      const h = b.conv(b.input([4, 5, 3]), 4, 3);
      const gate = b.activation(b.dense(b.globalPool(h), 4), 'sigmoid');
      const one = b.conv(h, 1, 1);
      return b.merge('add', [b.merge('multiply', [h, gate]), one]);
    }),
    make('squeeze and excite', (b) => {
      const h = b.activation(b.batchNorm(b.conv(b.input([8, 8, 3]), 6, 3)), 'swish');
      let s = b.reshape(b.globalPool(h), [1, 1, 6]);
      s = b.activation(b.conv(b.relu(b.conv(s, 2, 1)), 6, 1), 'sigmoid');
      return b.globalPool(b.merge('multiply', [h, s]));
    }),
    make('concat along height and width, vectors', (b) => {
      const x = b.input([4, 4, 2]);
      const h = b.concat([x, b.conv(x, 2, 1)], { axis: 0 });
      const v = b.flatten(b.concat([h, h], { axis: 1 }));
      return b.concat([b.dense(v, 3), b.dense(v, 2)]);
    }),
    make('reshapes and permutes', (b) => {
      const h = b.permute(b.conv(b.input([4, 6, 3]), 5, 1), [1, 2, 0]);
      const r = b.dense(b.reshape(b.permute(b.reshape(h, [6, 20]), [1, 0]), [10, 12]), 3);
      return b.reshape(b.batchNorm(r), [5, 3, 2]);
    }),
    make('positions in another order, left out and repeated', (b) => {
      const take = (x: string, axis: number, positions: number[]) =>
        raw(b, x, { kind: 'gather', axis, positions });
      const h = take(b.conv(b.input([4, 5, 3]), 6, 3), 2, [5, 4, 3, 2, 1, 0]);
      const rows = take(take(h, 0, [0, 2]), 1, [4, 1, 1, 0]);
      const some = b.conv(take(rows, 2, [1, 2, 3]), 4, 1);
      const again = b.relu(take(rows, 2, [0, 0, 3, 0]));
      return take(b.flatten(b.merge('add', [some, again])), 0, [7, 0, 30, 7, 2]);
    }),
    make('dense on an image', (b) => b.dense(b.input([3, 4, 5]), 6)),
    make('softmax over height', (b) => b.softmax(b.input([3, 4, 5]), { axis: 0 })),
    make('logarithms of softmax', (b) => {
      // behind a ReLU, because a bias added to a whole row changes nothing: its gradient would be rounding alone
      const h = raw(b, b.relu(b.conv(b.input([3, 4, 5]), 6, 1)), { kind: 'logSoftmax', axis: 0 });
      return raw(b, b.dense(b.flatten(h), 5), { kind: 'logSoftmax', axis: 0 });
    }),
    make('max pools', (b) => {
      const h = b.pool('maxPool', b.input([9, 8, 3]), 3, { stride: 2, padding: 'same' });
      return b.pool('maxPool', h, 2, { stride: 1 });
    }),
    make('average pools', (b) => {
      const h = b.pool('avgPool', b.input([9, 8, 3]), 3, { stride: 2, padding: 'same' });
      return b.pool('avgPool', h, 2, { stride: 1 });
    }),
    make('global pools', (b) => {
      const x = b.input([5, 4, 3]);
      const kinds = ['globalAvgPool', 'globalMaxPool'] as const;
      return kinds.flatMap((kind) => [b.globalPool(x, { kind }), b.globalPool(x, { kind, keepDims: true })]);
    }),
    make('zero padding and cropping', (b) =>
      b.crop(b.conv(b.zeroPad(b.input([5, 4, 2]), [1, 2, 0, 3]), 3, 3, { padding: 'valid' }), [1, 0, 1, 2]),
    ),
    make('padding with another value, in front of a convolution and of a pool', (b) => {
      const pad = (x: string, value: number) =>
        b.add({ kind: 'zeroPad', padding: [1, 2, 0, 3], value }, [x], { layerType: 'Resizing' });
      const h = b.conv(pad(b.input([5, 4, 2]), 0.7), 3, 3, { padding: 'valid' });
      return b.pool('maxPool', pad(h, -1.5), 2, { stride: 2 });
    }),
    make('upsampling', (b) => {
      const h = b.upsample(b.input([3, 4, 2]), 3);
      return b.upsample(b.conv(h, 3, 3), 2, { interpolation: 'bilinear' });
    }),
    make('dropout and identity, two outputs', (b) => {
      const h = raw(b, b.dropout(b.conv(b.input([4, 4, 2]), 3, 3), 0.4), { kind: 'identity' });
      return [h, b.dense(b.flatten(h), 2)];
    }),
    make('the input as an output', (b) => {
      const x = b.input([3, 3, 2]);
      return [x, b.relu(x), x];
    }),
    make('constants that are added, divided by and joined', (b) => {
      const constant = (shape: readonly number[]): string =>
        b.add({ kind: 'constant' }, [], {}, { value: [shape, 'ones'] });
      const h = b.conv(b.input([4, 5, 3]), 4, 3);
      const scaled = b.merge('divide', [b.merge('add', [h, constant([4, 5, 4])]), constant([4])]);
      return b.dense(b.concat([scaled, constant([4, 5, 2])]), 3);
    }),
    make('attention', (b) => {
      const tokens = b.reshape(b.conv(b.input([2, 3, 2]), 6, 1), [6, 6]);
      // a bias of the keys has no effect, and its gradient is nothing but rounding
      const heads = (perm: readonly number[]): string =>
        b.permute(b.reshape(b.dense(tokens, 6, { bias: false }), [6, 2, 3]), perm);
      const product = b.add({ kind: 'matmul' }, [heads([1, 0, 2]), heads([1, 2, 0])]);
      const scores = b.softmax(raw(b, product, { kind: 'affine', scale: [0.3], offset: [0] }), { axis: 2 });
      const mixed = b.add({ kind: 'matmul' }, [scores, heads([1, 0, 2])]);
      return b.reshape(b.permute(mixed, [1, 0, 2]), [6, 6]);
    }),
    make('padded along axes', (b) => {
      const h = raw(b, b.conv(b.input([4, 5, 3]), 4, 3), { kind: 'padAxis', axis: 2, before: 1, after: 2 });
      const rows = raw(b, h, { kind: 'padAxis', axis: 0, before: 0, after: 2, value: 0.5 });
      return raw(b, b.dense(b.flatten(rows), 5), { kind: 'padAxis', axis: 0, before: 2, after: 0 });
    }),
    make('resized by corners', (b) => {
      const op = { kind: 'resize', interpolation: 'bilinear', antialias: false } as const;
      const big = raw(b, b.conv(b.input([4, 5, 2]), 3, 3), {
        ...op,
        size: [7, 9],
        coordinates: 'alignCorners',
      });
      return raw(b, big, { ...op, size: [10, 13], coordinates: 'asymmetric' });
    }),
  ];
  for (const kind of ACTIVATIONS)
    nets.push(make(`activation ${kind}`, (b) => b.activation(b.input([4, 4, 3]), kind)));
  const parametric: Op[] = [
    { kind: 'activation', activation: 'leakyRelu', alpha: 0.3 },
    { kind: 'activation', activation: 'elu', alpha: 0.5 },
    { kind: 'activation', activation: 'clippedRelu', alpha: 0.1, maxValue: 1.5, threshold: 0.4 },
    { kind: 'activation', activation: 'clippedRelu', maxValue: 1 },
    { kind: 'activation', activation: 'clippedRelu', alpha: 0.2 },
    { kind: 'activation', activation: 'celu', alpha: 0.7 },
    { kind: 'activation', activation: 'softShrink', threshold: 0.4 },
    { kind: 'activation', activation: 'hardShrink', threshold: 0.4 },
    { kind: 'activation', activation: 'threshold', threshold: 0.3, alpha: -0.2 },
    { kind: 'activation', activation: 'squareplus', alpha: 3 },
    { kind: 'activation', activation: 'clip', minValue: 0.3 },
    { kind: 'activation', activation: 'clip', maxValue: -0.2 },
    { kind: 'activation', activation: 'clip', minValue: -0.4, maxValue: 0.7 },
    { kind: 'activation', activation: 'clip', minValue: -1e9, maxValue: 1e9 },
  ];
  for (const op of [
    { kind: 'activation', activation: 'log' },
    ...[0.5, -0.5, -1, 3, 0.25, -2].map(
      (alpha) => ({ kind: 'activation', activation: 'power', alpha }) as const,
    ),
  ] as const)
    nets.push(
      make(`${JSON.stringify(op)} of positive numbers`, (b) => {
        const size = b.activation(b.conv(b.input([4, 4, 3]), 4, 3), 'abs');
        return raw(b, raw(b, size, { kind: 'affine', scale: [1], offset: [0.5] }), op);
      }),
    );
  for (const op of parametric) nets.push(make(JSON.stringify(op), (b) => raw(b, b.input([4, 4, 3]), op)));
  return nets;
}

const numbers = [-3e7, -1.2345678, -1e-7, 0, 1e-7, 0.3333333, 3e7];
const all = [1, 1, 1, 1, 1, 1, 1];

/** Limits near and far, with what stays of some numbers, and which of them have a slope, counted by hand. */
export const limits = (
  [
    [{ maxValue: 1e9 }, numbers, all],
    [{ minValue: -1e9 }, numbers, all],
    [{ minValue: -1e7, maxValue: 1e7 }, [-1e7, ...numbers.slice(1, 6), 1e7], [0, 1, 1, 1, 1, 1, 0]],
    [
      { minValue: 1e-7, maxValue: 1e9 },
      [...Array<number>(5).fill(1e-7), 0.3333333, 3e7],
      [0, 0, 0, 0, 1, 1, 1],
    ],
    [{ maxValue: -2 }, [-3e7, ...Array<number>(6).fill(-2)], [1, 0, 0, 0, 0, 0, 0]],
    [{ minValue: 0.25 }, [...Array<number>(5).fill(0.25), 0.3333333, 3e7], [0, 0, 0, 0, 0, 1, 1]],
  ] as const
).map(([limit, values, slopes]) => ({
  ...limit,
  x: Float32Array.from(numbers),
  values: Float32Array.from(values),
  slopes,
}));

/** A network that does nothing but hold its numbers between two limits. */
export function clipped({ minValue, maxValue }: { minValue?: number; maxValue?: number }): Small {
  const limit = { ...(minValue !== undefined && { minValue }), ...(maxValue !== undefined && { maxValue }) };
  return make('clip', (b) => raw(b, b.input([7]), { kind: 'activation', activation: 'clip', ...limit }));
}

/** n random inputs, of spread 2, as one array per input of the network. */
export function randomInputs(graph: Graph, n: number, seed = 5): Float32Array[] {
  const random = new Random(seed);
  return graph.inputs.map((id) => {
    const op = graph.nodes.find((node) => node.id === id)!.op;
    const size = op.kind === 'input' ? op.shape.reduce((a, b) => a * b, n) : 0;
    return Float32Array.from({ length: size }, () => 2 * random.normal());
  });
}

/** Largest difference, relative to the largest value of `right` (at least 1). */
export function difference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Infinity;
  let largest = 1;
  let worst = 0;
  for (let i = 0; i < left.length; i++) {
    const d = Math.abs(left[i] - right[i]);
    if (!(d <= worst)) worst = d;
    largest = Math.max(largest, Math.abs(right[i]));
  }
  return worst / largest;
}
