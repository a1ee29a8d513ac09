import { InputError } from '../../src/graph/errors.ts';
import { specOf } from '../../src/graph/ops/index.ts';
import { Random } from '../../src/graph/random.ts';
import { outputShape, sizeOf } from '../../src/graph/shapes.ts';
import type {
  ActivationKind,
  Graph,
  Node,
  Op,
  Padding,
  Pair,
  Param,
  Shape,
  Weights,
} from '../../src/graph/types.ts';

/** Options common to every layer: its name (else made from its kind) and a layer whose parameters it shares. */
export interface LayerOptions {
  readonly name?: string;
  readonly layerType?: string;
  /** id of an earlier node whose parameters this one uses: the same layer called again */
  readonly share?: string;
}

export interface ConvOptions extends LayerOptions {
  /** both axes alike, default 1 */
  readonly stride?: number;
  readonly padding?: Padding;
  readonly dilation?: number;
  /** default true */
  readonly bias?: boolean;
}

/** How a parameter starts: normal with this deviation, or a constant (varied where the builder is `lively`). */
type Fill = number | 'zeros' | 'ones' | 'slopes';

/**
 * Builds networks layer by layer, with seeded weights: He-normal convolutions, Glorot-normal dense layers; where
 * `lively`, batch-norm parameters, biases and slopes are random too, so that tests can't pass by symmetry. Every method
 * returns the new node's id.
 */
export class GraphBuilder {
  private readonly nodes: Node[] = [];
  private readonly byId = new Map<string, Node>();
  private readonly shapes = new Map<string, Shape>();
  private readonly params: Record<string, Param> = {};
  private readonly weights = new Map<string, Float32Array>();
  private readonly inputIds: string[] = [];
  private readonly counts = new Map<string, number>();
  private readonly random: Random;
  private readonly lively: boolean;

  private readonly zeros: boolean;

  /** @param options.zeros leaves all weights at zero: fast, for shapes and costs alone */
  constructor(options: { seed?: number; lively?: boolean; zeros?: boolean } = {}) {
    this.random = new Random(options.seed ?? 0);
    this.lively = options.lively ?? false;
    this.zeros = options.zeros ?? false;
  }

  /** Per-sample shape of a node's value. */
  shape(id: string): Shape {
    const shape = this.shapes.get(id);
    if (!shape) throw new InputError(`there is no node "${id}"`);
    return shape;
  }

  /** Adds a node for any op; parameters are made from `params` (role -> shape and fill), or shared. */
  add(
    op: Op,
    inputs: readonly string[],
    options: LayerOptions = {},
    params: Readonly<Record<string, readonly [readonly number[], Fill]>> = {},
  ): string {
    const shared = options.share === undefined ? undefined : this.node(options.share);
    const layer = options.name ?? shared?.layer ?? this.fresh(op.kind);
    const id = this.byId.has(layer) ? this.freshCall(layer) : layer;
    const own: Record<string, string> = {};
    if (!shared)
      for (const [role, [shape, fill]] of Object.entries(params)) {
        own[role] = `${id}/${role}`;
        const trainable = specOf(op).params[role]?.kept === undefined;
        this.params[own[role]] = { id: own[role], shape, trainable };
        this.weights.set(own[role], this.values(role, shape, fill));
      }
    const node: Node = {
      id,
      op,
      inputs,
      params: shared ? shared.params : own,
      layer,
      layerType: options.layerType ?? kerasName(op),
    };
    const paramShapes: Record<string, Shape> = {};
    for (const [role, param] of Object.entries(node.params)) paramShapes[role] = this.params[param].shape;
    try {
      const inputShapes = inputs.map((i) => this.shape(i));
      this.shapes.set(id, outputShape(op, inputShapes, paramShapes));
    } catch (error) {
      if (error instanceof InputError) throw new InputError(`layer "${layer}": ${error.message}`);
      throw error;
    }
    this.nodes.push(node);
    this.byId.set(id, node);
    if (op.kind === 'input') this.inputIds.push(id);
    return id;
  }

  input(shape: Shape, name?: string): string {
    return this.add({ kind: 'input', shape }, [], { name, layerType: 'InputLayer' });
  }

  conv(
    x: string,
    filters: number,
    size: number | Pair,
    options: ConvOptions & { groups?: number } = {},
  ): string {
    const groups = options.groups ?? 1;
    const kernel = [...pair(size), this.channels(x) / groups, filters];
    const fanIn = kernel[0] * kernel[1] * kernel[2];
    return this.add(
      { kind: 'conv2d', ...window(options), groups },
      [x],
      options,
      this.withBias({ kernel: [kernel, Math.sqrt(2 / fanIn)] }, filters, options.bias),
    );
  }

  depthwise(x: string, size: number | Pair, options: ConvOptions & { multiplier?: number } = {}): string {
    const c = this.channels(x);
    const m = options.multiplier ?? 1;
    const kernel = [...pair(size), c, m];
    return this.add(
      { kind: 'depthwiseConv2d', ...window(options) },
      [x],
      options,
      this.withBias({ kernel: [kernel, Math.sqrt(2 / (kernel[0] * kernel[1]))] }, c * m, options.bias),
    );
  }

  convTranspose(
    x: string,
    filters: number,
    size: number | Pair,
    options: ConvOptions & { outputPadding?: Pair } = {},
  ): string {
    const kernel = [...pair(size), filters, this.channels(x)];
    const fanIn = kernel[0] * kernel[1] * kernel[3];
    return this.add(
      { kind: 'conv2dTranspose', ...window(options), outputPadding: options.outputPadding },
      [x],
      options,
      this.withBias({ kernel: [kernel, Math.sqrt(2 / fanIn)] }, filters, options.bias),
    );
  }

  dense(x: string, units: number, options: LayerOptions & { bias?: boolean } = {}): string {
    const kernel = [this.channels(x), units];
    const deviation = Math.sqrt(2 / (kernel[0] + units));
    return this.add(
      { kind: 'dense' },
      [x],
      options,
      this.withBias({ kernel: [kernel, deviation] }, units, options.bias),
    );
  }

  batchNorm(
    x: string,
    options: LayerOptions & { scale?: boolean; center?: boolean; epsilon?: number; momentum?: number } = {},
  ): string {
    const c = [this.channels(x)];
    const params: Record<string, readonly [readonly number[], Fill]> = {};
    if (options.scale !== false) params.gamma = [c, 'ones'];
    if (options.center !== false) params.beta = [c, 'zeros'];
    params.mean = [c, 'zeros'];
    params.variance = [c, 'ones'];
    const op: Op = {
      kind: 'batchNorm',
      epsilon: options.epsilon ?? 1e-3,
      momentum: options.momentum ?? 0.99,
    };
    return this.add(op, [x], options, params);
  }

  layerNorm(x: string, options: LayerOptions & { axes?: readonly number[]; epsilon?: number } = {}): string {
    const shape = this.shape(x);
    const axes = options.axes ?? [shape.length - 1];
    const size = axes.map((a) => shape[a]);
    const op: Op = { kind: 'layerNorm', epsilon: options.epsilon ?? 1e-3, axes };
    return this.add(op, [x], options, { gamma: [size, 'ones'], beta: [size, 'zeros'] });
  }

  activation(x: string, activation: ActivationKind = 'relu', options: LayerOptions = {}): string {
    return this.add({ kind: 'activation', activation }, [x], { layerType: activation, ...options });
  }

  relu(x: string, options: LayerOptions = {}): string {
    return this.activation(x, 'relu', { layerType: 'ReLU', ...options });
  }

  softmax(x: string, options: LayerOptions & { axis?: number } = {}): string {
    return this.add({ kind: 'softmax', axis: options.axis ?? this.shape(x).length - 1 }, [x], options);
  }

  /** Slopes shared over the height and width unless `sharedAxes` says otherwise. */
  prelu(x: string, options: LayerOptions & { sharedAxes?: readonly number[] } = {}): string {
    const shape = this.shape(x);
    const shared = options.sharedAxes ?? [...shape.keys()].slice(0, -1);
    const alpha = shape.map((d, a) => (shared.includes(a) ? 1 : d));
    return this.add({ kind: 'prelu' }, [x], options, { alpha: [alpha, 'slopes'] });
  }

  merge(
    kind: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum' | 'average',
    inputs: readonly string[],
    options: LayerOptions = {},
  ): string {
    return this.add({ kind }, inputs, options);
  }

  concat(inputs: readonly string[], options: LayerOptions & { axis?: number } = {}): string {
    return this.add(
      { kind: 'concat', axis: options.axis ?? this.shape(inputs[0]).length - 1 },
      inputs,
      options,
    );
  }

  flatten(x: string, options: LayerOptions = {}): string {
    return this.add({ kind: 'flatten' }, [x], options);
  }

  reshape(x: string, target: Shape, options: LayerOptions = {}): string {
    return this.add({ kind: 'reshape', target }, [x], options);
  }

  permute(x: string, perm: readonly number[], options: LayerOptions = {}): string {
    return this.add({ kind: 'permute', perm }, [x], options);
  }

  pool(
    kind: 'maxPool' | 'avgPool',
    x: string,
    size: number,
    options: LayerOptions & { stride?: number; padding?: Padding } = {},
  ): string {
    const stride = options.stride ?? size;
    return this.add(
      { kind, size: [size, size], strides: [stride, stride], padding: options.padding ?? 'valid' },
      [x],
      options,
    );
  }

  globalPool(
    x: string,
    options: LayerOptions & { keepDims?: boolean; kind?: 'globalAvgPool' | 'globalMaxPool' } = {},
  ): string {
    return this.add(
      { kind: options.kind ?? 'globalAvgPool', keepDims: options.keepDims ?? false },
      [x],
      options,
    );
  }

  zeroPad(x: string, padding: readonly [number, number, number, number], options: LayerOptions = {}): string {
    return this.add({ kind: 'zeroPad', padding }, [x], options);
  }

  crop(x: string, cropping: readonly [number, number, number, number], options: LayerOptions = {}): string {
    return this.add({ kind: 'crop', cropping }, [x], options);
  }

  upsample(
    x: string,
    size: number,
    options: LayerOptions & { interpolation?: 'nearest' | 'bilinear' } = {},
  ): string {
    const interpolation = options.interpolation ?? 'nearest';
    return this.add({ kind: 'upsample', size: [size, size], interpolation }, [x], options);
  }

  dropout(x: string, rate = 0.5, options: LayerOptions = {}): string {
    return this.add({ kind: 'dropout', rate, spatial: false }, [x], options);
  }

  /** An op that Espalier doesn't know, with the shape that it gives. */
  opaque(inputs: readonly string[], what: string, shape: Shape, options: LayerOptions = {}): string {
    return this.add({ kind: 'opaque', what, shape }, inputs, { layerType: what, ...options });
  }

  /** The finished network; outputs in the given order. */
  build(outputs: string | readonly string[]): { graph: Graph; weights: Weights } {
    const ids = typeof outputs === 'string' ? [outputs] : outputs;
    for (const id of ids) this.node(id);
    const graph = {
      nodes: [...this.nodes],
      inputs: [...this.inputIds],
      outputs: ids,
      params: { ...this.params },
    };
    return { graph, weights: new Map(this.weights) };
  }

  private node(id: string): Node {
    const node = this.byId.get(id);
    if (!node) throw new InputError(`there is no node "${id}"`);
    return node;
  }

  private channels(id: string): number {
    const shape = this.shape(id);
    return shape[shape.length - 1];
  }

  private fresh(kind: string): string {
    for (;;) {
      const n = (this.counts.get(kind) ?? 0) + 1;
      this.counts.set(kind, n);
      if (!this.byId.has(`${kind}${n}`)) return `${kind}${n}`;
    }
  }

  private freshCall(layer: string): string {
    let n = 2;
    while (this.byId.has(`${layer}:${n}`)) n++;
    return `${layer}:${n}`;
  }

  private withBias(
    params: Readonly<Record<string, readonly [readonly number[], Fill]>>,
    size: number,
    bias: boolean | undefined,
  ): Readonly<Record<string, readonly [readonly number[], Fill]>> {
    return bias === false ? params : { ...params, bias: [[size], 'zeros'] };
  }

  private values(role: string, shape: readonly number[], fill: Fill): Float32Array {
    const data = new Float32Array(sizeOf(shape));
    const random = this.random;
    if (this.zeros) return data;
    if (typeof fill === 'number') {
      for (let i = 0; i < data.length; i++) data[i] = fill * random.normal();
    } else if (fill === 'slopes') {
      for (let i = 0; i < data.length; i++) data[i] = 0.25 + 0.1 * random.normal();
    } else if (this.lively) {
      const centre = fill === 'ones' ? 1 : 0;
      for (let i = 0; i < data.length; i++)
        data[i] = role === 'variance' ? 0.5 + random.uniform() : centre + 0.3 * random.normal();
    } else if (fill === 'ones') data.fill(1);
    return data;
  }
}

function pair(size: number | Pair): Pair {
  return typeof size === 'number' ? [size, size] : size;
}

function window(options: ConvOptions): { strides: Pair; padding: Padding; dilation: Pair } {
  return {
    strides: pair(options.stride ?? 1),
    padding: options.padding ?? 'same',
    dilation: pair(options.dilation ?? 1),
  };
}

const kerasNames: Partial<Record<Op['kind'], string>> = {
  input: 'InputLayer',
  conv2d: 'Conv2D',
  depthwiseConv2d: 'DepthwiseConv2D',
  conv2dTranspose: 'Conv2DTranspose',
  dense: 'Dense',
  batchNorm: 'BatchNormalization',
  layerNorm: 'LayerNormalization',
  groupNorm: 'GroupNormalization',
  unitNorm: 'UnitNormalization',
  activation: 'Activation',
  softmax: 'Softmax',
  prelu: 'PReLU',
  concat: 'Concatenate',
  maxPool: 'MaxPooling2D',
  avgPool: 'AveragePooling2D',
  globalAvgPool: 'GlobalAveragePooling2D',
  globalMaxPool: 'GlobalMaxPooling2D',
  zeroPad: 'ZeroPadding2D',
  crop: 'Cropping2D',
  upsample: 'UpSampling2D',
};

function kerasName(op: Op): string {
  return kerasNames[op.kind] ?? op.kind[0].toUpperCase() + op.kind.slice(1);
}
