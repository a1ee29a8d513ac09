import { broadcastShape, sizeOf } from '../../../graph/ops/rules/sizes.ts';
import { TYPE } from '../proto/tensor.ts';
import { axisOf } from '../reading/reading.ts';
import type { Step } from '../reading/reading.ts';
import { constant, Unsaid } from '../reading/values.ts';
import type { Constant } from '../reading/values.ts';
import { computed, followed, listed, MAX_FOLLOWED } from './elements.ts';
import type { Followed } from './elements.ts';
import { moved, position, spread } from './move.ts';
import { matmul, reduced, scatter } from './weights.ts';

/** Numbers that one computed constant may have: those of VGG's largest layer, 102 million. */
const MAX_COMPUTED = 2 ** 27;

type Fold = (step: Step, inputs: readonly (Constant | undefined)[]) => Constant;

const unary =
  (act: (x: number) => number): Fold =>
  (step, inputs) =>
    numbers(step, inputs, ([x]) => act(x));
const binary =
  (act: (x: number, y: number) => number): Fold =>
  (step, inputs) =>
    numbers(step, inputs, (xs) => xs.slice(1).reduce(act, xs[0]));
const truth =
  (act: (x: number, y: number) => boolean): Fold =>
  (step, inputs) =>
    numbers(step, inputs, ([x, y]) => Number(act(x, y)), TYPE.bool);

/** What is computed of constants alone while a file is read, by operator. */
const FOLDS: Readonly<Record<string, Fold>> = {
  Abs: unary(Math.abs),
  Add: binary((x, y) => x + y),
  And: truth((x, y) => x !== 0 && y !== 0),
  Cast: cast,
  Ceil: unary(Math.ceil),
  Clip: clip,
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Div: divide,
  Equal: truth((x, y) => x === y),
  Exp: unary(Math.exp),
  Expand: expand,
  Flatten: (step, [x]) => {
    const axis = axisFrom(step, 1, x!.tensor.dims.length + 1);
    const { dims } = x!.tensor;
    return reshaped(step, x!, [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis))]);
  },
  Floor: unary(Math.floor),
  Gather: gather,
  Greater: truth((x, y) => x > y),
  GreaterOrEqual: truth((x, y) => x >= y),
  Identity: (_, [x]) => x!,
  Less: truth((x, y) => x < y),
  LessOrEqual: truth((x, y) => x <= y),
  Log: unary(Math.log),
  MatMul: matmul,
  Max: binary(Math.max),
  Min: binary(Math.min),
  Mod: binary((x, y) => x - y * Math.floor(x / y)),
  Mul: binary((x, y) => x * y),
  Neg: unary((x) => -x),
  Not: unary((x) => Number(x === 0)),
  Or: truth((x, y) => x !== 0 || y !== 0),
  Pow: binary((x, y) => x ** y),
  Range: range,
  Reciprocal: unary((x) => 1 / x),
  ReduceMax: reduced(Math.max, -Infinity),
  ReduceMean: reduced((a, b) => a + b, 0, true),
  ReduceMin: reduced(Math.min, Infinity),
  ReduceProd: reduceProd,
  ReduceSum: reduced((a, b) => a + b, 0),
  Relu: unary((x) => Math.max(x, 0)),
  Reshape: (step, [x]) => reshaped(step, x!, targetOf(step, x!.tensor.dims)),
  Round: unary((x) => {
    const near = Math.round(x);
    return near - x === 0.5 && near % 2 !== 0 ? near - 1 : near;
  }),
  ScatterND: scatter,
  Shape: (step, [x]) =>
    shapeOf(
      step,
      x!.tensor.dims.map((value) => ({ value })),
    ),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Sign: unary(Math.sign),
  Size: (_, [x]) => listed(TYPE.int64, [], [{ value: sizeOf(x!.tensor.dims) }]),
  Slice: slice,
  Sqrt: unary(Math.sqrt),
  Squeeze: squeeze,
  Sub: binary((x, y) => x - y),
  Tanh: unary(Math.tanh),
  Tile: tile,
  Transpose: (step, [x]) => {
    const { dims } = x!.tensor;
    return moved(x!, step.ints('perm') ?? [...dims.keys()].reverse());
  },
  Unsqueeze: (step, [x]) => reshaped(step, x!, unsqueezed(step, x!.tensor.dims)),
  Where: where,
};

/** A node of constants alone as a constant. @throws Unsaid where it is none that is computed */
export function fold(step: Step): Constant {
  const make =
    step.node.domain === '' && Object.hasOwn(FOLDS, step.node.op) ? FOLDS[step.node.op] : undefined;
  if (!make) throw new Unsaid('a constant that is computed');
  const inputs = step.node.inputs.map((_, i) => step.constant(i));
  if (inputs.length > 0 && !inputs[0]) throw new Unsaid('an input that is left out');
  return make(step, inputs);
}

/** The sizes of a value that isn't constant: each is followed. */
export function shapeOfLive(step: Step): Constant {
  const value = step.live(0);
  return shapeOf(
    step,
    value.dims.map((size, axis) => ({ value: size, of: (narrow) => narrow.dims(value)[axis] })),
  );
}

function shapeOf(step: Step, sizes: readonly Followed[]): Constant {
  const clamp = (at: number): number => Math.min(Math.max(at < 0 ? at + sizes.length : at, 0), sizes.length);
  const part = sizes.slice(clamp(step.int('start', 0)), clamp(step.int('end', sizes.length)));
  return listed(TYPE.int64, [part.length], part);
}

/** Place by place, with broadcasting; short lists are followed. */
function numbers(
  step: Step,
  inputs: readonly (Constant | undefined)[],
  act: (values: readonly number[]) => number,
  type?: number,
): Constant {
  const given = inputs.filter((one) => one !== undefined);
  const dims = broadcastShape(given.map(({ tensor }) => tensor.dims));
  if (!dims) throw new Unsaid('constants whose shapes do not fit');
  const out = type ?? given[0].tensor.type;
  const count = checked(sizeOf(dims));
  if (given.every(({ uniform }) => uniform !== undefined)) {
    const uniform = act(given.map((one) => one.uniform!));
    return constant(out, dims, () => new Float64Array(count).fill(uniform), { uniform });
  }
  if (count <= MAX_FOLLOWED) {
    const lists = given.map((one, i) => followed(one, step.use(i)));
    if (lists.every((list) => list !== undefined))
      return listed(
        out,
        dims,
        Array.from({ length: count }, (_, k) =>
          computed(
            lists.map((list, i) => list[position(k, dims, given[i].tensor.dims)]),
            act,
          ),
        ),
      );
  }
  return constant(out, dims, () => {
    const values = given.map(({ tensor }) => tensor.values());
    return Float64Array.from({ length: count }, (_, k) =>
      act(values.map((list, i) => list[position(k, dims, given[i].tensor.dims)])),
    );
  });
}

function checked(count: number): number {
  if (count > MAX_COMPUTED) throw new Unsaid(`a constant of ${count} numbers`);
  return count;
}

function clip(step: Step, [x, low, high]: readonly (Constant | undefined)[]): Constant {
  const least = low?.tensor.values()[0] ?? step.node.attributes.get('min')?.f ?? -Infinity;
  const most = high?.tensor.values()[0] ?? step.node.attributes.get('max')?.f ?? Infinity;
  return numbers(step, [x], ([v]) => Math.min(Math.max(v, least), most));
}

function divide(step: Step, inputs: readonly (Constant | undefined)[]): Constant {
  const whole = inputs[0]!.tensor.type !== TYPE.float && inputs[0]!.tensor.type !== TYPE.double;
  return numbers(step, inputs, ([x, y]) => (whole ? Math.trunc(x / y) : x / y));
}

function cast(step: Step, [x]: readonly (Constant | undefined)[]): Constant {
  const to = step.int('to', TYPE.float);
  const { type, dims } = x!.tensor;
  // as they were, so that they are still followed
  if (to === type) return x!;
  const whole = to !== TYPE.float && to !== TYPE.double && to !== TYPE.float16;
  const list = sizeOf(dims) <= MAX_FOLLOWED ? followed(x!, step.use(0)) : undefined;
  if (list && list.every(({ value }) => !whole || Number.isInteger(value))) return listed(to, dims, list);
  return numbers(step, [x], ([v]) => (to === TYPE.bool ? Number(v !== 0) : whole ? Math.trunc(v) : v), to);
}

function concat(step: Step, inputs: readonly (Constant | undefined)[]): Constant {
  const parts = inputs.map((one) => one!);
  const [{ tensor }] = parts;
  const axis = axisOf(step.int('axis', 0), tensor.dims.length);
  const dims = tensor.dims.map((d, a) =>
    a === axis ? parts.reduce((sum, one) => sum + one.tensor.dims[axis], 0) : d,
  );
  const outer = sizeOf(dims.slice(0, axis));
  const inner = sizeOf(dims.slice(axis + 1));
  checked(sizeOf(dims));
  const lists = sizeOf(dims) <= MAX_FOLLOWED ? parts.map((one, i) => followed(one, step.use(i))) : [];
  const join = <T>(values: readonly ArrayLike<T>[]): T[] => {
    const all: T[] = [];
    for (let o = 0; o < outer; o++)
      values.forEach((list, i) => {
        const run = parts[i].tensor.dims[axis] * inner;
        for (let k = 0; k < run; k++) all.push(list[o * run + k]);
      });
    return all;
  };
  if (lists.length > 0 && lists.every((list) => list !== undefined))
    return listed(tensor.type, dims, join(lists));
  return constant(tensor.type, dims, () => Float64Array.from(join(parts.map((one) => one.tensor.values()))));
}

function constantOfShape(step: Step, [x]: readonly (Constant | undefined)[]): Constant {
  const dims = batchless(step, Array.from(x!.tensor.values()));
  const given = step.node.attributes.get('value')?.tensor;
  const uniform = given ? given.values()[0] : 0;
  const count = checked(sizeOf(dims));
  const type = given?.type ?? TYPE.float;
  const values = () =>
    (type === TYPE.float ? new Float32Array(count) : new Float64Array(count)).fill(uniform);
  const shaped = { name: step.node.outputs[0], sizes: x!, use: step.use(0) };
  return constant(type, dims, values, { uniform, shaped });
}

/** Sizes that are the batch's stand for one that is stretched over it: what is the same for all samples is kept once. */
function batchless(step: Step, dims: readonly number[]): number[] {
  const { batch } = step.reading;
  return dims.map((d) => (batch > 1 && d > 0 && d % batch === 0 ? d / batch : d));
}

function expand(step: Step, [x, shape]: readonly (Constant | undefined)[]): Constant {
  const to = batchless(step, Array.from(shape!.tensor.values()));
  const dims = broadcastShape([x!.tensor.dims, to]);
  if (!dims) throw new Unsaid('a constant that is expanded to a shape that does not fit');
  checked(sizeOf(dims));
  return spread(x!, dims);
}

function tile(_: Step, [x, repeats]: readonly (Constant | undefined)[]): Constant {
  const times = Array.from(repeats!.tensor.values());
  const { dims, type, values } = x!.tensor;
  const to = dims.map((d, a) => d * times[a]);
  checked(sizeOf(to));
  return constant(type, to, () => {
    const own = values();
    return Float64Array.from({ length: sizeOf(to) }, (__, k) => {
      let at = 0;
      let rest = k;
      let stride = 1;
      for (let a = dims.length - 1; a >= 0; a--) {
        at += ((rest % to[a]) % dims[a]) * stride;
        rest = Math.floor(rest / to[a]);
        stride *= dims[a];
      }
      return own[at];
    });
  });
}

function gather(step: Step, [x, at]: readonly (Constant | undefined)[]): Constant {
  const { dims, type } = x!.tensor;
  const axis = axisOf(step.int('axis', 0), dims.length);
  const picks = Array.from(at!.tensor.values(), (p) => (p < 0 ? p + dims[axis] : p));
  if (picks.some((p) => !(p >= 0 && p < dims[axis]))) throw new Unsaid('positions that are not there');
  const to = [...dims.slice(0, axis), ...at!.tensor.dims, ...dims.slice(axis + 1)];
  const inner = sizeOf(dims.slice(axis + 1));
  const take = <T>(values: ArrayLike<T>): T[] =>
    Array.from({ length: checked(sizeOf(to)) }, (_, k) => {
      const o = Math.floor(k / (inner * picks.length));
      const pick = picks[Math.floor(k / inner) % picks.length];
      return values[(o * dims[axis] + pick) * inner + (k % inner)];
    });
  const list = followed(x!, step.use(0));
  if (list && sizeOf(to) <= MAX_FOLLOWED) return listed(type, to, take(list));
  return constant(type, to, () => Float64Array.from(take(x!.tensor.values())));
}

function slice(step: Step, [x, from, until, along, by]: readonly (Constant | undefined)[]): Constant {
  const { dims, type } = x!.tensor;
  const values = (one: Constant | undefined, name: string): number[] | undefined =>
    step.ints(name) ?? (one && Array.from(one.tensor.values()));
  const starts = values(from, 'starts') ?? [];
  const ends = values(until, 'ends') ?? [];
  const axes = values(along, 'axes') ?? [...starts.keys()];
  const steps = values(by, 'steps') ?? starts.map(() => 1);
  let result: Constant = x!;
  axes.forEach((given, i) => {
    const axis = axisOf(given, dims.length);
    const picks = slicePositions(dims[axis], starts[i], ends[i], steps[i]);
    const own = result.tensor.dims;
    const to = own.map((d, a) => (a === axis ? picks.length : d));
    const inner = sizeOf(own.slice(axis + 1));
    const take = <T>(list: ArrayLike<T>): T[] =>
      Array.from({ length: sizeOf(to) }, (_, k) => {
        const o = Math.floor(k / (inner * picks.length));
        return list[(o * own[axis] + picks[Math.floor(k / inner) % picks.length]) * inner + (k % inner)];
      });
    const before = result;
    const list = followed(before, step.use(0));
    result =
      list && sizeOf(to) <= MAX_FOLLOWED
        ? listed(type, to, take(list))
        : constant(type, to, () => Float64Array.from(take(before.tensor.values())));
  });
  return result;
}

/** The positions that a slice takes of an axis, as ONNX clamps them. @throws Unsaid where it takes none */
export function slicePositions(size: number, start: number, end: number, by: number): number[] {
  if (!Number.isInteger(by) || by === 0) throw new Unsaid('a slice by steps of 0');
  const clamp = (p: number, low: number, high: number): number =>
    Math.min(Math.max(p < 0 ? p + size : p, low), high);
  const positions: number[] = [];
  const from = by > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  const to = by > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  if (by > 0) for (let p = from; p < to; p += by) positions.push(p);
  else for (let p = from; p > to; p += by) positions.push(p);
  return positions;
}

function range(_: Step, inputs: readonly (Constant | undefined)[]): Constant {
  const [start, limit, delta] = inputs.map((one) => one!.tensor.values()[0]);
  const count = Math.max(Math.ceil((limit - start) / delta), 0);
  if (!(count <= 2 ** 20)) throw new Unsaid(`a range of ${count} numbers`);
  const { type } = inputs[0]!.tensor;
  return constant(type, [count], () => Float64Array.from({ length: count }, (__, i) => start + i * delta));
}

function reduceProd(step: Step, [x]: readonly (Constant | undefined)[]): Constant {
  const list = followed(x!, step.use(0));
  if (!list || x!.tensor.dims.length > 1) throw new Unsaid('a product of a constant');
  const product = computed(list, (values) => values.reduce((a, b) => a * b, 1));
  return listed(x!.tensor.type, step.int('keepdims', 1) ? [1] : [], [product]);
}

function reshaped(step: Step, x: Constant, dims: readonly number[]): Constant {
  const { tensor, uniform } = x;
  if (sizeOf(dims) !== sizeOf(tensor.dims)) throw new Unsaid('a constant that is reshaped to another size');
  const list = sizeOf(dims) <= MAX_FOLLOWED ? followed(x, step.use(0)) : undefined;
  if (list) return listed(tensor.type, dims, list);
  return constant(tensor.type, dims, () => tensor.values(), uniform === undefined ? {} : { uniform });
}

/** The shape that a Reshape gives, of its second input (or, in old files, its attribute). */
export function targetOf(step: Step, dims: readonly number[]): number[] {
  const given = step.list('shape', 1);
  if (!given) throw new Unsaid('a shape that is left out');
  const copies = step.int('allowzero', 0) === 0;
  const target = given.map((d, i) => (d === 0 && copies ? (dims[i] ?? 1) : d));
  const open = target.indexOf(-1);
  const rest = sizeOf(target.filter((_, i) => i !== open));
  if (open >= 0) target[open] = sizeOf(dims) / rest;
  if (target.some((d) => !Number.isSafeInteger(d) || d < 0)) throw new Unsaid('a shape that does not fit');
  return target;
}

function squeeze(step: Step, [x]: readonly (Constant | undefined)[]): Constant {
  return reshaped(step, x!, squeezed(step, x!.tensor.dims));
}

/** The shape that a Squeeze gives. */
export function squeezed(step: Step, dims: readonly number[]): number[] {
  const axes = step.list('axes', 1)?.map((a) => axisOf(a, dims.length));
  return dims.filter((d, a) => (axes ? !axes.includes(a) : d !== 1));
}

/** The shape that an Unsqueeze gives. */
export function unsqueezed(step: Step, dims: readonly number[]): number[] {
  const given = step.list('axes', 1) ?? [];
  const rank = dims.length + given.length;
  const axes = new Set(given.map((a) => axisOf(a, rank)));
  const rest = [...dims];
  return Array.from({ length: rank }, (_, a) => (axes.has(a) ? 1 : (rest.shift() ?? 1)));
}

function where(step: Step, inputs: readonly (Constant | undefined)[]): Constant {
  const result = numbers(step, inputs, ([c, x, y]) => (c !== 0 ? x : y));
  return { ...result, tensor: { ...result.tensor, type: inputs[1]!.tensor.type } };
}

function axisFrom(step: Step, otherwise: number, rank: number): number {
  const axis = step.int('axis', otherwise);
  return axisOf(axis < 0 ? axis + rank - 1 : axis, rank);
}
