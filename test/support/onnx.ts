import { encodeModel } from '../../src/runtime/onnx/proto.ts';
import { Random } from '../../src/graph/random.ts';

type Attribute = number | readonly number[] | string | { readonly float: number };

const FLOAT = 1;
const INT64 = 7;

/** Writes small ONNX files by hand: nodes in order, weights drawn from a seed, every value named as its node is. */
export class OnnxFileBuilder {
  private readonly nodes: Record<string, unknown>[] = [];
  private readonly initializers: Record<string, unknown>[] = [];
  private readonly inputs: Record<string, unknown>[] = [];
  private readonly random: Random;
  private readonly opset: number;
  private count = 0;

  constructor({ seed = 5, opset = 17 }: { seed?: number; opset?: number } = {}) {
    this.random = new Random(seed);
    this.opset = opset;
  }

  /** An input; null: any size. */
  input(dims: readonly (number | null)[], name = 'x'): string {
    this.inputs.push(info(name, dims));
    return name;
  }

  /** Normal numbers, those of variances above 0. */
  weight(dims: readonly number[], name = `w${this.count++}`, positive = false): string {
    const size = dims.reduce((a, b) => a * b, 1);
    const values = Float32Array.from({ length: size }, () => {
      const v = 0.5 * this.random.normal();
      return positive ? Math.abs(v) + 0.5 : v;
    });
    return this.floats(values, dims, name);
  }

  floats(values: ArrayLike<number>, dims: readonly number[], name = `w${this.count++}`): string {
    const data = Float32Array.from(values);
    this.initializers.push({ dims: [...dims], data_type: FLOAT, name, raw_data: bytesOf(data) });
    return name;
  }

  ints(
    values: readonly number[],
    dims: readonly number[] = [values.length],
    name = `i${this.count++}`,
  ): string {
    const data = BigInt64Array.from(values, BigInt);
    this.initializers.push({ dims: [...dims], data_type: INT64, name, raw_data: bytesOf(data) });
    return name;
  }

  /** A node, by the name of its first output. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    name = `${op.toLowerCase()}${this.count++}`,
    outputs: readonly string[] = [name],
    domain = '',
  ): string {
    const attribute = Object.entries(attributes).map(([key, value]) => {
      if (typeof value === 'number') return { name: key, i: value, type: 2 };
      if (typeof value === 'string') return { name: key, s: Buffer.from(value), type: 3 };
      if ('float' in value) return { name: key, f: value.float, type: 1 };
      return { name: key, ints: [...value], type: 7 };
    });
    this.nodes.push({ op_type: op, input: [...inputs], output: [...outputs], name, attribute, domain });
    return outputs[0];
  }

  conv(
    x: string,
    into: number,
    made: number,
    size: number,
    {
      name = `conv${this.count++}`,
      group = 1,
      ...rest
    }: { name?: string; group?: number; stride?: number } = {},
  ): string {
    const pad = size >> 1;
    const stride = rest.stride ?? 1;
    const weight = this.weight([made, into / group, size, size], `${name}.w`);
    return this.node(
      'Conv',
      [x, weight, this.weight([made], `${name}.b`)],
      { kernel_shape: [size, size], pads: [pad, pad, pad, pad], strides: [stride, stride], group },
      name,
    );
  }

  norm(x: string, channels: number, name = `bn${this.count++}`): string {
    const own = ['scale', 'shift', 'mean'].map((role) => this.weight([channels], `${name}.${role}`));
    const variance = this.weight([channels], `${name}.var`, true);
    return this.node('BatchNormalization', [x, ...own, variance], { epsilon: { float: 1e-5 } }, name);
  }

  relu(x: string): string {
    return this.node('Relu', [x]);
  }

  /** Means over all places, and a layer of so many classes. */
  head(x: string, channels: number, classes = 3): string {
    const flat = this.node('Flatten', [this.node('GlobalAveragePool', [x])]);
    return this.dense(flat, channels, classes, 'fc');
  }

  dense(x: string, into: number, made: number, name: string): string {
    const weight = this.weight([made, into], `${name}.w`);
    return this.node('Gemm', [x, weight, this.weight([made], `${name}.b`)], { transB: 1 }, name);
  }

  build(outputs: string | readonly string[], ir = 8): Uint8Array {
    const named = typeof outputs === 'string' ? [outputs] : outputs;
    return encodeModel({
      ir_version: ir,
      producer_name: 'by hand',
      opset_import: [{ domain: '', version: this.opset }],
      graph: {
        name: 'network',
        node: this.nodes,
        initializer: this.initializers,
        input: this.inputs,
        output: named.map((name) => ({ name, type: { tensor_type: { elem_type: FLOAT } } })),
      },
    });
  }
}

function bytesOf(data: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function info(name: string, dims: readonly (number | null)[]): Record<string, unknown> {
  const dim = dims.map((d, a) => (d === null ? { dim_param: `d${a}` } : { dim_value: d }));
  return { name, type: { tensor_type: { elem_type: FLOAT, shape: { dim } } } };
}
