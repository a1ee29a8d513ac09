import type { Op, OpOf, Padding, Pair } from '../../../graph/types.ts';
import { axisOf, IMAGE_AXES } from '../reading/reading.ts';
import type { Step } from '../reading/reading.ts';
import { inFileOrder, Unsaid } from '../reading/values.ts';
import type { Live } from '../reading/values.ts';
import { windowOf } from './linear.ts';
import { reshapeTo } from './reshape.ts';

/** A value with its channels (axis 1 in the file) last. */
function channelsLast(step: Step, x: Live): { node: string; order: number[] } {
  if (!x.axes.includes(1)) throw new Unsaid('an input without channels');
  const order = x.dims.length === 4 ? IMAGE_AXES : [...x.axes.filter((a) => a !== 1), 1];
  return { node: step.arrange(x, order), order };
}

/** A parameter of one number a channel. */
function vector(step: Step, input: number, role: string, key: string, trainable = true): string {
  const constant = step.constant(input);
  if (constant?.tensor.dims.length !== 1) throw new Unsaid(`no ${role} of one number a channel`);
  const { dims } = constant.tensor;
  const at = { map: [[0]], shape: dims, key, use: step.use(input), name: `${step.layer}:${role}` };
  return step.reading.param(constant, at, trainable);
}

export function batchNorm(step: Step): Live[] {
  if (step.int('training_mode', 0) !== 0) throw new Unsaid('training_mode');
  const x = step.live(0);
  const { node, order } = channelsLast(step, x);
  // a layer that is called twice has all four the same; numbers that are equal by chance join nothing
  const all = step.node.inputs.slice(1, 5).join(' ');
  const params = {
    gamma: vector(step, 1, 'gamma', `gamma of ${all}`),
    beta: vector(step, 2, 'beta', `beta of ${all}`),
    mean: vector(step, 3, 'mean', `mean of ${all}`, false),
    variance: vector(step, 4, 'variance', `variance of ${all}`, false),
  };
  const op: Op = {
    kind: 'batchNorm',
    epsilon: step.float('epsilon', 1e-5),
    momentum: step.float('momentum', 0.9),
  };
  return [step.reading.live(step.emit(op, [node], params), order, x.dims.length, x.batch)];
}

/**
 * A group norm as exporters write it: the channels of each group in one row, whose places are normalised; undefined where
 * an instance norm is something else.
 */
function groupsInRows(step: Step, x: Live): Live[] | undefined {
  const from = step.reading.reshaped.get(x.node);
  const all = (input: number, value: number): boolean =>
    step
      .constant(input)
      ?.tensor.values()
      .every((v) => v === value) ?? false;
  if (x.dims.length !== 3 || x.batch !== 0 || !from || from.batch !== 0 || from.dims.length < 3)
    return undefined;
  const count = x.dims[1];
  if (from.dims[1] % count !== 0 || !all(1, 1) || !all(2, 0)) return undefined;
  const { node, order } = channelsLast(step, from);
  const op: Op = { kind: 'groupNorm', epsilon: step.float('epsilon', 1e-5), fixed: 'groups', count };
  const made = step.reading.live(step.emit(op, [node]), order, from.dims.length, from.batch);
  return [reshapeTo(step, made, x.dims)];
}

export function instanceNorm(step: Step): Live[] {
  const x = step.live(0);
  const rows = groupsInRows(step, x);
  if (rows) return rows;
  const { node, order } = channelsLast(step, x);
  const params = {
    gamma: vector(step, 1, 'gamma', `gamma ${step.index}`),
    beta: vector(step, 2, 'beta', `beta ${step.index}`),
  };
  const op: Op = { kind: 'groupNorm', epsilon: step.float('epsilon', 1e-5), fixed: 'channels', count: 1 };
  return [step.reading.live(step.emit(op, [node], params), order, x.dims.length, x.batch)];
}

export function groupNorm(step: Step): Live[] {
  const x = step.live(0);
  const { node, order } = channelsLast(step, x);
  const count = step.int('num_groups', 1);
  const params = {
    gamma: vector(step, 1, 'gamma', `gamma ${step.index}`),
    beta: vector(step, 2, 'beta', `beta ${step.index}`),
  };
  const op: Op = { kind: 'groupNorm', epsilon: step.float('epsilon', 1e-5), fixed: 'groups', count };
  return [step.reading.live(step.emit(op, [node], params), order, x.dims.length, x.batch)];
}

/** Over an axis of the file and all behind it. */
export const layerNorm =
  (rms: boolean) =>
  (step: Step): Live[] => {
    const x = step.live(0);
    const rank = x.dims.length;
    const first = axisOf(step.int('axis', -1), rank);
    const over = Array.from({ length: rank - first }, (_, i) => first + i);
    if (step.node.outputs.slice(1).some(Boolean) || over.some((a) => !x.axes.includes(a)))
      throw new Unsaid('statistics that it gives, or takes over samples');
    const axes = over.map((a) => x.axes.indexOf(a));
    const ascending = inFileOrder(axes);
    const own = step.reading.shapes[x.node];
    const param = (input: number, role: string): string | undefined => {
      const constant = step.constant(input);
      if (!constant) return undefined;
      const { dims } = constant.tensor;
      if (dims.length !== over.length || dims.some((d, i) => d !== x.dims[over[i]]))
        throw new Unsaid(`a ${role} of shape [${dims.join(', ')}]`);
      return step.reading.param(
        constant,
        {
          map: axes.map((a) => [ascending.indexOf(a)]),
          shape: ascending.map((a) => own[a]),
          key: `${role} ${step.index}`,
          use: step.use(input),
          name: `${step.layer}:${role}`,
        },
        true,
      );
    };
    const [gamma, beta] = [param(1, 'gamma'), param(2, 'beta')];
    const op: OpOf<'layerNorm'> = {
      kind: 'layerNorm',
      epsilon: step.float('epsilon', 1e-5),
      axes: ascending,
      ...(rms && { rms }),
    };
    const params = { ...(gamma !== undefined && { gamma }), ...(beta !== undefined && { beta }) };
    return [step.reading.live(step.emit(op, [x.node], params), x.axes, rank, x.batch)];
  };

/** Windows that also begin where the image ends (ceil_mode) are as padding that nothing counts. */
function placed(
  step: Step,
  size: Pair,
  input: Pair,
  { strides, padding, dilation }: { strides: Pair; padding: Padding; dilation: Pair },
): { padding: Padding; extra: boolean } {
  if (step.int('ceil_mode', 0) === 0 || padding === 'same') return { padding, extra: false };
  const given = padding === 'valid' ? ([0, 0, 0, 0] as const) : padding;
  const behind = (a: 0 | 1): number => {
    const [before, after] = [given[2 * a], given[2 * a + 1]];
    const reach = (size[a] - 1) * dilation[a] + 1;
    let out = Math.ceil((input[a] + before + after - reach) / strides[a]) + 1;
    // no window begins behind the image
    if ((out - 1) * strides[a] >= input[a] + before) out--;
    return Math.max((out - 1) * strides[a] + reach - input[a] - before, after);
  };
  const [bottom, right] = [behind(0), behind(1)];
  const extra = bottom !== given[1] || right !== given[3];
  return { padding: extra ? [given[0], bottom, given[2], right] : padding, extra };
}

function flatImage(step: Step, x: Live): { node: string; flat: boolean } {
  if (x.dims.length !== 3) return { node: step.image(x), flat: false };
  if (x.batch > 0 || x.axes.length !== 2 || x.axes.includes(0)) throw new Unsaid('an input of 3 axes');
  const row = step.arrange(x, [2, 1]);
  const [length, channels] = step.reading.shapes[row];
  return { node: step.emit({ kind: 'reshape', target: [1, length, channels] }, [row]), flat: true };
}

function pooled(step: Step, x: Live, node: string, flat: boolean): Live[] {
  if (!flat) return [step.imageValue(node, x)];
  const [, length, channels] = step.reading.shapes[node];
  return [
    step.reading.live(step.emit({ kind: 'reshape', target: [length, channels] }, [node]), [2, 1], 3, x.batch),
  ];
}

export const pool =
  (kind: 'maxPool' | 'avgPool') =>
  (step: Step): Live[] => {
    const x = step.live(0);
    if (step.node.outputs.slice(1).some(Boolean)) throw new Unsaid('the places of its maxima');
    const given = step.ints('kernel_shape') ?? [];
    const { node, flat } = flatImage(step, x);
    const size: Pair = flat ? [1, given[0]] : [given[0], given[1]];
    const [height, width] = step.reading.shapes[node];
    const window = windowOf(step, size, [height, width], flat);
    if (window.dilation.some((d) => d !== 1)) throw new Unsaid('dilations');
    const { padding, extra } = placed(step, size, [height, width], window);
    const { strides } = window;
    const padded = typeof window.padding !== 'string';
    const same = window.padding === 'same' || step.string('auto_pad', 'NOTSET') === 'SAME_LOWER';
    if (kind === 'avgPool' && step.int('count_include_pad', 0) !== 0 && (padded || same)) {
      if (same) throw new Unsaid('count_include_pad with auto_pad');
      const pads = window.padding as readonly [number, number, number, number];
      const wide = step.emit({ kind: 'zeroPad', padding: pads }, [node]);
      const behind = padding as readonly [number, number, number, number];
      const rest: Padding = extra ? [0, behind[1] - pads[1], 0, behind[3] - pads[3]] : 'valid';
      return pooled(step, x, step.emit({ kind, size, strides, padding: rest }, [wide]), flat);
    }
    return pooled(step, x, step.emit({ kind, size, strides, padding }, [node]), flat);
  };

export const globalPool =
  (kind: 'globalAvgPool' | 'globalMaxPool') =>
  (step: Step): Live[] => {
    const x = step.live(0);
    if (x.dims.length !== 4)
      return reduceOver(step, x, kind === 'globalAvgPool' ? 'mean' : 'max', placesOf(x), true);
    return [step.imageValue(step.emit({ kind, keepDims: true }, [step.image(x)]), x)];
  };

function placesOf(x: Live): number[] {
  return Array.from({ length: x.dims.length - 2 }, (_, i) => i + 2);
}

type How = OpOf<'reduce'>['how'];

/** Over axes of the file. */
function reduceOver(
  step: Step,
  x: Live,
  how: How,
  over: readonly number[],
  keep: boolean,
  from = x.node,
): Live[] {
  const rank = x.dims.length;
  if (over.some((a) => a === x.batch || !x.axes.includes(a))) throw new Unsaid('samples that it joins');
  const ours = inFileOrder(over.map((a) => x.axes.indexOf(a)));
  const image = rank === 4 && from === x.node && x.axes.length === 3 && inFileOrder(over).join() === '2,3';
  const pooling = image && how !== 'sum' && how !== 'min' && x.axes.includes(1);
  const node = pooling
    ? step.emit({ kind: how === 'mean' ? 'globalAvgPool' : 'globalMaxPool', keepDims: true }, [step.image(x)])
    : step.emit({ kind: 'reduce', how, axes: ours, keepDims: true }, [from]);
  const whole = step.reading.live(node, pooling ? IMAGE_AXES : x.axes, rank, x.batch);
  return keep ? [whole] : [without(step, whole, over)];
}

/** The value without axes of one position. */
export function without(step: Step, x: Live, axes: readonly number[]): Live {
  const kept = x.axes.filter((a) => !axes.includes(a));
  const shape = step.reading.shapes[x.node];
  const target = x.axes.flatMap((a, j) => (axes.includes(a) ? [] : [shape[j]]));
  const down = (a: number): number => a - axes.filter((gone) => gone < a).length;
  const node = kept.length === x.axes.length ? x.node : step.emit({ kind: 'reshape', target }, [x.node]);
  return step.reading.live(
    node,
    kept.map(down),
    x.dims.length - axes.length,
    x.batch < 0 ? -1 : down(x.batch),
  );
}

export const reduction =
  (how: How, before: 'square' | 'abs' | 'none' = 'none', root = false) =>
  (step: Step): Live[] => {
    const x = step.live(0);
    const rank = x.dims.length;
    const given = step.list('axes', 1);
    if (!given?.length && step.int('noop_with_empty_axes', 0) !== 0) return [x];
    const over = given?.length ? given.map((a) => axisOf(a, rank)) : [...x.dims.keys()];
    let from = x.node;
    if (before === 'square') from = step.emit({ kind: 'multiply' }, [from, from]);
    if (before === 'abs') from = step.emit({ kind: 'activation', activation: 'abs' }, [from]);
    const keep = step.int('keepdims', 1) !== 0;
    const [sum] = reduceOver(step, x, how, over, keep, from);
    if (!root) return [sum];
    const node = step.emit({ kind: 'activation', activation: 'power', alpha: 0.5 }, [sum.node]);
    return [step.reading.live(node, sum.axes, sum.dims.length, sum.batch)];
  };

export const softmax =
  (kind: 'softmax' | 'logSoftmax') =>
  (step: Step): Live[] => {
    const x = step.live(0);
    const rank = x.dims.length;
    const axis = axisOf(step.int('axis', step.opset < 13 ? 1 : -1), rank);
    // older files took an axis and all behind it as one
    if (step.opset < 13 && x.dims.slice(axis + 1).some((d) => d !== 1)) throw new Unsaid('several axes');
    const ours = x.axes.indexOf(axis);
    if (ours < 0) throw new Unsaid('samples that it joins');
    return [step.reading.live(step.emit({ kind, axis: ours }, [x.node]), x.axes, rank, x.batch)];
  };
