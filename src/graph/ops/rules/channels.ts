import { IMAGE, channelAxis, imageOf, withChannels } from './layout.ts';
import type { AxisLabels } from './labels.ts';
import type { ChannelStep, KernelSpec, Trail } from '../spec.ts';
import type { GroupMember, Node } from '../../types.ts';

/** How people find a node again: "block1/add" (Add). */
export function nameOf(node: Node): string {
  return `"${node.layer}" (${node.layerType})`;
}

export function joinsFixed(node: Node): string {
  return `joins fixed values in ${nameOf(node)}`;
}

export function note(trail: Trail, step: ChannelStep, role: GroupMember['role'], labels: AxisLabels): void {
  if (labels) trail.notes.push({ node: step.node, role, labels });
}

/** Ties a parameter's axis (when the node has that parameter) with the labels that run along it. */
export function param(
  trail: Trail,
  step: ChannelStep,
  role: string,
  axis: number,
  labels: AxisLabels,
): AxisLabels {
  const id = step.node.params[role];
  if (id === undefined) return labels;
  let axes = trail.params.get(id);
  if (!axes) trail.params.set(id, (axes = []));
  const known = axes[axis];
  axes[axis] = known === undefined ? labels : trail.labels.tie(known, labels, joinsFixed(step.node));
  return axes[axis];
}

/** The channels of the first input, each tied with what parameters of one axis hold for it; all other axes pass. */
export function perChannel(trail: Trail, step: ChannelStep, roles: readonly string[]): AxisLabels[] {
  const [x] = step.inputs;
  let channels = x[channelAxis(x.length)];
  for (const role of roles) channels = param(trail, step, role, 0, channels);
  return withChannels(x, channels);
}

/** Parameters whose axes are some of the first input's, in this order; all axes pass. */
export function perAxis(
  trail: Trail,
  step: ChannelStep,
  roles: readonly string[],
  axes: readonly number[],
): AxisLabels[] {
  const result = [...step.inputs[0]];
  axes.forEach((axis, i) => {
    for (const role of roles) result[axis] = param(trail, step, role, i, result[axis]);
  });
  return result;
}

/** Windows and spatial ops: whatever runs along height and width must stay. */
export function slides(trail: Trail, step: ChannelStep): void {
  const x = step.inputs[0];
  for (const axis of IMAGE.places) {
    if (!x[axis]) continue;
    note(trail, step, 'consumer', x[axis]);
    trail.labels.freeze(x[axis], `${nameOf(step.node)} slides over these positions`);
  }
}

/** An op on height and width alone: an image of the same channels. */
export function spatial(trail: Trail, step: ChannelStep): AxisLabels[] {
  slides(trail, step);
  return imageOf<AxisLabels>(null, null, step.inputs[0][IMAGE.channels]);
}

/** Nothing happens to any axis. */
export function unchanged(step: ChannelStep): AxisLabels[] {
  return [...step.inputs[0]];
}

/** Convolutions and dense layers: every output channel is new, and mixes all input channels. */
export function mixing(trail: Trail, step: ChannelStep, kernel: KernelSpec): AxisLabels[] {
  const x = step.inputs[0];
  const [out] = kernel.out;
  if (kernel.window) slides(trail, step);
  const consumed = param(trail, step, 'kernel', kernel.in, x[channelAxis(x.length)]);
  const known = trail.params.get(step.node.params.kernel)?.[out];
  const made = known ?? trail.labels.fresh(step.paramShape('kernel')![out]);
  param(trail, step, 'kernel', out, made);
  const channels = param(trail, step, 'bias', 0, made);
  note(trail, step, 'consumer', consumed);
  note(trail, step, 'producer', channels);
  return kernel.window ? imageOf<AxisLabels>(null, null, channels) : withChannels(x, channels);
}
