import * as z from 'zod';
import { asImage, IMAGE } from '../../../../graph/ops/rules/layout.ts';
import type { Op } from '../../../../graph/types.ts';
import { fields } from '../../fields.ts';
import { shortly } from '../../layer-call.ts';
import type { LayerCall } from '../../layer-call.ts';
import { isObject } from '../../plain.ts';
import { keyItems, sliceFor, sliceOf, stepOf } from './keys.ts';
import type { KeyItem } from './keys.ts';
import { isWhole, positionsBy, sameList } from './positions.ts';

/** `x[:, 1:-1, ::2]`, `x[..., ::-1]`, `x[..., 0]`: some of the rows, columns or channels, or one of them. */
export function slicing(call: LayerCall, x: string): string {
  const c = fields(call, { key: z.unknown().optional(), slice_spec: z.unknown().optional() });
  const given = c.key ?? c.slice_spec;
  const refuse = (): never =>
    call.fail(
      `has ${c.key === undefined ? 'slice_spec' : 'key'} ${shortly(given)}; Espalier reads slices and single positions of height, width and channels here, with the whole batch, and something left`,
    );
  const items = keyItems(given, call.builder.shapes.get(x)!.length + 1) ?? refuse();
  return sliced(call, x, items, refuse);
}

/** The value by what stands in brackets, where the batch is whole and something left. */
export function sliced(call: LayerCall, x: string, items: readonly KeyItem[], refuse: () => never): string {
  const shape = call.builder.shapes.get(x)!;
  const steps: { op: Op; part: string }[] = [];
  const cropping: [number, number, number, number] = [0, 0, 0, 0];
  const sizes: (number | null)[] = [...shape];
  for (const { axis, what } of items) {
    if (axis === 0 && !isAll(what)) refuse();
    if (axis === 0 || what === null) continue;
    const [a, size] = [axis - 1, shape[axis - 1]];
    const one = typeof what === 'number';
    const { first, count } = one ? oneOf(what, size) : sliceOf(what, size);
    if (count === 0) refuse();
    sizes[a] = one ? null : count;
    const step = one ? 1 : stepOf(what);
    const place = IMAGE.places.indexOf(a);
    if (!one && step === 1 && asImage(shape) && place >= 0) {
      cropping[2 * place] = first;
      cropping[2 * place + 1] = size - first - count;
      continue;
    }
    const positions = positionsBy(call, count, (k) => first + k * step);
    const apart = Math.abs(step) > 1 && count > 1 && { step };
    if (!isWhole(positions, size))
      steps.push({ op: { kind: 'gather', axis: a, positions, ...apart }, part: `axis${axis}` });
  }
  if (cropping.some((n) => n > 0)) steps.unshift({ op: { kind: 'crop', cropping }, part: 'crop' });
  const target = withNewAxes(sizes, items);
  if (target.length === 0) refuse();
  if (target.length !== shape.length || sizes.includes(null))
    steps.push({ op: { kind: 'reshape', target }, part: 'shape' });
  if (steps.length === 0) steps.push({ op: { kind: 'identity' }, part: '' });
  const last = steps.length - 1;
  return steps.reduce((value, { op, part }, i) => call.node(op, [value], {}, i < last ? part : undefined), x);
}

const isAll = (what: KeyItem['what']): boolean =>
  isObject(what) && !what.start && what.stop == null && stepOf(what) === 1;

function oneOf(position: number, size: number): { first: number; count: number } {
  const first = position < 0 ? position + size : position;
  return { first, count: first >= 0 && first < size ? 1 : 0 };
}

/** Without the axes that one position was taken of (null), and with those that are new, each where it stands. */
function withNewAxes(sizes: readonly (number | null)[], items: readonly KeyItem[]): number[] {
  const fresh = (before: number) =>
    items.filter(({ what, axis }) => what === null && axis === before).map(() => 1);
  return [...sizes, null].flatMap((size, a) => [...fresh(a + 1), ...(size === null ? [] : [size])]);
}

/** What stands in brackets, changed in place to what it takes of an axis of this size now. */
export function writeKey(
  key: unknown,
  rank: number,
  op: { axis: number; positions: readonly number[] },
  size: number,
) {
  const found = keyItems(key, rank + 1)?.find(({ axis, what }) => axis === op.axis + 1 && what !== null);
  if (!found || found.what === null || !Array.isArray(key)) return;
  if (typeof found.what === 'number') {
    if (oneOf(found.what, size).first !== op.positions[0]) key[found.at] = op.positions[0];
    return;
  }
  const { first, count } = sliceOf(found.what, size);
  const says = Array.from({ length: count }, (_, k) => first + k * stepOf(found.what as object));
  if (sameList(says, op.positions)) return;
  const item = key[found.at] as Record<string, unknown>;
  Object.assign(isObject(item.config) ? item.config : item, sliceFor(op.positions, found.what));
}
