import { axisOf, reshaped } from '../../onnx/layout.ts';
import type { ExportContext } from '../../onnx/layout.ts';
import type { OpOf, OpRun } from '../context.ts';

export const reduce: OpRun<'reduce'> = {
  run: (c, op) => {
    const axes = op.axes.map((a) => a + 1);
    return c.tf[op.how](c.inputs[0], axes, op.keepDims);
  },
  onnx: writeReduce,
};

const REDUCTIONS = { mean: 'ReduceMean', max: 'ReduceMax', min: 'ReduceMin', sum: 'ReduceSum' } as const;

function writeReduce(c: ExportContext, op: OpOf<'reduce'>): string {
  const { writer } = c;
  const [x] = c.inputs;
  const over = op.axes.map((a) => axisOf(x.shape.length, a));
  const name = REDUCTIONS[op.how];
  // of the four only the sum takes its axes as an input
  const reduced =
    op.how === 'sum'
      ? writer.node(name, [x.name, writer.ints(over)], { keepdims: 1 })
      : writer.node(name, [x.name], { axes: over, keepdims: 1 });
  if (op.keepDims) return reduced;
  const whole = x.shape.map((d, a) => (op.axes.includes(a) ? 1 : d));
  return reshaped(c, { name: reduced, shape: whole }, c.shape);
}
