import type { Step } from '../reading/reading.ts';
import { inFileOrder, Unsaid } from '../reading/values.ts';
import type { Live } from '../reading/values.ts';

/** The product of two values that both depend on the input, as in attention. */
export function matmul(step: Step): Live[] {
  const a = step.live(0);
  const b = a.batch >= 0 ? step.batchAt(step.live(1), a.batch) : step.live(1);
  const rank = a.dims.length;
  if (rank !== b.dims.length || rank < 2 || a.batch !== b.batch || a.batch >= rank - 2)
    throw new Unsaid('factors of different axes');
  const order = inFileOrder(a.axes);
  if (order.join() !== inFileOrder(b.axes).join() || order.length < 2)
    throw new Unsaid('factors of different axes');
  const id = step.emit({ kind: 'matmul' }, [step.arrange(a, order), step.arrange(b, order)]);
  return [step.reading.live(id, order, rank, a.batch)];
}

/** An Einsum that is a product of matrices, whatever the order of its axes. */
export function einsum(step: Step): Live[] {
  const equation = step.string('equation', '').replace(/\s/g, '');
  const [, left, right, out] = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation) ?? [];
  if (out === undefined) throw new Unsaid(`equation ${equation.slice(0, 60)}`);
  const [a, b] = [step.live(0), step.live(1)];
  const shared = [...out].filter((c) => left.includes(c) && right.includes(c));
  const rows = [...out].filter((c) => left.includes(c) && !right.includes(c));
  const columns = [...out].filter((c) => right.includes(c) && !left.includes(c));
  const summed = [...left].filter((c) => right.includes(c) && !out.includes(c));
  const whole = [shared, rows, columns, summed].map(({ length }) => length);
  const fits =
    whole.slice(1).every((n) => n === 1) &&
    left.length === whole[0] + 2 &&
    right.length === whole[0] + 2 &&
    a.dims.length === left.length &&
    b.dims.length === right.length;
  if (!fits) throw new Unsaid(`equation ${equation.slice(0, 60)}`);
  const letters = (value: Live, text: string): string => text[value.batch] ?? '';
  if (letters(a, left) !== letters(b, right) || (a.batch >= 0 && !shared.includes(left[a.batch])))
    throw new Unsaid('factors of different axes');
  const place = (value: Live, text: string, order: readonly string[]): string => {
    const axes = order.map((c) => text.indexOf(c)).filter((axis) => value.axes.includes(axis));
    return step.arrange(value, axes);
  };
  const outer = shared.filter((c) => a.axes.includes(left.indexOf(c)));
  const id = step.emit({ kind: 'matmul' }, [
    place(a, left, [...outer, ...rows, ...summed]),
    place(b, right, [...outer, ...summed, ...columns]),
  ]);
  const order = [...outer, ...rows, ...columns].map((c) => out.indexOf(c));
  const batch = a.batch < 0 ? -1 : out.indexOf(left[a.batch]);
  return [step.reading.live(id, order, out.length, batch)];
}
