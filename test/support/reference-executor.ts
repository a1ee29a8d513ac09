import { axisPadding, inferShapes, sizeOf } from '../../src/graph/shapes.ts';
import type {
  ActivationKind,
  Dependencies,
  Graph,
  Node,
  Op,
  Padding,
  Shape,
  Weights,
} from '../../src/graph/types.ts';
import type { KeptChannels } from '../../src/terms/candidates.ts';

/** One image's values (batch 1), row-major in the per-sample shape. */
export interface ReferenceValue {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** Channels that normalisation statistics leave out, since they are held at zero to stand for removed ones. */
export interface Removed {
  readonly dependencies: Dependencies;
  readonly kept: KeptChannels;
}

interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/**
 * Runs a network (inference) in plain float64 loops, from the definition of every op, sharing nothing with the runtime:
 * slow, and easy to read. Inputs and outputs in the graph's order.
 */
export function execute(
  graph: Graph,
  weights: Weights,
  inputs: readonly ReferenceValue[],
  removed?: Removed,
): ReferenceValue[] {
  const values = executeAll(graph, weights, inputs, removed);
  return graph.outputs.map((id) => values.get(id)!);
}

/** The same, with the value of every node. */
export function executeAll(
  graph: Graph,
  weights: Weights,
  inputs: readonly ReferenceValue[],
  removed?: Removed,
): Map<string, Value> {
  const shapes = inferShapes(graph);
  const values = new Map<string, Value>();
  for (const node of graph.nodes) {
    const params: Record<string, Value> = {};
    for (const [role, id] of Object.entries(node.params))
      params[role] = { shape: graph.params[id].shape, data: Float64Array.from(weights.get(id)!) };
    if (node.op.kind === 'input') {
      const given = inputs[graph.inputs.indexOf(node.id)];
      values.set(node.id, { shape: node.op.shape, data: Float64Array.from(given.data) });
      continue;
    }
    const xs = node.inputs.map((id) => values.get(id)!);
    const out: Value = { shape: shapes[node.id], data: new Float64Array(sizeOf(shapes[node.id])) };
    compute(node, xs, params, out, skipping(node, removed));
    values.set(node.id, out);
  }
  return values;
}

/** Tells whether position p of an axis of the node's value is a removed channel. */
function skipping(node: Node, removed: Removed | undefined): (axis: number, p: number) => boolean {
  if (!removed) return () => false;
  const axes = removed.dependencies.values[node.id];
  return (axis, p) => {
    const a = axes[axis];
    return a !== null && a.group[p] >= 0 && !removed.kept[a.group[p]].includes(a.channel[p]);
  };
}

function compute(
  node: Node,
  xs: readonly Value[],
  params: Readonly<Record<string, Value>>,
  out: Value,
  skip: (axis: number, p: number) => boolean,
): void {
  const op: Op = node.op;
  const x = xs[0];
  const last = (x?.shape.length ?? 0) - 1;
  const map = (f: (v: number, c: number) => number) => {
    const n = x.shape[last] ?? 1;
    for (let i = 0; i < out.data.length; i++) out.data[i] = f(x.data[i], i % n);
  };
  switch (op.kind) {
    case 'conv2d':
      return convolve(x, params, out, op, op.groups);
    case 'depthwiseConv2d': {
      // as a grouped convolution: kernel [kh, kw, c, m] is [kh, kw, 1, c * m], row-major the same
      const [kh, kw, c, m] = params.kernel.shape;
      const kernel = { shape: [kh, kw, 1, c * m], data: params.kernel.data };
      return convolve(x, { ...params, kernel }, out, op, c);
    }
    case 'conv2dTranspose':
      return transposed(x, params, out, op);
    case 'dense': {
      const [n, units] = params.kernel.shape;
      for (let row = 0; row < x.data.length / n; row++)
        for (let u = 0; u < units; u++) {
          let sum = params.bias?.data[u] ?? 0;
          for (let i = 0; i < n; i++) sum += x.data[row * n + i] * params.kernel.data[i * units + u];
          out.data[row * units + u] = sum;
        }
      return;
    }
    case 'batchNorm':
      return map(
        (v, c) =>
          ((v - params.mean.data[c]) / Math.sqrt(params.variance.data[c] + op.epsilon)) *
            (params.gamma?.data[c] ?? 1) +
          (params.beta?.data[c] ?? 0),
      );
    case 'layerNorm':
      return layerNorm(x, params, out, op, skip);
    case 'groupNorm':
      return groupNorm(x, params, out, op, skip);
    case 'unitNorm': {
      const shape = x.shape.map((d, a) => (op.axes.includes(a) ? 1 : d));
      const sums = new Float64Array(sizeOf(shape));
      for (let i = 0; i < x.data.length; i++)
        if (!unravel(i, x.shape).some((p, axis) => skip(axis, p)))
          sums[broadcastIndex(i, x.shape, shape)] += x.data[i] ** 2;
      for (let i = 0; i < out.data.length; i++)
        out.data[i] = x.data[i] / Math.max(Math.sqrt(sums[broadcastIndex(i, x.shape, shape)]), op.least);
      return;
    }
    case 'normalize': {
      const shape = x.shape.map((d, a) => (op.axes.includes(a) ? d : 1));
      for (let i = 0; i < out.data.length; i++) {
        const at = broadcastIndex(i, out.shape, shape);
        const deviation = Math.max(Math.sqrt(params.variance.data[at]), 1e-7);
        const mean = params.mean.data[at];
        out.data[i] = op.invert ? x.data[i] * deviation + mean : (x.data[i] - mean) / deviation;
      }
      return;
    }
    case 'scale':
      return map((v, c) => v * params.gamma.data[c]);
    case 'resize':
      return resize(x, out, op);
    case 'reduce': {
      const shape = x.shape.map((d, a) => (op.axes.includes(a) ? 1 : d));
      const found = new Map<number, number[]>();
      for (let i = 0; i < x.data.length; i++) {
        const at = broadcastIndex(i, x.shape, shape);
        found.set(at, [...(found.get(at) ?? []), x.data[i]]);
      }
      for (const [at, list] of found) {
        const sum = list.reduce((a, b) => a + b, 0);
        out.data[at] = { mean: sum / list.length, sum, max: Math.max(...list), min: Math.min(...list) }[
          op.how
        ];
      }
      return;
    }
    case 'affine':
      return map((v, c) => v * (op.scale[c] ?? op.scale[0]) + (op.offset[c] ?? op.offset[0]));
    case 'activation':
      return map((v) => activate(op.activation, v, op));
    case 'glu':
      for (let i = 0; i < out.data.length; i++) {
        const at = unravel(i, out.shape);
        const gate = at.map((p, a) => (a === op.axis ? p + out.shape[a] : p));
        out.data[i] = x.data[ravel(at, x.shape)] / (1 + Math.exp(-x.data[ravel(gate, x.shape)]));
      }
      return;
    case 'softmax':
    case 'logSoftmax': {
      const inner = sizeOf(x.shape.slice(op.axis + 1));
      const n = x.shape[op.axis];
      for (let i = 0; i < x.data.length; i++) {
        const start = Math.floor(i / (inner * n)) * inner * n + (i % inner);
        let max = -Infinity;
        for (let k = 0; k < n; k++) max = Math.max(max, x.data[start + k * inner]);
        let sum = 0;
        for (let k = 0; k < n; k++) sum += Math.exp(x.data[start + k * inner] - max);
        const log = x.data[i] - max - Math.log(sum);
        out.data[i] = op.kind === 'softmax' ? Math.exp(log) : log;
      }
      return;
    }
    case 'prelu':
      for (let i = 0; i < out.data.length; i++) {
        const alpha = params.alpha.data[broadcastIndex(i, out.shape, params.alpha.shape)];
        out.data[i] = x.data[i] >= 0 ? x.data[i] : alpha * x.data[i];
      }
      return;
    case 'add':
    case 'subtract':
    case 'divide':
    case 'multiply':
    case 'maximum':
    case 'minimum':
    case 'average':
      for (let i = 0; i < out.data.length; i++) {
        const all = xs.map((v) => v.data[broadcastIndex(i, out.shape, v.shape)]);
        out.data[i] = all.reduce((a, b) => combine(op.kind, a, b));
        if (op.kind === 'average') out.data[i] /= all.length;
      }
      return;
    case 'concat': {
      const inner = sizeOf(x.shape.slice(op.axis + 1));
      const total = out.shape[op.axis] * inner;
      let offset = 0;
      for (const v of xs) {
        const run = v.shape[op.axis] * inner;
        for (let i = 0; i < v.data.length; i++)
          out.data[Math.floor(i / run) * total + offset + (i % run)] = v.data[i];
        offset += run;
      }
      return;
    }
    case 'flatten':
    case 'reshape':
    case 'dropout':
    case 'identity':
      out.data.set(x.data);
      return;
    case 'permute':
      for (let i = 0; i < out.data.length; i++) {
        const at = unravel(i, out.shape);
        const from = new Array<number>(at.length);
        op.perm.forEach((axis, k) => (from[axis] = at[k]));
        out.data[i] = x.data[ravel(from, x.shape)];
      }
      return;
    case 'gather':
      for (let i = 0; i < out.data.length; i++) {
        const from = unravel(i, out.shape);
        from[op.axis] = op.positions[from[op.axis]];
        out.data[i] = x.data[ravel(from, x.shape)];
      }
      return;
    case 'maxPool':
    case 'avgPool':
      return pool(x, out, op);
    case 'globalAvgPool':
    case 'globalMaxPool': {
      const [h, w, c] = x.shape;
      for (let k = 0; k < c; k++) {
        let sum = 0;
        let max = -Infinity;
        for (let i = 0; i < h * w; i++) {
          sum += x.data[i * c + k];
          max = Math.max(max, x.data[i * c + k]);
        }
        out.data[k] = op.kind === 'globalAvgPool' ? sum / (h * w) : max;
      }
      return;
    }
    case 'constant':
      out.data.set(params.value.data);
      return;
    case 'matmul': {
      const [a, b] = xs;
      const [m, k] = a.shape.slice(-2);
      const n = b.shape[b.shape.length - 1];
      for (let i = 0; i < out.data.length; i++) {
        const at = unravel(i, out.shape);
        const [row, column] = at.slice(-2);
        const outer = (v: Value) => at.slice(0, -2).map((p, axis) => (v.shape[axis] === 1 ? 0 : p));
        for (let j = 0; j < k; j++)
          out.data[i] +=
            a.data[ravel([...outer(a), row, j], a.shape)] * b.data[ravel([...outer(b), j, column], b.shape)];
      }
      if (m < 1 || n < 1) throw new Error('an empty product');
      return;
    }
    case 'padAxis':
      for (let i = 0; i < out.data.length; i++) {
        const at = unravel(i, out.shape);
        at[op.axis] -= op.before;
        const inside = at[op.axis] >= 0 && at[op.axis] < x.shape[op.axis];
        out.data[i] = inside ? x.data[ravel(at, x.shape)] : (op.value ?? 0);
      }
      return;
    case 'zeroPad':
    case 'crop': {
      const [top, , left] = op.kind === 'zeroPad' ? op.padding : op.cropping.map((n) => -n);
      for (let i = 0; i < out.data.length; i++) {
        const [h, w, c] = unravel(i, out.shape);
        const inside = h >= top && w >= left && h - top < x.shape[0] && w - left < x.shape[1];
        out.data[i] = op.kind === 'crop' || inside ? pixel(x, h - top, w - left, c) : (op.value ?? 0);
      }
      return;
    }
    case 'upsample':
      for (let i = 0; i < out.data.length; i++) {
        const [h, w, c] = unravel(i, out.shape);
        if (op.interpolation === 'nearest')
          out.data[i] = pixel(x, Math.floor(h / op.size[0]), Math.floor(w / op.size[1]), c);
        else out.data[i] = bilinear(x, (h + 0.5) / op.size[0] - 0.5, (w + 0.5) / op.size[1] - 0.5, c);
      }
      return;
    case 'input':
    case 'opaque':
      throw new Error(`the reference executor has no "${op.kind}"`);
  }
}

function combine(kind: string, a: number, b: number): number {
  if (kind === 'add' || kind === 'average') return a + b;
  if (kind === 'subtract') return a - b;
  if (kind === 'divide') return a / b;
  if (kind === 'multiply') return a * b;
  return kind === 'maximum' ? Math.max(a, b) : Math.min(a, b);
}

/** Zeros before the first row and column: "same" splits the padding evenly, the odd one after (TensorFlow). */
function padBefore(
  padding: Padding,
  axis: 0 | 1,
  length: number,
  output: number,
  size: number,
  stride: number,
  dilation: number,
): number {
  const pad = axisPadding(padding, axis);
  if (pad === 'valid') return 0;
  if (pad !== 'same') return pad[0];
  const total = Math.max((output - 1) * stride + (size - 1) * dilation + 1 - length, 0);
  return Math.floor(total / 2);
}

function convolve(
  x: Value,
  params: Readonly<Record<string, Value>>,
  out: Value,
  op: Extract<Op, { kind: 'conv2d' | 'depthwiseConv2d' }>,
  groups: number,
): void {
  const [kh, kw, ci, co] = params.kernel.shape;
  const [oh, ow] = out.shape;
  const top = padBefore(op.padding, 0, x.shape[0], oh, kh, op.strides[0], op.dilation[0]);
  const left = padBefore(op.padding, 1, x.shape[1], ow, kw, op.strides[1], op.dilation[1]);
  for (let h = 0; h < oh; h++)
    for (let w = 0; w < ow; w++)
      for (let o = 0; o < co; o++) {
        const first = Math.floor(o / (co / groups)) * ci;
        let sum = params.bias?.data[o] ?? 0;
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++)
            for (let c = 0; c < ci; c++)
              sum +=
                pixel(
                  x,
                  h * op.strides[0] - top + i * op.dilation[0],
                  w * op.strides[1] - left + j * op.dilation[1],
                  first + c,
                ) * params.kernel.data[((i * kw + j) * ci + c) * co + o];
        out.data[(h * ow + w) * co + o] = sum;
      }
}

/** Spreads every input pixel through the kernel: the transpose of the convolution that would give x from out. */
function transposed(
  x: Value,
  params: Readonly<Record<string, Value>>,
  out: Value,
  op: Extract<Op, { kind: 'conv2dTranspose' }>,
): void {
  const [kh, kw, co, ci] = params.kernel.shape;
  const [oh, ow] = out.shape;
  const before = (axis: 0 | 1): number => {
    const size = axis === 0 ? kh : kw;
    const reach = (size - 1) * op.dilation[axis] + 1;
    const pad = axisPadding(op.padding, axis);
    if (pad === 'valid') return 0;
    if (pad !== 'same') return pad[0];
    return Math.floor(Math.max((x.shape[axis] - 1) * op.strides[axis] + reach - out.shape[axis], 0) / 2);
  };
  const top = before(0);
  const left = before(1);
  for (let h = 0; h < x.shape[0]; h++)
    for (let w = 0; w < x.shape[1]; w++)
      for (let i = 0; i < kh; i++)
        for (let j = 0; j < kw; j++) {
          const y = h * op.strides[0] + i * op.dilation[0] - top;
          const z = w * op.strides[1] + j * op.dilation[1] - left;
          if (y < 0 || z < 0 || y >= oh || z >= ow) continue;
          for (let o = 0; o < co; o++)
            for (let c = 0; c < ci; c++)
              out.data[(y * ow + z) * co + o] +=
                pixel(x, h, w, c) * params.kernel.data[((i * kw + j) * co + o) * ci + c];
        }
  if (params.bias) for (let i = 0; i < out.data.length; i++) out.data[i] += params.bias.data[i % co];
}

/** Windows hang over the edges; what is outside counts neither for the maximum nor for the mean (TensorFlow). */
function pool(x: Value, out: Value, op: Extract<Op, { kind: 'maxPool' | 'avgPool' }>): void {
  const [oh, ow, channels] = out.shape;
  const top = padBefore(op.padding, 0, x.shape[0], oh, op.size[0], op.strides[0], 1);
  const left = padBefore(op.padding, 1, x.shape[1], ow, op.size[1], op.strides[1], 1);
  for (let h = 0; h < oh; h++)
    for (let w = 0; w < ow; w++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        let max = -Infinity;
        let n = 0;
        for (let i = 0; i < op.size[0]; i++)
          for (let j = 0; j < op.size[1]; j++) {
            const y = h * op.strides[0] - top + i;
            const z = w * op.strides[1] - left + j;
            if (y < 0 || z < 0 || y >= x.shape[0] || z >= x.shape[1]) continue;
            const v = pixel(x, y, z, c);
            sum += v;
            max = Math.max(max, v);
            n++;
          }
        out.data[(h * ow + w) * channels + c] = op.kind === 'maxPool' ? max : sum / n;
      }
}

function layerNorm(
  x: Value,
  params: Readonly<Record<string, Value>>,
  out: Value,
  op: Extract<Op, { kind: 'layerNorm' }>,
  skip: (axis: number, p: number) => boolean,
): void {
  const groups = new Map<string, number[]>();
  for (let i = 0; i < x.data.length; i++) {
    const at = unravel(i, x.shape);
    const key = at.filter((_, axis) => !op.axes.includes(axis)).join();
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  for (const members of groups.values()) {
    const counted = members.filter((i) => !unravel(i, x.shape).some((p, axis) => skip(axis, p)));
    const mean = op.rms ? 0 : counted.reduce((s, i) => s + x.data[i], 0) / counted.length;
    const variance = counted.reduce((s, i) => s + (x.data[i] - mean) ** 2, 0) / counted.length;
    for (const i of members) {
      const at = unravel(i, x.shape);
      const p = ravel(
        op.axes.map((a) => at[a]),
        op.axes.map((a) => x.shape[a]),
      );
      out.data[i] =
        ((x.data[i] - mean) / Math.sqrt(variance + op.epsilon)) * (params.gamma?.data[p] ?? 1) +
        (params.beta?.data[p] ?? 0);
    }
  }
}

function groupNorm(
  x: Value,
  params: Readonly<Record<string, Value>>,
  out: Value,
  op: Extract<Op, { kind: 'groupNorm' }>,
  skip: (axis: number, p: number) => boolean,
): void {
  const last = x.shape.length - 1;
  const channels = x.shape[last];
  const size = op.fixed === 'groups' ? channels / op.count : op.count;
  for (let first = 0; first < channels; first += size) {
    const members = [...x.data.keys()].filter((i) => i % channels >= first && i % channels < first + size);
    const counted = members.filter((i) => !skip(last, i % channels));
    // of a group that is removed there are no statistics, and nothing of it counts
    if (counted.length === 0) continue;
    const mean = counted.reduce((s, i) => s + x.data[i], 0) / counted.length;
    const variance = counted.reduce((s, i) => s + (x.data[i] - mean) ** 2, 0) / counted.length;
    for (const i of members)
      out.data[i] =
        ((x.data[i] - mean) / Math.sqrt(variance + op.epsilon)) * (params.gamma?.data[i % channels] ?? 1) +
        (params.beta?.data[i % channels] ?? 0);
  }
}

function activate(kind: ActivationKind, v: number, op: Extract<Op, { kind: 'activation' }>): number {
  const sigmoid = (u: number) => 1 / (1 + Math.exp(-u));
  const softplus = (u: number) => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
  const clip = (u: number, high: number) => Math.min(Math.max(u, 0), high);
  switch (kind) {
    case 'linear':
      return v;
    case 'relu':
      return Math.max(v, 0);
    case 'relu6':
      return clip(v, 6);
    case 'sigmoid':
      return sigmoid(v);
    case 'hardSigmoid':
      return clip(0.2 * v + 0.5, 1);
    case 'hardSigmoid6':
      return clip(v + 3, 6) / 6;
    case 'tanh':
      return Math.tanh(v);
    case 'swish':
      return v * sigmoid(v);
    case 'hardSwish':
      return (v * clip(v + 3, 6)) / 6;
    case 'gelu':
      return 0.5 * v * (1 + erf(v / Math.SQRT2));
    case 'geluTanh':
      return 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
    case 'elu':
      return v >= 0 ? v : (op.alpha ?? 1) * Math.expm1(v);
    case 'selu':
      return 1.0507009873554805 * (v >= 0 ? v : 1.6732632423543772 * Math.expm1(v));
    case 'softplus':
      return softplus(v);
    case 'softsign':
      return v / (1 + Math.abs(v));
    case 'exponential':
      return Math.exp(v);
    case 'mish':
      return v * Math.tanh(softplus(v));
    case 'leakyRelu':
      return v >= 0 ? v : (op.alpha ?? 0.3) * v;
    case 'clippedRelu': {
      const threshold = op.threshold ?? 0;
      if (v <= threshold) return (op.alpha ?? 0) * (v - threshold);
      return Math.min(v, op.maxValue ?? Infinity);
    }
    case 'celu':
      return v >= 0 ? v : op.alpha! * Math.expm1(v / op.alpha!);
    case 'hardTanh':
      return Math.max(-1, Math.min(1, v));
    case 'logSigmoid':
      return -softplus(-v);
    case 'tanhShrink':
      return v - Math.tanh(v);
    case 'softShrink':
      return Math.sign(v) * Math.max(Math.abs(v) - op.threshold!, 0);
    case 'hardShrink':
      return Math.abs(v) > op.threshold! ? v : 0;
    case 'threshold':
      return v > op.threshold! ? v : op.alpha!;
    case 'squareplus':
      return (v + Math.sqrt(v * v + op.alpha!)) / 2;
    case 'sparsePlus':
      return v <= -1 ? 0 : v >= 1 ? v : (v + 1) ** 2 / 4;
    case 'sparseSigmoid':
      return clip((v + 1) / 2, 1);
    case 'clip':
      return Math.min(Math.max(v, op.minValue ?? -Infinity), op.maxValue ?? Infinity);
    case 'abs':
      return Math.abs(v);
    case 'log':
      return Math.log(v);
    case 'log1p':
      return Math.log1p(v);
    case 'expm1':
      return Math.expm1(v);
    case 'erf':
      return erf(v);
    case 'power':
      return v ** op.alpha!;
  }
}

/** Error function by its Maclaurin series (small arguments) or a continued fraction: good to 1e-12. */
function erf(v: number): number {
  const a = Math.abs(v);
  if (a > 6) return Math.sign(v);
  if (a < 3) {
    let term = a;
    let sum = a;
    for (let n = 1; n < 100; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return Math.sign(v) * (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(v) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
}

function pixel(x: Value, h: number, w: number, c: number): number {
  const [height, width, channels] = x.shape;
  if (h < 0 || w < 0 || h >= height || w >= width) return 0;
  return x.data[(h * width + w) * channels + c];
}

/** Half-pixel centres, edges repeated (tf.image.resize). */
function bilinear(x: Value, h: number, w: number, c: number): number {
  const clamp = (v: number, n: number) => Math.min(Math.max(v, 0), n - 1);
  const h0 = Math.floor(h);
  const w0 = Math.floor(w);
  const at = (i: number, j: number) => pixel(x, clamp(i, x.shape[0]), clamp(j, x.shape[1]), c);
  const top = at(h0, w0) * (1 - (w - w0)) + at(h0, w0 + 1) * (w - w0);
  const bottom = at(h0 + 1, w0) * (1 - (w - w0)) + at(h0 + 1, w0 + 1) * (w - w0);
  return top * (1 - (h - h0)) + bottom * (h - h0);
}

function unravel(i: number, shape: Shape): number[] {
  const at = new Array<number>(shape.length);
  for (let a = shape.length - 1; a >= 0; a--) {
    at[a] = i % shape[a];
    i = Math.floor(i / shape[a]);
  }
  return at;
}

function ravel(at: readonly number[], shape: Shape): number {
  return at.reduce((i, p, a) => i * shape[a] + p, 0);
}

/** Index in a smaller, right-aligned operand of element i of the broadcast result. */
function broadcastIndex(i: number, shape: Shape, operand: Shape): number {
  const at = unravel(i, shape).slice(shape.length - operand.length);
  return ravel(
    at.map((p, a) => (operand[a] === 1 ? 0 : p)),
    operand,
  );
}

/** Bilinear without antialias, and nearest; others are checked against TensorFlow itself. */
function resize(x: Value, out: Value, op: Extract<Op, { kind: 'resize' }>): void {
  const [h, w, channels] = x.shape;
  const [height, width] = out.shape;
  const at = (y: number, z: number, c: number) =>
    x.data[(Math.min(Math.max(y, 0), h - 1) * w + Math.min(Math.max(z, 0), w - 1)) * channels + c];
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width; j++)
      for (let c = 0; c < channels; c++) {
        const along = (p: number, from: number, to: number) => {
          if (op.coordinates === 'asymmetric') return (p * from) / to + 0.5;
          if (op.coordinates === 'alignCorners') return (to > 1 ? (p * (from - 1)) / (to - 1) : 0) + 0.5;
          return ((p + 0.5) * from) / to;
        };
        const [y, z] = [along(i, h, height), along(j, w, width)];
        const [top, left] = [Math.floor(y - 0.5), Math.floor(z - 0.5)];
        const [down, right] = [y - 0.5 - top, z - 0.5 - left];
        out.data[(i * width + j) * channels + c] =
          op.interpolation === 'nearest'
            ? at(Math.floor(y), Math.floor(z), c)
            : (1 - down) * ((1 - right) * at(top, left, c) + right * at(top, left + 1, c)) +
              down * ((1 - right) * at(top + 1, left, c) + right * at(top + 1, left + 1, c));
      }
}
