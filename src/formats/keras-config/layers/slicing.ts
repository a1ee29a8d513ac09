import * as z from 'zod';
import { asImage } from '../../../graph/ops/rules/layout.ts';
import { fields, integer } from '../fields.ts';
import { shortly } from '../layer-call.ts';
import type { LayerCall } from '../layer-call.ts';

const ends = z.object({ start: integer.nullish(), stop: integer.nullish(), step: z.literal(1).nullish() });
type Ends = z.output<typeof ends>;
const WHOLE: Ends = {};

/** A slice as Keras 3 writes it, or as Keras 2 does; anything else that Python takes in brackets is none. */
const slice = z.union([
  z.object({ class_name: z.literal('__slice__'), config: ends }).transform(({ config }) => config),
  ends.strict(),
]);
const ellipsis = z.object({ class_name: z.literal('__ellipsis__') });

/** `x[:, 1:-1, 2:]`: a picture without rows and columns at its borders. */
export function slicing(call: LayerCall, x: string): string {
  const c = fields(call, { key: z.unknown().optional(), slice_spec: z.unknown().optional() });
  const given = c.key ?? c.slice_spec;
  const refuse = (): never =>
    call.fail(
      `has ${c.key === undefined ? 'slice_spec' : 'key'} ${shortly(given)}; Espalier reads slices of height and width here, without steps (a 1x1 convolution takes some of the channels)`,
    );
  const shape = call.builder.shapes.get(x)!;
  const items = Array.isArray(given) ? given : [given];
  const rest = shape.length + 1 - items.filter((item) => !ellipsis.safeParse(item).success).length;
  const slices = items.flatMap((item): Ends[] => {
    if (ellipsis.safeParse(item).success) return Array<Ends>(Math.max(0, rest)).fill(WHOLE);
    const read = slice.safeParse(item);
    return [read.success ? read.data : refuse()];
  });
  if (slices.length > shape.length + 1) refuse();
  const [batch, ...cuts] = slices;
  const borders = shape.map((size, axis) => bordersOf(cuts[axis] ?? WHOLE, size));
  const whole = (cut: readonly number[]) => cut.every((n) => n === 0);
  if (batch.stop || batch.start || borders.some(([before, after], a) => before + after >= shape[a])) refuse();
  if (borders.every(whole)) return call.node({ kind: 'identity' }, [x]);
  if (!asImage(shape) || !whole(borders[2])) refuse();
  const [[top, bottom], [left, right]] = borders;
  return call.node({ kind: 'crop', cropping: [top, bottom, left, right] }, [x]);
}

/** How many places Python leaves out before and after: negative ones are from the end, too far ones are the end. */
function bordersOf({ start, stop }: Ends, size: number): [number, number] {
  const at = (n: number) => Math.min(size, Math.max(0, n < 0 ? n + size : n));
  return [at(start ?? 0), size - at(stop ?? size)];
}
