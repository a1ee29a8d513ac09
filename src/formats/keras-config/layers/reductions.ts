import { axes, fields, flag, only, or, real } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';
import { powerOf } from './elementwise.ts';

/** Axes as ours, without the batch, by the setting that names them; each operation on a whole batch is refused. */
export function perSample(
  call: LayerCall,
  given: readonly number[],
  rank: number,
  setting = 'axis',
): number[] {
  return given.map((axis) => {
    if (axis === 0 || axis === -rank - 1)
      call.fail(
        `acts on ${setting} ${axis}, which is the images of a batch; Espalier reads the axes of an image alone`,
      );
    return call.axis(axis, rank, setting);
  });
}

/** The axes that an operation names, ascending, each once. */
function axesOf(call: LayerCall, x: string, given: readonly number[] | null): number[] {
  const rank = call.builder.shapes.get(x)!.length;
  if (given === null)
    call.fail(
      'has no axis, so that it acts over the images of a batch; Espalier reads the axes of an image alone',
    );
  return [...new Set(perSample(call, given, rank))].sort((a, b) => a - b);
}

/** Mean, maximum, minimum or sum over some axes. */
export function reduction(how: 'mean' | 'max' | 'min' | 'sum') {
  return (call: LayerCall, x: string): string => {
    const c = fields(call, { axis: or(axes, null), keepdims: flag(false) });
    const over = axesOf(call, x, c.axis);
    const rank = call.builder.shapes.get(x)!.length;
    const image = rank === 3 && over.join() === '0,1';
    if (image && how === 'mean') return call.node({ kind: 'globalAvgPool', keepDims: c.keepdims }, [x]);
    if (image && how === 'max') return call.node({ kind: 'globalMaxPool', keepDims: c.keepdims }, [x]);
    return call.node({ kind: 'reduce', how, axes: over, keepDims: c.keepdims }, [x]);
  };
}

/** Variance or standard deviation over some axes, by means of squares. */
export function spread(what: 'variance' | 'deviation') {
  return (call: LayerCall, x: string): string => {
    const c = fields(call, { axis: or(axes, null), keepdims: flag(false) });
    const over = axesOf(call, x, c.axis);
    const mean = call.node({ kind: 'reduce', how: 'mean', axes: over, keepDims: true }, [x], {}, 'mean');
    const centred = call.node({ kind: 'subtract' }, [x, mean], {}, 'centred');
    const squares = call.node({ kind: 'multiply' }, [centred, centred], {}, 'squares');
    const op = { kind: 'reduce', how: 'mean', axes: over, keepDims: c.keepdims } as const;
    if (what === 'variance') return call.node(op, [squares]);
    return call.node(powerOf(0.5), [call.node(op, [squares], {}, 'variance')]);
  };
}

/** Keras' normalize, whose least length is epsilon, and TensorFlow's l2_normalize, whose least sum of squares it is. */
export function unitLength(call: LayerCall, x: string, tensorflow: boolean): string {
  const c = fields(call, {
    axis: or(axes, tensorflow ? null : [-1]),
    epsilon: or(real, tensorflow ? 1e-12 : 1e-7),
    order: or(only(2), 2),
  });
  const least = tensorflow ? Math.sqrt(c.epsilon) : c.epsilon;
  return call.node({ kind: 'unitNorm', axes: axesOf(call, x, c.axis), least }, [x]);
}
