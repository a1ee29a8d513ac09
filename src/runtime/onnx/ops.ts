import { InputError } from '../../graph/errors.ts';
import { exportActivation } from './activation.ts';
import { conv2d, conv2dTranspose, dense, depthwise } from './conv.ts';
import { kept, plain, type ExportContext, type Value } from './layout.ts';
import { batchNormScale } from './fold.ts';
import { LEAST_DEVIATION } from '../ops/norm.ts';
import { sizeOf } from '../../graph/shapes.ts';
import type { OpOf } from '../ops/context.ts';
import { samplingMatrix } from '../resampling.ts';
import { globalPool, pool, zeroPad } from './pool.ts';

/** Emits the ONNX nodes of one of our nodes, and gives the name of its value. */
export function exportOp(c: ExportContext): string {
  const { op } = c.node;
  const { writer } = c;
  const x = c.inputs[0];
  switch (op.kind) {
    case 'conv2d':
      return conv2d(c, op);
    case 'depthwiseConv2d':
      return depthwise(c, op);
    case 'conv2dTranspose':
      return conv2dTranspose(c, op);
    case 'dense':
      return dense(c);
    case 'batchNorm': {
      const weights = new Map(Object.entries(c.node.params).map(([role, id]) => [id, c.param(role)!.values]));
      const { scale, shift } = batchNormScale(c.node, op.epsilon, weights);
      return scaleAndShift(c, scale, shift);
    }
    case 'affine':
      return scaleAndShift(c, op.scale, op.offset);
    case 'layerNorm':
      return layerNorm(c, op);
    case 'groupNorm':
      return groupNorm(c, op);
    case 'unitNorm':
      return unitNorm(c, op);
    case 'normalize':
      return normalize(c, op);
    case 'scale':
      return writer.node('Mul', [x.name, vector(c, c.param('gamma')!.values)]);
    case 'activation':
      return exportActivation(c, op);
    case 'softmax':
      return writer.node('Softmax', [x.name], { axis: axisOf(x.shape.length, op.axis) });
    case 'logSoftmax':
      return writer.node('LogSoftmax', [x.name], { axis: axisOf(x.shape.length, op.axis) });
    case 'glu': {
      const axis = writer.ints([axisOf(x.shape.length, op.axis)]);
      const half = x.shape[op.axis] / 2;
      const part = (from: number): string =>
        writer.node('Slice', [x.name, writer.ints([from]), writer.ints([from + half]), axis]);
      return writer.node('Mul', [part(0), writer.node('Sigmoid', [part(half)])]);
    }
    case 'prelu': {
      const { values, shape } = c.param('alpha')!;
      return writer.node('PRelu', [x.name, constantLike(c, values, shape)]);
    }
    case 'add':
      return fold(c, 'Add');
    case 'subtract':
      return fold(c, 'Sub');
    case 'multiply':
      return fold(c, 'Mul');
    case 'maximum':
      return fold(c, 'Max');
    case 'minimum':
      return fold(c, 'Min');
    case 'average':
      return writer.node('Mul', [fold(c, 'Add'), writer.scalar(1 / c.inputs.length)]);
    case 'concat':
      return writer.node(
        'Concat',
        c.inputs.map((value) => value.name),
        { axis: axisOf(x.shape.length, op.axis) },
      );
    case 'flatten':
    case 'reshape':
      return reshape(c, x, c.shape);
    case 'permute': {
      const moved = writer.node('Transpose', [plain(writer, x)], { perm: [0, ...op.perm.map((a) => a + 1)] });
      return kept(writer, moved, c.shape);
    }
    case 'maxPool':
    case 'avgPool':
      return pool(c, op);
    case 'globalAvgPool':
    case 'globalMaxPool':
      return globalPool(c, op);
    case 'zeroPad':
      return zeroPad(c, op);
    case 'crop': {
      const [top, bottom, left, right] = op.cropping;
      const [h, w] = x.shape;
      const [from, to] = [writer.ints([top, left]), writer.ints([h - bottom, w - right])];
      return writer.node('Slice', [x.name, from, to, writer.ints([2, 3])]);
    }
    case 'upsample': {
      const nearest = op.interpolation === 'nearest';
      return writer.node('Resize', [x.name, '', writer.floats([1, 1, ...op.size], [4])], {
        mode: nearest ? 'nearest' : 'linear',
        coordinate_transformation_mode: nearest ? 'asymmetric' : 'half_pixel',
        ...(nearest ? { nearest_mode: 'floor' } : {}),
      });
    }
    case 'resize': {
      // rows [H', H] x [H, W] of every channel, then columns [H', W] x [W, W']
      const [[h, w], [height, width]] = [x.shape, op.size];
      const rows = samplingMatrix(h, height, op.interpolation, op.antialias);
      const columns = transposed(samplingMatrix(w, width, op.interpolation, op.antialias), width, w);
      const tall = writer.node('MatMul', [writer.floats(rows, [height, h]), x.name]);
      return writer.node('MatMul', [tall, writer.floats(columns, [w, width])]);
    }
    case 'reduce':
      return reduce(c, op);
    case 'dropout':
    case 'identity':
      return x.name;
    case 'opaque':
      throw new InputError(
        `layer ${c.node.layer} (${op.what}) is not known to Espalier, so it can't be scored`,
      );
    case 'input':
      throw new InputError(`input ${c.node.id} is not among the graph's inputs`);
  }
}

/** A per-sample axis of ours in the ONNX tensor. */
function axisOf(rank: number, axis: number): number {
  return rank === 3 ? [2, 3, 1][axis] : axis + 1;
}

/** A constant with one axis a per-sample axis, laid out as the values are. */
function constantLike(c: ExportContext, values: Float32Array, shape: readonly number[]): string {
  if (shape.length !== 3) return c.writer.floats(values, shape);
  const [h, w, channels] = shape;
  const out = new Float32Array(values.length);
  for (let p = 0; p < h * w; p++)
    for (let ch = 0; ch < channels; ch++) out[ch * h * w + p] = values[p * channels + ch];
  return c.writer.floats(out, [channels, h, w]);
}

/** Per channel (the last axis), or by one number. */
function scaleAndShift(c: ExportContext, scale: ArrayLike<number>, shift: ArrayLike<number>): string {
  const scaled = c.writer.node('Mul', [c.inputs[0].name, vector(c, scale)]);
  return c.writer.node('Add', [scaled, vector(c, shift)]);
}

/** One number a channel, or one for all. */
function vector(c: ExportContext, values: ArrayLike<number>): string {
  return c.writer.floats(
    Float32Array.from(values),
    c.shape.length === 3 && values.length > 1 ? [values.length, 1, 1] : [values.length],
  );
}

function normalize(c: ExportContext, op: OpOf<'normalize'>): string {
  const { writer } = c;
  const shape = c.shape.map((d, a) => (op.axes.includes(a) ? d : 1));
  const constant = (values: Float32Array) => constantLike(c, values, shape);
  const mean = constant(c.param('mean')!.values);
  const variance = c.param('variance')!.values;
  const deviation = constant(variance.map((v) => Math.max(Math.sqrt(v), LEAST_DEVIATION)));
  const x = c.inputs[0].name;
  return op.invert
    ? writer.node('Add', [writer.node('Mul', [x, deviation]), mean])
    : writer.node('Div', [writer.node('Sub', [x, mean]), deviation]);
}

const REDUCTIONS = { mean: 'ReduceMean', max: 'ReduceMax', min: 'ReduceMin', sum: 'ReduceSum' } as const;

function reduce(c: ExportContext, op: OpOf<'reduce'>): string {
  const { writer } = c;
  const [x] = c.inputs;
  const over = op.axes.map((a) => axisOf(x.shape.length, a));
  const name = REDUCTIONS[op.how];
  // of the four only the sum takes its axes as an input
  const reduced =
    op.how === 'sum'
      ? writer.node(name, [x.name, writer.ints(over)], { keepdims: 1 })
      : writer.node(name, [x.name], { axes: over, keepdims: 1 });
  if (op.keepDims) return reduced;
  const whole = x.shape.map((d, a) => (op.axes.includes(a) ? 1 : d));
  return reshape(c, { name: reduced, shape: whole }, c.shape);
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]);
}

function layerNorm(c: ExportContext, { axes, epsilon, rms }: OpOf<'layerNorm'>): string {
  const { writer } = c;
  const rank = c.shape.length;
  const over = axes.map((a) => axisOf(rank, a));
  const x = c.inputs[0].name;
  const mean = (name: string): string => writer.node('ReduceMean', [name], { axes: over, keepdims: 1 });
  const centred = rms ? x : writer.node('Sub', [x, mean(x)]);
  const variance = mean(writer.node('Mul', [centred, centred]));
  const deviation = writer.node('Sqrt', [writer.node('Add', [variance, writer.scalar(epsilon)])]);
  let y = writer.node('Div', [centred, deviation]);
  for (const [role, op] of [
    ['gamma', 'Mul'],
    ['beta', 'Add'],
  ]) {
    const param = c.param(role);
    if (!param) continue;
    const shape = c.shape.map((d, a) => (axes.includes(a) ? d : 1));
    y = writer.node(op, [y, constantLike(c, param.values, shape)]);
  }
  return y;
}

/** Each group as one channel of an instance norm. */
function groupNorm(c: ExportContext, op: OpOf<'groupNorm'>): string {
  const { writer, shape } = c;
  const channels = shape[shape.length - 1];
  const groups = op.fixed === 'groups' ? op.count : channels / op.count;
  const size = sizeOf(shape);
  const parts = (name: string, to: readonly number[]): string =>
    writer.node('Reshape', [name, writer.ints([-1, ...to])]);
  const normal = (name: string): string =>
    writer.node(
      'InstanceNormalization',
      [
        name,
        writer.floats(new Float32Array(groups).fill(1), [groups]),
        writer.floats(new Float32Array(groups), [groups]),
      ],
      { epsilon: { float: op.epsilon } },
    );
  const [x] = c.inputs;
  let y: string;
  if (shape.length === 1) y = parts(normal(parts(x.name, [groups, size / groups])), shape);
  else if (shape.length === 3) {
    const [h, w] = shape;
    y = parts(normal(parts(x.name, [groups, size / groups])), [channels, h, w]);
  } else {
    // channels lie last: groups first, and back
    const places = size / channels;
    const turned = writer.node('Transpose', [parts(x.name, [places, groups, channels / groups])], {
      perm: [0, 2, 1, 3],
    });
    const done = parts(normal(parts(turned, [groups, size / groups])), [groups, places, channels / groups]);
    y = parts(writer.node('Transpose', [done], { perm: [0, 2, 1, 3] }), shape);
  }
  const gamma = c.param('gamma');
  const beta = c.param('beta');
  if (gamma) y = writer.node('Mul', [y, vector(c, gamma.values)]);
  return beta ? writer.node('Add', [y, vector(c, beta.values)]) : y;
}

function unitNorm(c: ExportContext, { axes, least }: OpOf<'unitNorm'>): string {
  const { writer } = c;
  const x = c.inputs[0].name;
  const over = writer.ints(axes.map((a) => axisOf(c.shape.length, a)));
  const squares = writer.node('ReduceSum', [writer.node('Mul', [x, x]), over], { keepdims: 1 });
  const norm = writer.node('Sqrt', [writer.node('Max', [squares, writer.scalar(least ** 2)])]);
  return writer.node('Div', [x, norm]);
}

function fold(c: ExportContext, op: string): string {
  const rank = Math.max(...c.inputs.map((value) => value.shape.length));
  const names = c.inputs.map((value) => {
    const missing = rank - value.shape.length;
    if (missing === 0) return value.name;
    return reshape(c, value, [...new Array<number>(missing).fill(1), ...value.shape]);
  });
  return names.slice(1).reduce((a, b) => c.writer.node(op, [a, b]), names[0]);
}

function reshape(c: ExportContext, value: Value, target: readonly number[]): string {
  const { writer } = c;
  const to = (name: string, dims: readonly number[]): string =>
    writer.node('Reshape', [name, writer.ints([-1, ...dims])]);
  // a single pixel lies the same way in both layouts
  const pixel = (shape: readonly number[]): boolean => shape.length !== 3 || shape[0] * shape[1] === 1;
  if (pixel(value.shape) && pixel(target))
    return to(value.name, target.length === 3 ? [target[2], 1, 1] : target);
  return kept(writer, to(plain(writer, value), target), target);
}
