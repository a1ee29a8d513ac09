import { followed } from '../fold/elements.ts';
import { slicePositions } from '../fold/index.ts';
import { axisOf } from '../reading/reading.ts';
import type { Step } from '../reading/reading.ts';
import { Unsaid } from '../reading/values.ts';
import type { Live } from '../reading/values.ts';
import { reshapeTo } from './reshape.ts';
import { without } from './statistics.ts';

/** Some positions of an axis of the file. */
export function take(step: Step, x: Live, axis: number, positions: readonly number[], by = 1): Live {
  const ours = x.axes.indexOf(axis);
  if (positions.length === x.dims[axis] && positions.every((p, i) => p === i)) return x;
  if (ours < 0 || axis === x.batch) throw new Unsaid('samples that it picks');
  if (positions.length === 0) throw new Unsaid('nothing that is left');
  const op = { kind: 'gather' as const, axis: ours, positions, ...(Math.abs(by) > 1 && { step: by }) };
  return step.reading.live(step.emit(op, [x.node]), x.axes, x.dims.length, x.batch);
}

export function split(step: Step): Live[] {
  const x = step.live(0);
  const axis = axisOf(step.int('axis', 0), x.dims.length);
  const parts = step.node.outputs.length;
  const given = step.list('split', 1);
  const each = Math.ceil(x.dims[axis] / parts);
  const sizes = given ?? Array.from({ length: parts }, (_, i) => Math.min(each, x.dims[axis] - i * each));
  if (sizes.length !== parts || sizes.reduce((a, b) => a + b, 0) !== x.dims[axis])
    throw new Unsaid('parts that do not add up');
  let at = 0;
  const made = sizes.map((size) => {
    const from = at;
    at += size;
    return take(
      step,
      x,
      axis,
      Array.from({ length: size }, (_, i) => from + i),
    );
  });
  step.edit((narrow, to) => {
    const own = made.map((one) => narrow.dims(one)[axis]);
    if (own.every((size, i) => size === sizes[i])) return;
    if (step.opset < 13) to.attribute(step.index, 'split', own);
    else {
      to.list(step.use(1), step.constant(1), own, narrow);
      to.drop(step.index, 'num_outputs');
    }
  });
  return made;
}

export function slice(step: Step): Live[] {
  const x = step.live(0);
  const rank = x.dims.length;
  const [starts, ends] = [step.list('starts', 1), step.list('ends', 2)];
  if (!starts || !ends) throw new Unsaid('no starts or ends');
  const axes = (step.list('axes', 3) ?? [...starts.keys()]).map((a) => axisOf(a, rank));
  const steps = step.numbers(4) ?? starts.map(() => 1);
  let made = x;
  const cuts = axes.map((axis, i) => {
    const before = made;
    made = take(step, made, axis, slicePositions(x.dims[axis], starts[i], ends[i], steps[i]), steps[i]);
    // what takes all of an axis goes on doing so
    return { axis, node: made === before ? undefined : made.node };
  });
  step.edit((narrow, to) => {
    const now = (name: string, input: number, literal: readonly number[]): number[] => {
      const given = step.node.attributes.has(name) ? undefined : step.constant(input);
      const list = given && followed(given, step.use(input));
      return literal.map((value, i) => list?.[i].of?.(narrow) ?? value);
    };
    // where they are computed, they may be right by themselves
    const [from, until] = [now('starts', 1, starts), now('ends', 2, ends)];
    const [newStarts, newEnds] = [[...from], [...until]];
    cuts.forEach(({ axis, node }, i) => {
      const op = node === undefined ? undefined : narrow.op(node);
      const size = narrow.dims(x)[axis];
      const positions = op?.kind === 'gather' ? op.positions : Array.from({ length: size }, (_, p) => p);
      if (slicePositions(size, from[i], until[i], steps[i]).join() === positions.join()) return;
      newStarts[i] = positions[0];
      const last = positions[positions.length - 1];
      newEnds[i] = steps[i] > 0 ? last + 1 : last === 0 ? -size - 1 : last - 1;
    });
    const write = (name: string, input: number, own: number[], old: number[]): void => {
      if (own.join() === old.join()) return;
      if (step.node.attributes.has(name)) to.attribute(step.index, name, own);
      else to.list(step.use(input), step.constant(input), own, narrow);
    };
    write('starts', 1, newStarts, from);
    write('ends', 2, newEnds, until);
  });
  return [made];
}

export function gather(step: Step): Live[] {
  const x = step.live(0);
  const axis = axisOf(step.int('axis', 0), x.dims.length);
  const at = step.constant(1);
  if (!at) throw new Unsaid('no positions');
  const own = at.tensor.dims;
  const size = x.dims[axis];
  const positions = Array.from(at.tensor.values(), (p) => (p < 0 ? p + size : p));
  const made = take(step, x, axis, positions);
  const ours = x.axes.indexOf(axis);
  if (made.node !== x.node)
    step.edit((narrow, to) => {
      const op = narrow.op(made.node);
      if (op?.kind !== 'gather' || ours < 0) return;
      const now = narrow.dims(x)[axis];
      const literal = Array.from(at.tensor.values());
      // counted from behind, a position may still be the right one
      const same =
        op.positions.length === literal.length &&
        op.positions.every((p, i) => p === (literal[i] < 0 ? literal[i] + now : literal[i]));
      // in several axes, fewer can't be said
      if (same || (own.length > 1 && op.positions.length !== literal.length)) return;
      to.numbers(step.use(1), at, own.length === 1 ? [op.positions.length] : own, op.positions);
    });
  if (own.length === 0) return [without(step, made, [axis])];
  if (own.length === 1) return [made];
  return [reshapeTo(step, made, [...x.dims.slice(0, axis), ...own, ...x.dims.slice(axis + 1)])];
}

/** Positions of a padded axis: mirrored, repeated at the border, or beginning again. */
function around(mode: string, size: number, before: number, after: number): number[] {
  return Array.from({ length: before + size + after }, (_, i) => {
    const p = i - before;
    if (mode === 'edge') return Math.min(Math.max(p, 0), size - 1);
    if (mode === 'wrap') return ((p % size) + size) % size;
    if (mode !== 'reflect') throw new Unsaid(`mode ${mode}`);
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const q = ((p % period) + period) % period;
    return q < size ? q : period - q;
  });
}

export function pad(step: Step): Live[] {
  const x = step.live(0);
  const rank = x.dims.length;
  const pads = step.ints('pads') ?? step.ints('paddings') ?? step.numbers(1);
  if (!pads) throw new Unsaid('no pads');
  const axes = (step.opset >= 18 ? step.numbers(3) : undefined)?.map((a) => axisOf(a, rank)) ?? [
    ...x.dims.keys(),
  ];
  const given = step.opset >= 11 ? step.constant(2) : undefined;
  const value = given ? given.tensor.values()[0] : step.float('value', 0);
  const mode = step.string('mode', 'constant');
  let made = x;
  const ends = axes.map((axis, i) => ({ axis, before: pads[i], after: pads[i + axes.length] }));
  const cuts: { at: number; node: string }[] = [];
  for (const { axis, before, after } of ends) {
    if (before >= 0 && after >= 0) continue;
    const size = x.dims[axis];
    const from = Math.max(-before, 0);
    const to = size - Math.max(-after, 0);
    if (mode !== 'constant' || to <= from) throw new Unsaid('negative pads');
    if (axis === 1) throw new Unsaid('channels that it cuts off');
    made = take(
      step,
      made,
      axis,
      Array.from({ length: to - from }, (_, k) => from + k),
    );
  }
  const grown = ends.map((one) => ({
    ...one,
    before: Math.max(one.before, 0),
    after: Math.max(one.after, 0),
  }));
  const open = grown.filter(({ before, after }) => before + after > 0);
  if (mode !== 'constant') {
    for (const { axis, before, after } of open)
      made = take(step, made, axis, around(mode, made.dims[axis], before, after));
    return [made];
  }
  const image = rank === 4 && made.axes.length === 3 && made.batch <= 0 && !made.axes.includes(0);
  const places = open.filter(({ axis }) => axis === 2 || axis === 3);
  if (image && places.length > 0) {
    const of = (axis: number): [number, number] => {
      const found = places.find((one) => one.axis === axis);
      return [found?.before ?? 0, found?.after ?? 0];
    };
    const padding = [...of(2), ...of(3)] as unknown as readonly [number, number, number, number];
    const node = step.emit({ kind: 'zeroPad', padding, ...(value !== 0 && { value }) }, [step.image(made)]);
    made = step.imageValue(node, made);
  }
  for (const { axis, before, after } of open) {
    if (image && places.some((one) => one.axis === axis)) continue;
    const ours = made.axes.indexOf(axis);
    if (ours < 0 || axis === made.batch) throw new Unsaid('samples that it adds');
    const op = { kind: 'padAxis' as const, axis: ours, before, after, ...(value !== 0 && { value }) };
    made = step.reading.live(step.emit(op, [made.node]), made.axes, rank, made.batch);
    cuts.push({ at: axes.indexOf(axis), node: made.node });
  }
  step.edit((narrow, to) => {
    const own = [...pads];
    for (const { at, node } of cuts) {
      const op = narrow.op(node);
      if (op?.kind === 'padAxis') [own[at], own[at + axes.length]] = [op.before, op.after];
    }
    if (own.join() === pads.join()) return;
    const name = step.node.attributes.has('pads') ? 'pads' : 'paddings';
    if (step.ints(name)) to.attribute(step.index, name, own);
    else to.list(step.use(1), step.constant(1), own, narrow);
  });
  return [made];
}

/** One position of an axis as many. */
function repeated(step: Step, x: Live, dims: readonly number[]): Live {
  let made = x;
  dims.forEach((d, axis) => {
    if (d === made.dims[axis]) return;
    const size = made.dims[axis];
    made = take(
      step,
      made,
      axis,
      Array.from({ length: d }, (_, i) => i % size),
    );
  });
  return made;
}

export function tile(step: Step): Live[] {
  const x = step.live(0);
  const times = step.numbers(1);
  if (times?.length !== x.dims.length) throw new Unsaid('repeats that do not fit');
  return [
    repeated(
      step,
      x,
      x.dims.map((d, a) => d * times[a]),
    ),
  ];
}

export function expand(step: Step): Live[] {
  const x = step.live(0);
  const shape = step.constant(1);
  const to = step.numbers(1);
  if (!shape || to?.length !== x.dims.length) throw new Unsaid('a shape of other axes');
  const made = repeated(
    step,
    x,
    x.dims.map((d, a) => (to[a] === 1 ? d : to[a])),
  );
  step.edit((narrow, editor) => {
    const own = narrow.dims(made);
    editor.list(
      step.use(1),
      shape,
      own.map((d, a) => (to[a] === 1 || a === made.batch ? null : d)),
      narrow,
      1,
    );
  });
  return [made];
}
