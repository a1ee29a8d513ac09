import { joinsFixed, nameOf, note } from '../rules/channels.ts';
import { checkAxis, fail } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { ChannelStep, OpSpec, Trail } from '../spec.ts';
import type { AxisLabels } from '../rules/labels.ts';
import type { OpOf } from '../../types.ts';

export const gather: OpSpec<OpOf<'gather'>> = {
  inputs: ONE,
  params: {},
  passes: 'pixels',
  shape: (op, { inputs: [x] }) => {
    checkAxis(op, op.axis, x.length);
    const size = x[op.axis];
    const outside = op.positions.find((p) => !Number.isInteger(p) || p < 0 || p >= size);
    if (outside !== undefined) fail(op, `takes position ${outside} of ${size}`);
    return x.map((d, a) => (a === op.axis ? op.positions.length : d));
  },
  channels: (op, step, trail) =>
    step.inputs[0].map((labels, a) => (a === op.axis && labels ? picked(op, labels, step, trail) : labels)),
  narrow: (op, { input, output }) => {
    const [left, stay] = [input(op.axis), output(op.axis)];
    if (!left && !stay) return op;
    const at = new Map(left && Array.from(left, (p, i) => [p, i]));
    const positions = stay ? Array.from(stay, (k) => op.positions[k]) : op.positions;
    return { ...op, positions: left ? positions.map((p) => at.get(p) ?? -1) : positions };
  },
};

/** The labels of the positions that are taken. A channel that is taken alone must stay: nothing would be left. */
function picked(op: OpOf<'gather'>, labels: Int32Array, step: ChannelStep, trail: Trail): AxisLabels {
  alike(op, labels, step, trail);
  if (op.step !== undefined) keepApart(op.positions, Math.abs(op.step), labels, step, trail);
  const whole = trail.labels.joint(op.positions.length);
  op.positions.forEach((p, k) => (whole[k] = labels[p]));
  if (whole.length > 1 || labels.length === 1) return whole;
  note(trail, step, 'consumer', whole);
  trail.labels.freeze(whole, 'taken from the others as a single channel');
  return null;
}

/** A layer that is called several times says one list of positions for all its calls. */
function alike(op: OpOf<'gather'>, labels: Int32Array, { node }: ChannelStep, trail: Trail): void {
  const key = `${node.layer}\n${op.axis}`;
  const known = trail.said.get(key);
  trail.said.set(key, labels);
  if (!known) return;
  if (known.length === labels.length) trail.labels.tie(known, labels, joinsFixed(node));
  else
    for (const one of [known, labels])
      trail.labels.freeze(one, `${nameOf(node)} is called on values of different sizes`);
}

/** Ties each position with those up to the next, so that what stays is as far apart as before. */
function keepApart(
  positions: readonly number[],
  by: number,
  labels: Int32Array,
  { node }: ChannelStep,
  trail: Trail,
): void {
  const ends = [Math.min(...positions), Math.max(...positions)];
  // those behind each, or before each where there are none behind the last
  const up = ends[1] + by <= labels.length || ends[0] - by < -1;
  for (let k = 1; k < by; k++) {
    const to = (p: number) => (up ? p + k : p - k);
    const inside = positions.filter((p) => to(p) >= 0 && to(p) < labels.length);
    const [a, b] = [inside, inside.map(to)].map((at) => Int32Array.from(at, (p) => labels[p]));
    trail.labels.tie(a, b, joinsFixed(node));
  }
}
