import type { Padding, Pair } from '../../../graph/types.ts';
import type { Step } from '../reading/reading.ts';
import { Unsaid } from '../reading/values.ts';
import type { AxisMap, Constant, Live } from '../reading/values.ts';
import { matmul } from './matmul.ts';

/** Weights of a kernel are one parameter wherever they are used, since a layer that is called twice has them so. */
export function kernelParam(
  step: Step,
  input: number,
  { constant, map, shape }: { constant: Constant; map: AxisMap; shape: readonly number[] },
): string {
  const { layer, reading } = step;
  const key = constant.origin === undefined ? `of ${step.index} ${input}` : `kernel ${constant.origin}`;
  return reading.param(constant, { map, shape, key, use: step.use(input), name: `${layer}:kernel` }, true);
}

/** A bias is shared where its kernel is; equal numbers alone, which exporters keep once, join no layers. */
export function biasParam(step: Step, input: number, kernel: string, channels: number): string | undefined {
  const constant = step.constant(input);
  if (!constant) return undefined;
  const { dims } = constant.tensor;
  if (dims.at(-1) !== channels || dims.slice(0, -1).some((d) => d !== 1))
    throw new Unsaid(`a bias of shape [${dims.join(', ')}]`);
  const map = dims.map((_, a) => (a === dims.length - 1 ? [0] : []));
  const at = { map, shape: [channels], key: `bias ${constant.origin} of ${kernel}` };
  return step.reading.param(constant, { ...at, use: step.use(input), name: `${step.layer}:bias` }, true);
}

/** A weight that must be constant. */
function weight(step: Step, input: number): Constant {
  const found = step.constant(input);
  if (!found) throw new Unsaid('a weight that is left out');
  return found;
}

/** An image of a value with one or two axes of places, and how to bring back what is made of it. */
function asImage(step: Step, x: Live): { node: string; back: (made: string) => Live } {
  const { reading } = step;
  if (x.dims.length !== 3) return { node: step.image(x), back: (made) => step.imageValue(made, x) };
  if (x.batch > 0 || x.axes.length !== 2 || x.axes.includes(0)) throw new Unsaid('an input of 3 axes');
  // a row of places as an image that is one place high
  const row = step.arrange(x, [2, 1]);
  const [length, channels] = reading.shapes[row];
  const node = step.emit({ kind: 'reshape', target: [1, length, channels] }, [row]);
  const back = (made: string): Live => {
    const [, l, c] = reading.shapes[made];
    return reading.live(step.emit({ kind: 'reshape', target: [l, c] }, [made]), [2, 1], 3, x.batch);
  };
  return { node, back };
}

/** Attributes of a window in two axes; those of one axis are given another of no effect. */
export function windowOf(
  step: Step,
  kernel: Pair,
  input: Pair,
  flat: boolean,
): { strides: Pair; dilation: Pair; padding: Padding } {
  const pair = (name: string): Pair => {
    const given = step.ints(name) ?? [];
    const [a, b] = flat ? [1, given[0] ?? 1] : [given[0] ?? 1, given[1] ?? 1];
    if (!(a >= 1 && b >= 1)) throw new Unsaid(`${name} of [${given.join(', ')}]`);
    return [a, b];
  };
  const strides = pair('strides');
  const dilation = pair('dilations');
  return { strides, dilation, padding: paddingOf(step, { kernel, input, strides, dilation, flat }) };
}

interface Placed {
  readonly kernel: Pair;
  readonly input: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  readonly flat: boolean;
}

function paddingOf(step: Step, { kernel, input, strides, dilation, flat }: Placed): Padding {
  const auto = step.string('auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER') return 'same';
  if (auto === 'VALID') return 'valid';
  if (auto === 'SAME_LOWER') {
    const [top, bottom] = lower(0);
    const [left, right] = lower(1);
    return [top, bottom, left, right];
  }
  const pads = step.ints('pads') ?? [];
  const [top, left, bottom, right] = flat
    ? [0, pads[0] ?? 0, 0, pads[1] ?? 0]
    : [0, 1, 2, 3].map((i) => pads[i] ?? 0);
  if ([top, left, bottom, right].some((p) => p < 0)) throw new Unsaid('negative pads');
  if (top + left + bottom + right === 0) return 'valid';
  return [top, bottom, left, right];

  /** The odd line goes before. */
  function lower(axis: 0 | 1): [number, number] {
    const out = Math.ceil(input[axis] / strides[axis]);
    const reach = (kernel[axis] - 1) * dilation[axis] + 1;
    const total = Math.max((out - 1) * strides[axis] + reach - input[axis], 0);
    return [Math.ceil(total / 2), Math.floor(total / 2)];
  }
}

export function conv(step: Step): Live[] {
  const x = step.live(0);
  const constant = weight(step, 1);
  const { dims } = constant.tensor;
  const flat = dims.length === 3;
  if (dims.length !== x.dims.length || (!flat && dims.length !== 4))
    throw new Unsaid(`a kernel of ${dims.length} axes`);
  const [made, into, kh, kw] = flat ? [dims[0], dims[1], 1, dims[2]] : dims;
  const { node, back } = asImage(step, x);
  const [height, width, channels] = step.reading.shapes[node];
  const groups = step.int('group', 1);
  const window = windowOf(step, [kh, kw], [height, width], flat);
  const depthwise = groups > 1 && into === 1 && groups === channels && made % groups === 0;
  const kernel = depthwise
    ? kernelParam(step, 1, {
        constant,
        map: flat ? [[2, 3], [], [0, 1]] : [[2, 3], [], [0], [1]],
        shape: [kh, kw, channels, made / groups],
      })
    : kernelParam(step, 1, {
        constant,
        map: flat ? [[3], [2], [0, 1]] : [[3], [2], [0], [1]],
        shape: [kh, kw, into, made],
      });
  const bias = biasParam(step, 2, kernel, made);
  const params: Record<string, string> = bias === undefined ? { kernel } : { kernel, bias };
  const id = depthwise
    ? step.emit({ kind: 'depthwiseConv2d', ...window }, [node], params)
    : step.emit({ kind: 'conv2d', ...window, groups }, [node], params);
  if (groups > 1)
    step.edit((narrow, to) => {
      const op = narrow.op(id)!;
      to.attribute(step.index, 'group', op.kind === 'conv2d' ? op.groups : narrow.dims(x)[1]);
    });
  return [back(id)];
}

export function convTranspose(step: Step): Live[] {
  const x = step.live(0);
  const constant = weight(step, 1);
  const { dims } = constant.tensor;
  if (dims.length !== 4 || x.dims.length !== 4) throw new Unsaid(`a kernel of ${dims.length} axes`);
  if (step.int('group', 1) !== 1) throw new Unsaid('groups');
  const [cin, cout, kh, kw] = dims;
  const node = step.image(x);
  const [height, width] = step.reading.shapes[node];
  const { strides, dilation, padding: given } = windowOf(step, [kh, kw], [height, width], false);
  const extra = step.ints('output_padding') ?? [0, 0];
  const shape = step.ints('output_shape');
  const auto = step.string('auto_pad', 'NOTSET');
  const explicit = typeof given === 'string' ? ([0, 0, 0, 0] as const) : given;
  const axis = (a: 0 | 1): [number, number] => {
    if (!shape && auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER')
      return [explicit[2 * a], explicit[2 * a + 1]];
    const size = [height, width][a];
    const reach = ([kh, kw][a] - 1) * dilation[a] + 1;
    const wanted = shape ? shape[shape.length - 2 + a] : size * strides[a];
    const total = strides[a] * (size - 1) + extra[a] + reach - wanted;
    if (total < 0) throw new Unsaid('an output that is larger than it reaches');
    const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return auto === 'SAME_UPPER' ? [less, more] : [more, less];
  };
  const padding = [...axis(0), ...axis(1)] as unknown as Padding;
  const kernel = kernelParam(step, 1, { constant, map: [[3], [2], [0], [1]], shape: [kh, kw, cout, cin] });
  const bias = biasParam(step, 2, kernel, cout);
  const made = step.emit(
    { kind: 'conv2dTranspose', strides, padding, dilation, outputPadding: [extra[0], extra[1]] },
    [node],
    bias === undefined ? { kernel } : { kernel, bias },
  );
  return [step.imageValue(made, x)];
}

export function gemm(step: Step): Live[] {
  const x = step.live(0);
  if (step.int('transA', 0) !== 0 || step.float('alpha', 1) !== 1) throw new Unsaid('transA or alpha');
  const b = weight(step, 1);
  const transposed = step.int('transB', 0) !== 0;
  const [into, made] = transposed ? [...b.tensor.dims].reverse() : b.tensor.dims;
  if (x.batch === 1 || b.tensor.dims.length !== 2) throw new Unsaid('a batch along its columns');
  const c = step.input(2);
  if (c && step.float('beta', 1) !== 1) throw new Unsaid('beta');
  const kernel = kernelParam(step, 1, {
    constant: b,
    map: transposed ? [[1], [0]] : [[0], [1]],
    shape: [into, made],
  });
  const bias = c ? biasParam(step, 2, kernel, made) : undefined;
  const node = step.arrange(x, lastOf(x));
  const id = step.emit({ kind: 'dense' }, [node], bias === undefined ? { kernel } : { kernel, bias });
  return [step.reading.live(id, lastOf(x), 2, x.batch)];
}

/** A value's axes with the file's last one as ours. @throws Unsaid where the batch lies there */
function lastOf({ axes, dims }: Live): number[] {
  const last = dims.length - 1;
  if (!axes.includes(last)) throw new Unsaid('a batch along its columns');
  return axes.at(-1) === last ? [...axes] : [...axes.filter((a) => a !== last), last];
}

export function product(step: Step): Live[] {
  const [x, b] = [step.input(0), step.input(1)];
  if (x?.kind !== 'live' || b?.kind !== 'constant' || b.tensor.dims.length !== 2) return matmul(step);
  const order = lastOf(x);
  const kernel = kernelParam(step, 1, { constant: b, map: [[0], [1]], shape: b.tensor.dims });
  const id = step.emit({ kind: 'dense' }, [step.arrange(x, order)], { kernel });
  return [step.reading.live(id, order, x.dims.length, x.batch)];
}
