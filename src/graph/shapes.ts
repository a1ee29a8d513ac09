import { InputError } from './errors.ts';
import type { Graph, Op, Padding, Shape } from './types.ts';

type Sizes = readonly number[];

/** Number of elements of a shape; 1 for []. */
export function sizeOf(shape: Sizes): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Output length of a convolution or pooling window along one axis. `pads` is [before, after] of explicit padding. */
export function windowLength(
  length: number,
  size: number,
  stride: number,
  dilation: number,
  padding: 'same' | 'valid' | readonly [number, number],
): number {
  const reach = (size - 1) * dilation + 1;
  if (padding === 'same') return Math.ceil(length / stride);
  const padded = padding === 'valid' ? length : length + padding[0] + padding[1];
  return Math.floor((padded - reach) / stride) + 1;
}

/** Output length of a transposed convolution along one axis (Keras' rule, with and without output padding). */
export function transposedLength(
  length: number,
  size: number,
  stride: number,
  dilation: number,
  padding: 'same' | 'valid' | readonly [number, number],
  outputPadding: number | undefined,
): number {
  const reach = (size - 1) * dilation + 1;
  if (typeof padding !== 'string')
    return (length - 1) * stride + reach - padding[0] - padding[1] + (outputPadding ?? 0);
  if (outputPadding === undefined)
    return padding === 'same' ? length * stride : length * stride + Math.max(reach - stride, 0);
  const pad = padding === 'same' ? Math.floor(reach / 2) : 0;
  return (length - 1) * stride + reach - 2 * pad + outputPadding;
}

/** The padding of one spatial axis (0: height, 1: width). */
export function axisPadding(padding: Padding, axis: 0 | 1): 'same' | 'valid' | readonly [number, number] {
  if (typeof padding === 'string') return padding;
  return axis === 0 ? [padding[0], padding[1]] : [padding[2], padding[3]];
}

/** Shape that several operands broadcast to, aligned at the last axis; null where they don't. */
export function broadcastShape(shapes: readonly Shape[]): Shape | null {
  const rank = Math.max(...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      if (shape[i] === 1 || shape[i] === out[at]) continue;
      if (out[at] !== 1) return null;
      out[at] = shape[i];
    }
  }
  return out;
}

/**
 * Shape of an op's output, per sample (NHWC without the batch axis), with Keras' padding rules.
 * @param paramShapes shapes of the op's parameters by role (kernel, bias, gamma, ...)
 * @throws InputError naming what does not fit
 */
export function outputShape(
  op: Op,
  inputShapes: readonly Shape[],
  paramShapes: Readonly<Record<string, Sizes>>,
): Shape {
  const shape = rule(op, inputShapes, paramShapes);
  for (const d of shape) {
    if (!Number.isInteger(d) || d < 1)
      throw new InputError(
        `${op.kind} gives the empty or invalid shape [${shape.join(', ')}] from ${show(inputShapes)}`,
      );
  }
  return shape;
}

function rule(op: Op, inputs: readonly Shape[], params: Readonly<Record<string, Sizes>>): Shape {
  const x = inputs[0];
  const arity = inputCount(op);
  if (inputs.length < arity.min || inputs.length > arity.max)
    fail(
      op,
      `has ${inputs.length} inputs, expected ${arity.min === arity.max ? arity.min : 'at least ' + arity.min}`,
    );
  switch (op.kind) {
    case 'input':
    case 'opaque':
      return op.shape;
    case 'conv2d': {
      image(op, x);
      const k = parameter(op, params, 'kernel', 4);
      if (op.groups < 1 || k[2] * op.groups !== x[2])
        fail(op, `has a kernel for ${k[2]} x ${op.groups} channels, its input has ${x[2]}`);
      if (k[3] % op.groups !== 0) fail(op, `has ${k[3]} filters, not divisible by its ${op.groups} groups`);
      vector(op, params, 'bias', k[3]);
      return [...conv(x, k, op), k[3]];
    }
    case 'depthwiseConv2d': {
      image(op, x);
      const k = parameter(op, params, 'kernel', 4);
      if (k[2] !== x[2]) fail(op, `has a kernel for ${k[2]} channels, its input has ${x[2]}`);
      vector(op, params, 'bias', k[2] * k[3]);
      return [...conv(x, k, op), k[2] * k[3]];
    }
    case 'conv2dTranspose': {
      image(op, x);
      const k = parameter(op, params, 'kernel', 4);
      if (k[3] !== x[2]) fail(op, `has a kernel for ${k[3]} channels, its input has ${x[2]}`);
      vector(op, params, 'bias', k[2]);
      const length = (axis: 0 | 1) =>
        transposedLength(
          x[axis],
          k[axis],
          op.strides[axis],
          op.dilation[axis],
          axisPadding(op.padding, axis),
          op.outputPadding?.[axis],
        );
      return [length(0), length(1), k[2]];
    }
    case 'dense': {
      const k = parameter(op, params, 'kernel', 2);
      if (x.length < 1 || k[0] !== x[x.length - 1])
        fail(op, `has a kernel for ${k[0]} features, its input is [${x.join(', ')}]`);
      vector(op, params, 'bias', k[1]);
      return [...x.slice(0, -1), k[1]];
    }
    case 'batchNorm':
      if (x.length < 1) fail(op, 'needs an input with channels');
      for (const role of ['gamma', 'beta', 'mean', 'variance']) vector(op, params, role, x[x.length - 1]);
      return x;
    case 'layerNorm': {
      if (op.axes.length === 0) fail(op, 'names no axis');
      for (const a of op.axes) checkAxis(op, a, x.length);
      const n = op.axes.map((a) => x[a]);
      for (const role of ['gamma', 'beta']) {
        const p = params[role];
        if (p && !same(p, n)) fail(op, `has ${role} [${p.join(', ')}], expected [${n.join(', ')}]`);
      }
      return x;
    }
    case 'groupNorm': {
      const channels = x[x.length - 1];
      if (x.length < 1 || channels % op.count !== 0)
        fail(
          op,
          `has ${op.count} ${op.fixed === 'groups' ? 'groups' : 'channels a group'}, its input is [${x.join(', ')}]`,
        );
      for (const role of ['gamma', 'beta']) vector(op, params, role, channels);
      return x;
    }
    case 'unitNorm':
      if (op.axes.length === 0) fail(op, 'names no axis');
      for (const a of op.axes) checkAxis(op, a, x.length);
      return x;
    case 'normalize': {
      for (const a of op.axes) checkAxis(op, a, x.length);
      const n = op.axes.map((a) => x[a]);
      for (const role of ['mean', 'variance'])
        if (!same(parameter(op, params, role, n.length), n))
          fail(op, `has ${role} [${params[role].join(', ')}], expected [${n.join(', ')}]`);
      return x;
    }
    case 'scale':
      parameter(op, params, 'gamma', 1);
      vector(op, params, 'gamma', x[x.length - 1]);
      return x;
    case 'affine':
      for (const values of [op.scale, op.offset])
        if (values.length !== 1 && values.length !== x[x.length - 1])
          fail(op, `has ${values.length} values, its input has ${x[x.length - 1]} channels`);
      return x;
    case 'prelu': {
      const alpha = parameter(op, params, 'alpha', x.length);
      if (!same(broadcastShape([x, alpha]) ?? [], x))
        fail(op, `has alpha [${alpha.join(', ')}], its input is [${x.join(', ')}]`);
      return x;
    }
    case 'softmax':
    case 'logSoftmax':
      checkAxis(op, op.axis, x.length);
      return x;
    case 'glu':
      checkAxis(op, op.axis, x.length);
      if (x[op.axis] % 2 !== 0) fail(op, `halves an axis of ${x[op.axis]}`);
      return x.map((d, a) => (a === op.axis ? d / 2 : d));
    case 'activation':
    case 'dropout':
    case 'identity':
      return x;
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'maximum':
    case 'minimum':
    case 'average': {
      const out = broadcastShape(inputs);
      if (!out) fail(op, `can't combine the shapes ${show(inputs)}`);
      return out;
    }
    case 'concat': {
      checkAxis(op, op.axis, x.length);
      const out = x.slice();
      for (let i = 1; i < inputs.length; i++) {
        const other = inputs[i];
        if (other.length !== x.length || other.some((d, a) => a !== op.axis && d !== x[a]))
          fail(op, `can't join the shapes ${show(inputs)} along axis ${op.axis}`);
        out[op.axis] += other[op.axis];
      }
      return out;
    }
    case 'flatten':
      return [sizeOf(x)];
    case 'reshape':
      if (sizeOf(op.target) !== sizeOf(x))
        fail(op, `can't make [${op.target.join(', ')}] of [${x.join(', ')}]`);
      return op.target;
    case 'permute':
      if (
        op.perm.length !== x.length ||
        !same(
          [...op.perm].sort((a, b) => a - b),
          [...x.keys()],
        )
      )
        fail(op, `has the permutation [${op.perm.join(', ')}], its input is [${x.join(', ')}]`);
      return op.perm.map((a) => x[a]);
    case 'maxPool':
    case 'avgPool': {
      image(op, x);
      const length = (axis: 0 | 1) =>
        windowLength(x[axis], op.size[axis], op.strides[axis], 1, axisPadding(op.padding, axis));
      return [length(0), length(1), x[2]];
    }
    case 'globalAvgPool':
    case 'globalMaxPool':
      image(op, x);
      return op.keepDims ? [1, 1, x[2]] : [x[2]];
    case 'zeroPad':
      image(op, x);
      return [x[0] + op.padding[0] + op.padding[1], x[1] + op.padding[2] + op.padding[3], x[2]];
    case 'crop':
      image(op, x);
      return [x[0] - op.cropping[0] - op.cropping[1], x[1] - op.cropping[2] - op.cropping[3], x[2]];
    case 'upsample':
      image(op, x);
      return [x[0] * op.size[0], x[1] * op.size[1], x[2]];
    case 'resize':
      image(op, x);
      return [...op.size, x[2]];
    case 'reduce':
      for (const a of op.axes) checkAxis(op, a, x.length);
      return op.keepDims
        ? x.map((d, a) => (op.axes.includes(a) ? 1 : d))
        : x.filter((_, a) => !op.axes.includes(a));
  }
}

/**
 * Shape of every node's value.
 * @throws InputError naming the layer whose shapes do not fit, or that reads a value that is not there
 */
export function inferShapes(graph: Graph): Record<string, Shape> {
  const shapes: Record<string, Shape> = Object.create(null);
  for (const node of graph.nodes) {
    if (shapes[node.id]) throw new InputError(`two nodes are called "${node.id}"`);
    const inputs = node.inputs.map((id) => {
      const shape = shapes[id];
      if (!shape)
        throw new InputError(
          `layer "${node.layer}" (${node.layerType}) reads "${id}", which no earlier node gives`,
        );
      return shape;
    });
    const params: Record<string, Sizes> = {};
    for (const [role, id] of Object.entries(node.params)) {
      const param = graph.params[id];
      if (!param) throw new InputError(`layer "${node.layer}" (${node.layerType}) has no parameter "${id}"`);
      params[role] = param.shape;
    }
    try {
      shapes[node.id] = outputShape(node.op, inputs, params);
    } catch (error) {
      if (error instanceof InputError)
        throw new InputError(`layer "${node.layer}" (${node.layerType}): ${error.message}`);
      throw error;
    }
  }
  for (const id of [...graph.inputs, ...graph.outputs])
    if (!shapes[id])
      throw new InputError(`the network names "${id}" as input or output, but no node gives it`);
  return shapes;
}

function conv(x: Shape, k: Sizes, op: Extract<Op, { kind: 'conv2d' | 'depthwiseConv2d' }>): [number, number] {
  const length = (axis: 0 | 1) =>
    windowLength(x[axis], k[axis], op.strides[axis], op.dilation[axis], axisPadding(op.padding, axis));
  return [length(0), length(1)];
}

function inputCount(op: Op): { min: number; max: number } {
  switch (op.kind) {
    case 'input':
      return { min: 0, max: 0 };
    case 'opaque':
      return { min: 0, max: Infinity };
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'maximum':
    case 'minimum':
    case 'average':
    case 'concat':
      return { min: 1, max: Infinity };
    default:
      return { min: 1, max: 1 };
  }
}

function fail(op: Op, problem: string): never {
  throw new InputError(`${op.kind} ${problem}`);
}

function image(op: Op, x: Shape): void {
  if (x.length !== 3) fail(op, `needs an input of height, width and channels, got [${x.join(', ')}]`);
}

function parameter(op: Op, params: Readonly<Record<string, Sizes>>, role: string, rank: number): Sizes {
  const p = params[role];
  if (!p) fail(op, `has no ${role}`);
  if (p.length !== rank) fail(op, `has a ${role} of shape [${p.join(', ')}], expected ${rank} axes`);
  return p;
}

function vector(op: Op, params: Readonly<Record<string, Sizes>>, role: string, length: number): void {
  const p = params[role];
  if (p && (p.length !== 1 || p[0] !== length))
    fail(op, `has ${role} of shape [${p.join(', ')}], expected [${length}]`);
}

function checkAxis(op: Op, axis: number, rank: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) fail(op, `acts on axis ${axis} of ${rank} axes`);
}

function same(a: Sizes, b: Sizes): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

function show(shapes: readonly Shape[]): string {
  return shapes.map((s) => `[${s.join(', ')}]`).join(', ');
}
