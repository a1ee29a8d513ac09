import { nameOf, note } from '../rules/channels.ts';
import { checkAxis } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { AxisLabels } from '../rules/labels.ts';
import type { OpOf } from '../../types.ts';

export const reduce: OpSpec<OpOf<'reduce'>> = {
  inputs: ONE,
  params: {},
  shape: (op, { inputs: [x] }) => {
    for (const a of op.axes) checkAxis(op, a, x.length);
    return op.keepDims
      ? x.map((d, a) => (op.axes.includes(a) ? 1 : d))
      : x.filter((_, a) => !op.axes.includes(a));
  },
  channels: (op, step, trail) => {
    const x = step.inputs[0];
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
  },
};
