import type { Step } from '../reading/reading.ts';
import { Unsaid } from '../reading/values.ts';
import type { Constant } from '../reading/values.ts';

/** A constant of one number, however many axes it has. */
export function scalar({ tensor, uniform }: Constant): number | undefined {
  if (tensor.dims.every((d) => d === 1)) return uniform ?? tensor.values()[0];
  return undefined;
}

/** How a constant meets a value of `rank` axes, `order` of which are ours: its shape and axes in ours. */
export function laidOut(
  { tensor }: Constant,
  order: readonly number[],
  rank: number,
): { map: number[][]; shape: number[] } {
  const shift = rank - tensor.dims.length;
  if (shift < 0) throw new Unsaid('a constant of more axes');
  const map = tensor.dims.map((d, a) => {
    const at = order.indexOf(a + shift);
    if (at < 0 && d !== 1) throw new Unsaid('a constant that differs from sample to sample');
    return at < 0 ? [] : [at];
  });
  const shape = order.map((axis) => tensor.dims[axis - shift] ?? 1);
  return { map, shape };
}

/**
 * A constant as a node of ours, laid out as the value that it meets.
 * @param input which input of the node it is
 */
export function constantNode(
  step: Step,
  constant: Constant,
  input: number,
  order: readonly number[],
  rank: number,
): string {
  const { map, shape } = laidOut(constant, order, rank);
  // one number a channel is what layers learn; whole maps are places and anchors
  const learnt = shape.every((d, a) => d === 1 || a === shape.length - 1);
  const name = `${step.layer}:constant`;
  const key = `constant ${step.index} ${input}`;
  const param = step.reading.param(constant, { map, shape, key, use: step.use(input), name }, learnt);
  return step.emit({ kind: 'constant' }, [], { value: param });
}
