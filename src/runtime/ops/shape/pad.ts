import { axisOf } from '../../onnx/layout.ts';
import type { OpRun } from '../context.ts';

export const padAxis: OpRun<'padAxis'> = {
  run: (c, op) => {
    const [x] = c.inputs;
    const borders = x.shape.map((_, a): [number, number] =>
      a === op.axis + 1 ? [op.before, op.after] : [0, 0],
    );
    return c.tf.pad(x, borders, op.value ?? 0);
  },
  onnx: ({ writer, inputs: [x] }, op) => {
    const rank = x.shape.length;
    const at = axisOf(rank, op.axis);
    const ends = [op.before, op.after].flatMap((size) =>
      Array.from({ length: rank + 1 }, (_, a) => (a === at ? size : 0)),
    );
    return writer.node('Pad', [x.name, writer.ints(ends), writer.scalar(op.value ?? 0)]);
  },
};
