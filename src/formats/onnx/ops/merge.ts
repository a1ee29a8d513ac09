import type { Op, OpKind } from '../../../graph/types.ts';
import type { Step } from '../reading/reading.ts';
import { axisOf } from '../reading/reading.ts';
import { Unsaid } from '../reading/values.ts';
import type { Constant, Live } from '../reading/values.ts';
import { constantNode, laidOut, scalar } from './constants.ts';

type Merge = Extract<OpKind, 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'average'>;

/** Element by element, with ONNX' broadcasting. */
export const merge =
  (kind: Merge) =>
  (step: Step): Live[] => {
    const inputs = step.node.inputs.map((_, i) => {
      const value = step.input(i);
      if (!value || value.kind === 'unknown') throw new Unsaid('an input of unknown shape');
      return value;
    });
    if (inputs.length === 1) return [step.live(0)];
    const only = inputs.filter((one) => one.kind === 'live');
    const other = inputs.findIndex((one) => one.kind === 'constant');
    if (inputs.length === 2 && only.length === 1 && other >= 0) {
      const simple = withConstant(step, kind, only[0], inputs[other] as Constant, other);
      if (simple) return [simple];
    }
    return [merged(step, kind, inputs)];
  };

/** The values with their batch along one axis. */
function together(step: Step, inputs: readonly (Live | Constant)[]): readonly (Live | Constant)[] {
  const rank = Math.max(...inputs.map((one) => dimsOf(one).length));
  const live = inputs.filter((one) => one.kind === 'live');
  const at = (one: Live): number => one.batch + rank - one.dims.length;
  const first = live.find((one) => one.batch >= 0);
  if (!first || live.every((one) => one.batch >= 0 && at(one) === at(first))) return inputs;
  return inputs.map((one) => {
    if (one.kind !== 'live') return one;
    const axis = at(first) - rank + one.dims.length;
    return axis < 0 ? one : step.batchAt(one, axis);
  });
}

/** The axes of the result of an element-wise op, and where its batch is. */
function whole(inputs: readonly (Live | Constant)[]): {
  order: readonly number[];
  rank: number;
  batch: number;
} {
  const rank = Math.max(...inputs.map((one) => dimsOf(one).length));
  const live = inputs.filter((one) => one.kind === 'live');
  const lead =
    live.find((one) => one.dims.length === rank && one.axes.length > 0) ??
    live.find((one) => one.dims.length === rank);
  if (!lead) throw new Unsaid('a constant of more axes');
  const batches = live.flatMap((one) => (one.batch < 0 ? [] : one.batch + rank - one.dims.length));
  const batch = batches[0] ?? -1;
  if (batches.some((one) => one !== batch)) throw new Unsaid('batches along different axes');
  if (live.some((one) => one.axes.some((a) => !lead.axes.includes(a + rank - one.dims.length))))
    throw new Unsaid('inputs of different axes');
  return { order: lead.axes, rank, batch };
}

function merged(step: Step, kind: Merge, given: readonly (Live | Constant)[]): Live {
  const inputs = together(step, given);
  const { order, rank, batch } = whole(inputs);
  const nodes = inputs.map((one, i) =>
    one.kind === 'constant' ? constantNode(step, one, i, order, rank) : aligned(step, one, order, rank),
  );
  return step.reading.live(step.emit({ kind }, nodes), order, rank, batch);
}

/** A value with its axes in this order, and axes of one position for those that it lacks. */
function aligned(step: Step, value: Live, order: readonly number[], rank: number): string {
  const shift = rank - value.dims.length;
  const own = order.filter((axis) => value.axes.includes(axis - shift));
  const node = step.arrange(
    value,
    own.map((axis) => axis - shift),
  );
  const missing = order.length - own.length;
  // those that lack in front are added by the op itself
  if (order.slice(missing).every((axis, i) => axis === own[i])) return node;
  const shape = step.reading.shapes[node];
  const target = order.map((axis) => (own.includes(axis) ? shape[own.indexOf(axis)] : 1));
  return step.emit({ kind: 'reshape', target }, [node]);
}

/** One value and one constant, where an op of ours says it without a parameter, or a layer takes it in. */
function withConstant(step: Step, kind: Merge, x: Live, constant: Constant, at: number): Live | undefined {
  const { reading } = step;
  if (constant.tensor.dims.length > x.dims.length) return undefined;
  const like = (op: Op): Live => reading.live(step.emit(op, [x.node]), x.axes, x.dims.length, x.batch);
  const one = scalar(constant);
  if (one !== undefined) {
    const op = affine(kind, [one], at);
    if (op) return like(op);
    if (kind === 'maximum') return like({ kind: 'activation', activation: 'clip', minValue: one });
    if (kind === 'minimum') return like({ kind: 'activation', activation: 'clip', maxValue: one });
    return undefined;
  }
  const { map, shape } = laidOut(constant, x.axes, x.dims.length);
  const channelwise = shape.slice(0, -1).every((d) => d === 1);
  if (!channelwise || shape.at(-1) !== reading.shapes[x.node].at(-1)) return undefined;
  const producer = reading.nodeOf(x.node);
  // pixels are brought to the network's scale by constants, which must be seen as such
  if (producer.op.kind === 'input' || producer.op.kind === 'affine') {
    const op = affine(kind, Array.from(constant.tensor.values()), at);
    if (op && (producer.op.kind === 'input' || reachesInput(step, producer.inputs[0]))) return like(op);
  }
  const { kernel, bias } = producer.params;
  if (kind === 'add' && producer.op.kind === 'dense' && bias === undefined && step.alone(1 - at)) {
    const stored = {
      map: map.map((ours) => ours.map(() => 0)),
      shape: [shape.at(-1)!],
      key: `bias ${constant.origin} of ${kernel}`,
      use: step.use(at),
      name: `${step.layer}:bias`,
    };
    reading.replace({
      ...producer,
      params: { ...producer.params, bias: reading.param(constant, stored, true) },
    });
    return x;
  }
  return undefined;
}

function reachesInput(step: Step, from: string): boolean {
  let node = step.reading.nodeOf(from);
  while (node.op.kind === 'affine') node = step.reading.nodeOf(node.inputs[0]);
  return node.op.kind === 'input';
}

function affine(kind: Merge, values: number[], at: number): Op | undefined {
  const first = at === 0;
  const op = (scale: number[], offset: number[]): Op => ({ kind: 'affine', scale, offset });
  switch (kind) {
    case 'add':
      return op([1], values);
    case 'subtract':
      return first
        ? op([-1], values)
        : op(
            [1],
            values.map((v) => -v),
          );
    case 'multiply':
      return op(values, [0]);
    case 'divide':
      return first || values.includes(0)
        ? undefined
        : op(
            values.map((v) => 1 / v),
            [0],
          );
    default:
      return undefined;
  }
}

function dimsOf(value: Live | Constant): readonly number[] {
  return value.kind === 'constant' ? value.tensor.dims : value.dims;
}

export function concat(step: Step): Live[] {
  const given = step.node.inputs.map((_, i) => {
    const value = step.input(i);
    if (!value || value.kind === 'unknown') throw new Unsaid('an input of unknown shape');
    return value;
  });
  const inputs = together(step, given);
  const { order, rank, batch } = whole(inputs);
  const axis = axisOf(step.int('axis', 1), rank);
  const ours = order.indexOf(axis);
  if (ours < 0 || inputs.some((one) => dimsOf(one).length !== rank))
    throw new Unsaid('samples that it joins');
  const nodes = inputs.map((one, i) =>
    one.kind === 'constant' ? constantNode(step, one, i, order, rank) : step.arrange(one, order),
  );
  if (nodes.length === 1) return [step.reading.live(nodes[0], order, rank, batch)];
  return [step.reading.live(step.emit({ kind: 'concat', axis: ours }, nodes), order, rank, batch)];
}
