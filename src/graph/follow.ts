import { repeatEach } from './labels.ts';
import { reshapeLabels } from './reshape-labels.ts';
import { broadcastShape } from './shapes.ts';
import type { AxisLabels, Labels } from './labels.ts';
import type { GroupMember, Node, Op, Shape } from './types.ts';

/** What the rules write to: labels, the labels of parameters' axes, and who does what with which channels. */
export interface Trail {
  readonly labels: Labels;
  readonly params: Map<string, (AxisLabels | undefined)[]>;
  readonly notes: { node: Node; role: GroupMember['role']; labels: Int32Array }[];
}

/** One node with all that its rule may look at. */
interface Step {
  readonly node: Node;
  readonly inputs: readonly (readonly AxisLabels[])[];
  readonly inputShapes: readonly Shape[];
  readonly output: Shape;
  readonly paramShape: (role: string) => readonly number[] | undefined;
}

/** How people find a node again: "block1/add" (Add). */
export function nameOf(node: Node): string {
  return `"${node.layer}" (${node.layerType})`;
}

/** The labels of a node's output value, axis by axis; ties, freezes and notes what the op does on the way. */
export function follow(trail: Trail, step: Step): AxisLabels[] {
  const before = trail.notes.length;
  const result = rule(trail, step.node.op, step);
  const makes = trail.notes.slice(before).some((n) => n.role === 'producer');
  if (!makes && step.node.op.kind !== 'input') for (const axis of result) note(trail, step, 'through', axis);
  return result;
}

/** One short rule an op: how channels pass through it. */
function rule(trail: Trail, op: Op, step: Step): AxisLabels[] {
  const x = step.inputs[0];
  switch (op.kind) {
    case 'input':
      return step.output.map((size, axis) =>
        axis === step.output.length - 1 ? trail.labels.fresh(size) : null,
      );
    case 'conv2d':
      return op.groups === 1 ? mixing(trail, step, 2, 3) : groupedConv(trail, step, op.groups);
    case 'conv2dTranspose':
      return mixing(trail, step, 3, 2);
    case 'dense':
      return mixing(trail, step, 0, 1);
    case 'depthwiseConv2d': {
      slides(trail, step);
      const channels = param(trail, step, 'kernel', 2, x[2]);
      const multiplier = step.paramShape('kernel')![3];
      return [null, null, param(trail, step, 'bias', 0, repeatEach(channels, multiplier))];
    }
    case 'batchNorm': {
      let channels = x[x.length - 1];
      for (const role of ['gamma', 'beta', 'mean', 'variance'])
        channels = param(trail, step, role, 0, channels);
      return [...x.slice(0, -1), channels];
    }
    case 'layerNorm': {
      // removing a channel also removes it from the statistics; see statisticsOverChannels in channels.ts
      const result = [...x];
      op.axes.forEach((axis, i) => {
        for (const role of ['gamma', 'beta']) result[axis] = param(trail, step, role, i, result[axis]);
      });
      return result;
    }
    case 'groupNorm':
      return groupNorm(trail, step, op);
    case 'unitNorm':
      // as in layer norm, a channel that goes also goes from the sum
      return [...x];
    case 'normalize': {
      const result = [...x];
      op.axes.forEach((axis, i) => {
        for (const role of ['mean', 'variance']) result[axis] = param(trail, step, role, i, result[axis]);
      });
      return result;
    }
    case 'scale':
      return [...x.slice(0, -1), param(trail, step, 'gamma', 0, x[x.length - 1])];
    case 'reduce': {
      for (const axis of op.axes) {
        note(trail, step, 'consumer', x[axis]);
        trail.labels.freeze(x[axis], `${nameOf(step.node)} takes one ${op.how} over all channels`);
      }
      const result: AxisLabels[] = [];
      x.forEach((labels, axis) => {
        if (!op.axes.includes(axis)) result.push(labels);
        else if (op.keepDims) result.push(null);
      });
      return result;
    }
    case 'prelu': {
      const alpha = step.paramShape('alpha')!;
      return x.map((labels, axis) =>
        alpha[axis] === 1 ? labels : param(trail, step, 'alpha', axis, labels),
      );
    }
    case 'softmax':
    case 'logSoftmax':
      note(trail, step, 'consumer', x[op.axis]);
      trail.labels.freeze(x[op.axis], `softmax in ${nameOf(step.node)} mixes all channels`);
      return [...x];
    case 'glu': {
      const uneven = `joins fixed values with others in ${nameOf(step.node)}`;
      return x.map((labels, a) =>
        a === op.axis ? trail.labels.fold(labels, step.output[a], uneven) : labels,
      );
    }
    case 'activation':
    case 'dropout':
    case 'affine':
    case 'identity':
      return [...x];
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'maximum':
    case 'minimum':
    case 'average':
      return elementwise(trail, step);
    case 'concat':
      return concat(trail, step, op.axis);
    case 'flatten':
      return reshape(trail, step);
    case 'reshape':
      return reshape(trail, step);
    case 'permute':
      return op.perm.map((axis) => x[axis]);
    case 'globalAvgPool':
    case 'globalMaxPool':
      slides(trail, step);
      return op.keepDims ? [null, null, x[2]] : [x[2]];
    case 'maxPool':
    case 'avgPool':
    case 'zeroPad':
    case 'crop':
    case 'upsample':
    case 'resize':
      slides(trail, step);
      return [null, null, x[2]];
    case 'opaque':
      for (const axes of step.inputs)
        for (const labels of axes) {
          note(trail, step, 'consumer', labels);
          trail.labels.freeze(
            labels,
            `feeds ${nameOf(step.node)}, and Espalier does not know what ${op.what} does`,
          );
        }
      return step.output.map(() => null);
  }
}

/** Convolutions and dense layers: every output channel is new, and mixes all input channels. */
function mixing(trail: Trail, step: Step, inAxis: number, outAxis: number): AxisLabels[] {
  const x = step.inputs[0];
  if (inAxis !== 0) slides(trail, step);
  const consumed = param(trail, step, 'kernel', inAxis, x[x.length - 1]);
  const known = trail.params.get(step.node.params.kernel)?.[outAxis];
  const made = known ?? trail.labels.fresh(step.paramShape('kernel')![outAxis]);
  param(trail, step, 'kernel', outAxis, made);
  const channels = param(trail, step, 'bias', 0, made);
  note(trail, step, 'consumer', consumed);
  note(trail, step, 'producer', channels);
  return [...x.slice(0, -1).map((labels) => (inAxis === 0 ? labels : null)), channels];
}

/**
 * Channel i of every conv group is tied to channel i of the others, on both sides, so that all conv groups stay
 * equally wide. With one input channel a group it is a depthwise convolution, and whole conv groups come and go.
 */
function groupedConv(trail: Trail, step: Step, groups: number): AxisLabels[] {
  const x = step.inputs[0][2];
  const kernel = step.paramShape('kernel')!;
  slides(trail, step);
  if (kernel[2] === 1) {
    const channels = param(trail, step, 'kernel', 3, repeatEach(x, kernel[3] / groups));
    return [null, null, param(trail, step, 'bias', 0, channels)];
  }
  const uneven = `joins fixed channels in the conv groups of ${nameOf(step.node)}`;
  const consumed = param(trail, step, 'kernel', 2, trail.labels.fold(x, kernel[2], uneven));
  const known = trail.params.get(step.node.params.kernel)?.[3];
  let made = known ?? null;
  if (!made) {
    made = trail.labels.fresh(kernel[3]);
    trail.labels.fold(made, kernel[3] / groups, uneven);
  }
  param(trail, step, 'kernel', 3, made);
  const channels = param(trail, step, 'bias', 0, made);
  note(trail, step, 'consumer', consumed);
  note(trail, step, 'producer', channels);
  return [null, null, channels];
}

/**
 * Where the number of groups stays, the channels at one place of every group go together, so that all stay equally wide;
 * else whole groups come and go, and the others' statistics are what they were.
 */
function groupNorm(trail: Trail, step: Step, op: Extract<Op, { kind: 'groupNorm' }>): AxisLabels[] {
  const x = step.inputs[0];
  const last = x.length - 1;
  const uneven = `joins fixed channels in the groups of ${nameOf(step.node)}`;
  for (const labels of x.slice(0, last)) {
    note(trail, step, 'consumer', labels);
    trail.labels.freeze(labels, `${nameOf(step.node)} takes its statistics over these positions`);
  }
  let channels = x[last];
  if (channels) {
    const n = channels.length;
    const size = op.fixed === 'groups' ? n / op.count : op.count;
    if (op.fixed === 'groups') trail.labels.fold(channels, size, uneven);
    else {
      // position g * size + k at k * groups + g, so that the channels of one group are a period apart
      const groups = n / size;
      const turned = Int32Array.from(
        { length: n },
        (_, i) => x[last]![(i % groups) * size + Math.floor(i / groups)],
      );
      trail.labels.fold(turned, groups, uneven);
    }
  }
  for (const role of ['gamma', 'beta']) channels = param(trail, step, role, 0, channels);
  return [...x.slice(0, last), channels];
}

/** Aligned at the last axis; an axis of size 1 that is stretched ties nothing. */
function elementwise(trail: Trail, step: Step): AxisLabels[] {
  const out = broadcastShape(step.inputShapes)!;
  return out.map((size, axis) => {
    let result: AxisLabels | undefined;
    step.inputs.forEach((labels, i) => {
      const at = axis - (out.length - step.inputShapes[i].length);
      if (at < 0 || step.inputShapes[i][at] !== size) return;
      result =
        result === undefined ? labels[at] : trail.labels.tie(result, labels[at], joinsFixed(step.node));
    });
    return result ?? null;
  });
}

function concat(trail: Trail, step: Step, axis: number): AxisLabels[] {
  return step.inputs[0].map((first, a) => {
    if (a !== axis)
      return step.inputs.reduce<AxisLabels>(
        (result, labels) => trail.labels.tie(result, labels[a], joinsFixed(step.node)),
        first,
      );
    if (step.inputs.every((labels) => !labels[a])) return null;
    const joined = trail.labels.joint(step.output[a]);
    let at = 0;
    step.inputs.forEach((labels, i) => {
      const part = labels[a];
      if (part) joined.set(part, at);
      at += step.inputShapes[i][a];
    });
    return joined;
  });
}

function reshape(trail: Trail, step: Step): AxisLabels[] {
  const from = step.inputShapes[0];
  const reason = `reshaping [${from.join(', ')}] to [${step.output.join(', ')}] in ${nameOf(step.node)} does not keep channels apart`;
  return reshapeLabels(trail.labels, step.inputs[0], from, step.output, reason);
}

/** Windows and spatial ops: whatever runs along height and width must stay. */
function slides(trail: Trail, step: Step): void {
  const x = step.inputs[0];
  for (const axis of [0, 1]) {
    if (!x[axis]) continue;
    note(trail, step, 'consumer', x[axis]);
    trail.labels.freeze(x[axis], `${nameOf(step.node)} slides over these positions`);
  }
}

/** Ties a parameter's axis (when the node has that parameter) with the labels that run along it. */
function param(trail: Trail, step: Step, role: string, axis: number, labels: AxisLabels): AxisLabels {
  const id = step.node.params[role];
  if (id === undefined) return labels;
  let axes = trail.params.get(id);
  if (!axes) trail.params.set(id, (axes = []));
  const known = axes[axis];
  axes[axis] = known === undefined ? labels : trail.labels.tie(known, labels, joinsFixed(step.node));
  return axes[axis];
}

function note(trail: Trail, step: Step, role: GroupMember['role'], labels: AxisLabels): void {
  if (labels) trail.notes.push({ node: step.node, role, labels });
}

function joinsFixed(node: Node): string {
  return `joins fixed values in ${nameOf(node)}`;
}
