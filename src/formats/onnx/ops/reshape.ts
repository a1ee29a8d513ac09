import { sizeOf } from '../../../graph/ops/rules/sizes.ts';
import { squeezed, targetOf, unsqueezed } from '../fold/index.ts';
import { axisOf } from '../reading/reading.ts';
import type { Step } from '../reading/reading.ts';
import { inFileOrder, Unsaid } from '../reading/values.ts';
import type { Live } from '../reading/values.ts';

/**
 * The same elements in another shape, in the file's order. The batch stays the outer part of one axis, so what is left of
 * a sample is reshaped by itself; axes that lie side by side in ours as in the file are joined and parted where they are.
 * @throws Unsaid where samples would be mixed
 */
export function reshapeTo(step: Step, x: Live, dims: readonly number[]): Live {
  const { reading } = step;
  if (sizeOf(dims) !== sizeOf(x.dims)) throw new Unsaid('a shape that does not fit');
  const batch = x.batch < 0 ? (reading.batch === 1 ? dims.indexOf(1) : -1) : batchIn(x, dims, reading.batch);
  const size = (from: readonly number[], at: number, a: number): number =>
    a === at ? from[a] / reading.batch : from[a];
  const inner = inFileOrder(x.axes);
  const outer = [...dims.keys()].filter((a) => a !== batch || dims[a] > reading.batch);
  const parts = blocks(
    inner.map((a) => size(x.dims, x.batch, a)),
    outer.map((a) => size(dims, batch, a)),
  ).map(({ from, to }) => ({ from: from.map((i) => inner[i]), to: to.map((i) => outer[i]) }));
  // axes of one position go in front, where an image has its places
  const ones = outer.filter((a) => size(dims, batch, a) === 1);
  const single = inner.filter((a) => size(x.dims, x.batch, a) === 1);
  let source = x;
  let rest = x.axes.filter((a) => !single.includes(a));
  const together = parts.every(({ from }) => {
    const at = rest.indexOf(from[0]);
    return from.every((a, i) => rest[at + i] === a);
  });
  if (!together) {
    const node = step.arrange(x, inner);
    source = { ...x, node, axes: inner };
    rest = inner.filter((a) => !single.includes(a));
  }
  const order: number[] = [...ones];
  for (let i = 0; i < rest.length;) {
    const part = parts.find(({ from }) => from[0] === rest[i])!;
    order.push(...part.to);
    i += part.from.length;
  }
  const target = order.map((a) => size(dims, batch, a));
  const shape = reading.shapes[source.node];
  if (target.join() === shape.join()) return reading.live(source.node, order, dims.length, batch);
  // the longer of the axes that channels are parted into carries them: the shorter would leave fewer to choose from
  const parted = parts.filter(({ to }) => to.length > 1);
  const along = parted.map(({ to }) => {
    // of an image, its channels do
    if (dims.length === 4 && [1, 2, 3].every((a) => to.includes(a))) return order.indexOf(1);
    const longest = Math.max(...to.map((a) => size(dims, batch, a)));
    return order.indexOf(to.findLast((a) => size(dims, batch, a) === longest)!);
  });
  const node = step.emit({ kind: 'reshape', target, ...(along.length > 0 && { along }) }, [source.node]);
  return reading.live(node, order, dims.length, batch);
}

/** The axis whose outer part the batch is, after as many elements as before. */
function batchIn(x: Live, dims: readonly number[], size: number): number {
  const before = sizeOf(x.dims.slice(0, x.batch));
  let found = -1;
  let product = 1;
  for (let a = 0; a < dims.length && product <= before; product *= dims[a++]) {
    if (product !== before || dims[a] % size !== 0) continue;
    if (dims[a] === size) return a;
    if (found < 0 && size > 1) found = a;
  }
  // of a single sample, any axis of one position is the batch
  if (size === 1) return dims.indexOf(1);
  if (found < 0 && size > 1) throw new Unsaid('samples that it mixes');
  return found;
}

/** Smallest runs of axes that hold the same elements, without those of one position. */
function blocks(from: readonly number[], to: readonly number[]): { from: number[]; to: number[] }[] {
  const left = [...from.keys()].filter((i) => from[i] !== 1);
  const right = [...to.keys()].filter((i) => to[i] !== 1);
  const found: { from: number[]; to: number[] }[] = [];
  while (left.length > 0 || right.length > 0) {
    if (left.length === 0 || right.length === 0) throw new Unsaid('a shape that does not fit');
    const block = { from: [left.shift()!], to: [right.shift()!] };
    let [p, q] = [from[block.from[0]], to[block.to[0]]];
    while (p !== q) {
      const next = p < q ? left.shift() : right.shift();
      if (next === undefined) throw new Unsaid('a shape that does not fit');
      if (p < q) {
        block.from.push(next);
        p *= from[next];
      } else {
        block.to.push(next);
        q *= to[next];
      }
    }
    found.push(block);
  }
  return found;
}

export function reshape(step: Step): Live[] {
  const x = step.live(0);
  const made = reshapeTo(step, x, targetOf(step, x.dims));
  step.reading.reshaped.set(made.node, x);
  const shape = step.constant(1);
  if (!shape) return [made];
  const literal = Array.from(shape.tensor.values());
  step.edit((narrow, to) => {
    const own = narrow.dims(made);
    const before = narrow.dims(x);
    const copies = step.int('allowzero', 0) === 0;
    // the batch stays as it is written, and so does what is copied or left open
    const wanted = own.map((d, i) =>
      i === made.batch && d === made.dims[i]
        ? null
        : literal[i] === -1 || (literal[i] === 0 && copies && before[i] === d)
          ? null
          : d,
    );
    to.list(step.use(1), shape, wanted, narrow, -1);
  });
  return [made];
}

export function flatten(step: Step): Live[] {
  const x = step.live(0);
  const rank = x.dims.length;
  const axis = axisOf(step.int('axis', 1), rank + 1);
  return [reshapeTo(step, x, [sizeOf(x.dims.slice(0, axis)), sizeOf(x.dims.slice(axis))])];
}

export function squeeze(step: Step): Live[] {
  const x = step.live(0);
  return [reshapeTo(step, x, squeezed(step, x.dims))];
}

export function unsqueeze(step: Step): Live[] {
  const x = step.live(0);
  return [reshapeTo(step, x, unsqueezed(step, x.dims))];
}

export function transpose(step: Step): Live[] {
  const x = step.live(0);
  const rank = x.dims.length;
  const perm = step.ints('perm') ?? [...x.dims.keys()].reverse();
  if (inFileOrder(perm).join() !== [...x.dims.keys()].join()) throw new Unsaid('axes that are not there');
  const to = (a: number): number => perm.indexOf(a);
  return [step.reading.live(x.node, x.axes.map(to), rank, x.batch < 0 ? -1 : to(x.batch))];
}

/** A value that is transposed, without a node of the file that says so. */
function turned(step: Step, x: Live, perm: readonly number[]): Live {
  const to = (a: number): number => perm.indexOf(a);
  return step.reading.live(x.node, x.axes.map(to), perm.length, x.batch < 0 ? -1 : to(x.batch));
}

export function depthToSpace(step: Step): Live[] {
  const x = step.live(0);
  const b = step.int('blocksize', 0);
  const [n, c, h, w] = x.dims;
  if (x.dims.length !== 4 || !(b > 0) || c % (b * b) !== 0) throw new Unsaid('blocks that do not fit');
  const crd = step.string('mode', 'DCR') === 'CRD';
  const parted = reshapeTo(step, x, crd ? [n, c / (b * b), b, b, h, w] : [n, b, b, c / (b * b), h, w]);
  const moved = turned(step, parted, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]);
  return [reshapeTo(step, moved, [n, c / (b * b), h * b, w * b])];
}

export function spaceToDepth(step: Step): Live[] {
  const x = step.live(0);
  const b = step.int('blocksize', 0);
  const [n, c, h, w] = x.dims;
  if (x.dims.length !== 4 || !(b > 0) || h % b !== 0 || w % b !== 0)
    throw new Unsaid('blocks that do not fit');
  const parted = reshapeTo(step, x, [n, c, h / b, b, w / b, b]);
  return [reshapeTo(step, turned(step, parted, [0, 3, 5, 1, 2, 4]), [n, c * b * b, h / b, w / b])];
}
