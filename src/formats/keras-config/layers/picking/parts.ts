import * as z from 'zod';
import type { Graph, Node } from '../../../../graph/types.ts';
import { fields, integer, or, reads, size } from '../../fields.ts';
import { shortly } from '../../layer-call.ts';
import type { LayerCall, OperationReader } from '../../layer-call.ts';
import { perSample } from '../reductions.ts';
import type { Json } from '../../written.ts';
import { items } from '../../written.ts';
import { gathered, positionsBy, sameList } from './positions.ts';
import { withoutAxis } from './taking.ts';

/** Of several values of one layer, the first has the layer's own name. */
const named = (k: number): string | undefined => (k === 0 ? undefined : String(k));

const list = reads(
  z.union([size, z.array(integer).min(1)]),
  'a whole number from 1 on, or a list of whole numbers',
);

/** keras.ops.split and array_split (places to cut at), and tf.split (sizes); or into so many equal parts. */
export const split = (equal: boolean) => (call: LayerCall, x: string) => {
  const c = fields(call, {
    axis: or(integer, 0),
    indices_or_sections: or(list, null),
    num_or_size_splits: or(list, null),
    num: or(size, null),
  });
  const shape = call.builder.shapes.get(x)!;
  const [axis] = perSample(call, [c.axis], shape.length);
  const given = c.indices_or_sections ?? c.num_or_size_splits ?? call.fail('says no parts');
  const sizes = sizesOf(given, c.indices_or_sections !== null, shape[axis]);
  const uneven = equal && typeof given === 'number' && shape[axis] % given !== 0;
  if (uneven || sizes.some((n) => n < 1) || sizes.reduce((a, b) => a + b, 0) !== shape[axis])
    call.fail(`splits an axis of ${shape[axis]} by ${shortly(given)}; Espalier reads parts that fill it`);
  let at = 0;
  return sizes.map((n, k) => {
    const first = at;
    at += n;
    return gathered(
      call,
      x,
      axis,
      positionsBy(call, n, (i) => first + i),
      { part: named(k) },
    );
  });
};

/** How long the parts are, by their number, by the places to cut at, or by themselves. */
function sizesOf(given: number | readonly number[], cuts: boolean, whole: number): readonly number[] {
  if (typeof given === 'number') return sections(whole, given);
  return cuts ? between(given, whole) : filled(given, whole);
}

/** The parts of a split as long as they are now, in the setting that says them; the number of equal ones stays. */
export function writeParts(settings: Json, graph: Graph, node: Node, whole: number): void {
  const cuts = 'indices_or_sections' in settings;
  const key = cuts ? 'indices_or_sections' : 'num_or_size_splits';
  const given = settings[key];
  const written = typeof given === 'number' ? given : (items(given) as number[]);
  const sizes: number[] = [];
  let at = 0;
  for (const { layer, inputs, op } of graph.nodes) {
    if (layer !== node.layer || inputs[0] !== node.inputs[0] || op.kind !== 'gather' || at === whole)
      continue;
    sizes.push(op.positions.length);
    at += op.positions.length;
  }
  const equal = typeof written !== 'number' || whole % written === 0;
  if (equal && sameList(sizesOf(written, cuts, whole), sizes)) return;
  settings[key] = cuts
    ? sizes.slice(0, -1).map((_, k) => sizes.slice(0, k + 1).reduce((a, b) => a + b))
    : sizes;
}

/** So many parts; the first ones are one longer where they can't be equal. */
function sections(whole: number, n: number): number[] {
  if (n > whole) return [];
  return Array.from({ length: n }, (_, k) => Math.floor(whole / n) + (k < whole % n ? 1 : 0));
}

const between = (cuts: readonly number[], whole: number): number[] =>
  [...cuts, whole].map((cut, k) => cut - (cuts[k - 1] ?? 0));

/** One size may be left to be found. */
function filled(sizes: readonly number[], whole: number): number[] {
  const known = sizes.reduce((sum, n) => sum + Math.max(n, 0), 0);
  return sizes.map((n) => (n === -1 ? whole - known : n));
}

/** Each position of an axis as a value of its own. */
export function unstack(call: LayerCall, x: string): string[] {
  const c = fields(call, { axis: or(integer, 0), num: or(size, null) });
  const shape = call.builder.shapes.get(x)!;
  const [axis] = perSample(call, [c.axis], shape.length);
  if (c.num !== null && c.num !== shape[axis])
    call.fail(`has num ${c.num}, and the axis has ${shape[axis]} positions`);
  return positionsBy(call, shape[axis], (k) => k).map((k) => {
    const one = gathered(call, x, axis, [k], { part: `taken${k}` });
    return withoutAxis(call, one, axis, named(k));
  });
}

/** Values of one shape along a new axis. */
export const stack: OperationReader = (call: LayerCall, operands) => {
  const { axis } = fields(call, { axis: or(integer, 0) });
  const ids = operands.map((x) =>
    typeof x === 'string' ? x : call.fail('joins a constant with tensors; Espalier joins tensors alone'),
  );
  const shape = call.builder.shapes.get(ids[0])!;
  const [at] = perSample(call, [axis], shape.length + 1);
  const target = shape.toSpliced(at, 0, 1);
  const parts = ids.map((id, k) => call.node({ kind: 'reshape', target }, [id], {}, `part${k}`));
  return call.node({ kind: 'concat', axis: at }, parts);
};
