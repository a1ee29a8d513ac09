import type { Step } from '../reading/reading.ts';
import { Unsaid } from '../reading/values.ts';
import type { Live } from '../reading/values.ts';

/** The product of two values that both depend on the input, as in attention. */
export function matmul(step: Step): Live[] {
  const [a, b] = [step.live(0), step.live(1)];
  const rank = a.dims.length;
  if (rank !== b.dims.length || rank < 2 || a.batch !== b.batch || a.batch >= rank - 2)
    throw new Unsaid('factors of different axes');
  const order = [...a.axes].sort((x, y) => x - y);
  if (order.join() !== [...b.axes].sort((x, y) => x - y).join() || order.length < 2)
    throw new Unsaid('factors of different axes');
  const id = step.emit({ kind: 'matmul' }, [step.arrange(a, order), step.arrange(b, order)]);
  return [step.reading.live(id, order, rank, a.batch)];
}
