import { checkAxis, fail } from '../rules/shape.ts';
import { ONE } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

export const padAxis: OpSpec<OpOf<'padAxis'>> = {
  inputs: ONE,
  params: {},
  shape: (op, { inputs: [x] }) => {
    checkAxis(op, op.axis, x.length);
    if (!(op.before >= 0 && op.after >= 0)) fail(op, `adds ${op.before} and ${op.after}`);
    return x.map((d, a) => (a === op.axis ? op.before + d + op.after : d));
  },
  // what is added is nobody's: it goes with the channels that it meets
  channels: (op, step, { labels }) =>
    step.inputs[0].map((own, a) => {
      if (a !== op.axis || (op.before === 0 && op.after === 0)) return own;
      const whole = labels.joint(step.output[a]);
      whole.set(labels.fresh(op.before, false), 0);
      if (own) whole.set(own, op.before);
      whole.set(labels.fresh(op.after, false), op.before + step.inputShapes[0][a]);
      return whole;
    }),
  madeUp: (op, axis, position, length) =>
    axis === op.axis && (position < op.before || position >= length - op.after),
  narrow: (op, { output, length }) => {
    const stay = output(op.axis);
    if (!stay) return op;
    const end = (length(op.axis) ?? 0) - op.after;
    const count = (is: (p: number) => boolean): number => stay.reduce((n, p) => n + Number(is(p)), 0);
    return { ...op, before: count((p) => p < op.before), after: count((p) => p >= end) };
  },
};
