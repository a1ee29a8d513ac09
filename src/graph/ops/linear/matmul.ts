import { joinsFixed, note } from '../rules/channels.ts';
import { broadcastShape } from '../rules/sizes.ts';
import { fail, show } from '../rules/shape.ts';
import { TWO } from '../spec.ts';
import type { OpSpec } from '../spec.ts';
import type { OpOf } from '../../types.ts';

/** The second to last axis of a value, and the last. */
const ends = (rank: number): readonly [number, number] => [rank - 2, rank - 1];

/** Each row of the first with each column of the second: what they have in common is summed up, and so goes in both. */
export const matmul: OpSpec<OpOf<'matmul'>> = {
  inputs: TWO,
  params: {},
  shape: (op, { inputs }) => {
    const [a, b] = inputs;
    const [row, column] = ends(a.length);
    const outer = broadcastShape([a.slice(0, row), b.slice(0, row)]);
    if (a.length < 2 || a.length !== b.length || a[column] !== b[row] || !outer)
      fail(op, `can't multiply the shapes ${show(inputs)}`);
    return [...outer, a[row], b[column]];
  },
  channels: (_, step, trail) => {
    const [a, b] = step.inputs;
    const [row, column] = ends(a.length);
    note(trail, step, 'consumer', trail.labels.tie(a[column], b[row], joinsFixed(step.node)));
    return step.output.map((size, axis) => {
      if (axis === row) return a[row];
      if (axis === column) return b[column];
      const [one, other] = [0, 1].map((i) =>
        step.inputShapes[i][axis] === size ? step.inputs[i][axis] : undefined,
      );
      if (one === undefined || other === undefined) return one ?? other ?? null;
      return trail.labels.tie(one, other, joinsFixed(step.node));
    });
  },
};
