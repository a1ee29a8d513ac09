import { joinsFixed } from '../rules/channels.ts';
import { checkAxis, fail, show } from '../rules/shape.ts';
import { broadcastShape } from '../rules/sizes.ts';
import { SOME } from '../spec.ts';
import type { ChannelStep, OpSpec, Trail } from '../spec.ts';
import type { AxisLabels } from '../rules/labels.ts';
import type { OpOf } from '../../types.ts';

/** Sum, difference, product, ...: place by place, broadcasting axes of size 1. */
const elementwise: OpSpec<OpOf<'add'>> = {
  inputs: SOME,
  params: {},
  shape: (op, { inputs }) => {
    const out = broadcastShape(inputs);
    if (!out) fail(op, `can't combine the shapes ${show(inputs)}`);
    return out;
  },
  channels: (_, step, trail) => tied(trail, step),
};

export {
  elementwise as add,
  elementwise as subtract,
  elementwise as divide,
  elementwise as multiply,
  elementwise as maximum,
  elementwise as minimum,
  elementwise as average,
};

export const concat: OpSpec<OpOf<'concat'>> = {
  inputs: SOME,
  params: {},
  shape: (op, { inputs }) => {
    const [x] = inputs;
    checkAxis(op, op.axis, x.length);
    const out = x.slice();
    for (let i = 1; i < inputs.length; i++) {
      const other = inputs[i];
      if (other.length !== x.length || other.some((d, a) => a !== op.axis && d !== x[a]))
        fail(op, `can't join the shapes ${show(inputs)} along axis ${op.axis}`);
      out[op.axis] += other[op.axis];
    }
    return out;
  },
  channels: (op, step, trail) => joined(trail, step, op.axis),
};

/** Aligned at the last axis; an axis of size 1 that is stretched ties nothing. */
function tied(trail: Trail, step: ChannelStep): AxisLabels[] {
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

function joined(trail: Trail, step: ChannelStep, axis: number): AxisLabels[] {
  return step.inputs[0].map((first, a) => {
    if (a !== axis)
      return step.inputs.reduce<AxisLabels>(
        (result, labels) => trail.labels.tie(result, labels[a], joinsFixed(step.node)),
        first,
      );
    if (step.inputs.every((labels) => !labels[a])) return null;
    const whole = trail.labels.joint(step.output[a]);
    let at = 0;
    step.inputs.forEach((labels, i) => {
      const part = labels[a];
      if (part) whole.set(part, at);
      at += step.inputShapes[i][a];
    });
    return whole;
  });
}
