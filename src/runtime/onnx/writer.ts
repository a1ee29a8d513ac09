import { encodeModel } from './proto.ts';

export type Attribute = number | readonly number[] | string | { readonly float: number };

const FLOAT = 1;
const INT64 = 7;
const OPSET = 17;

/** Collects the nodes and constants of an ONNX graph. Values are named by it: v0, v1, ... */
export class OnnxWriter {
  private readonly nodes: Record<string, unknown>[] = [];
  private readonly constants: Record<string, unknown>[] = [];
  private readonly constantNames = new Map<string, string>();
  private count = 0;

  /** Adds a node with one output, and gives the output's name. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = `v${this.count++}`;
    this.named(op, inputs, name, attributes);
    return name;
  }

  named(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => {
      if (typeof value === 'number') return { name, i: value, type: 2 };
      if (typeof value === 'string') return { name, s: Buffer.from(value), type: 3 };
      if ('float' in value) return { name, f: value.float, type: 1 };
      return { name, ints: [...value], type: 7 };
    });
    this.nodes.push({ op_type: op, input: [...inputs], output: [output], name: output, attribute });
  }

  /** A float constant; [] is a scalar. */
  floats(values: Float32Array | readonly number[], dims: readonly number[]): string {
    const data = values instanceof Float32Array ? values : Float32Array.from(values);
    return this.constant(FLOAT, data, dims);
  }

  scalar(value: number): string {
    return this.once(`f${value}`, () => this.floats([value], []));
  }

  /** A one-dimensional int64 constant, such as a shape. */
  ints(values: readonly number[]): string {
    return this.once(`i${values.join()}`, () =>
      this.constant(INT64, BigInt64Array.from(values, BigInt), [values.length]),
    );
  }

  private once(key: string, make: () => string): string {
    let name = this.constantNames.get(key);
    if (name === undefined) this.constantNames.set(key, (name = make()));
    return name;
  }

  private constant(type: number, data: Float32Array | BigInt64Array, dims: readonly number[]): string {
    const name = `c${this.constants.length}`;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.constants.push({ dims: [...dims], data_type: type, name, raw_data: bytes });
    return name;
  }

  /** The finished model. Shapes are per sample; the batch axis is dynamic. */
  finish(
    inputs: readonly { name: string; shape: readonly number[] }[],
    outputs: readonly { name: string; shape: readonly number[] }[],
  ): Uint8Array {
    const info = ({ name, shape }: { name: string; shape: readonly number[] }) => ({
      name,
      type: {
        tensor_type: {
          elem_type: FLOAT,
          shape: { dim: [{ dim_param: 'N' }, ...shape.map((d) => ({ dim_value: d }))] },
        },
      },
    });
    return encodeModel({
      ir_version: 8,
      producer_name: 'espalier',
      opset_import: [{ domain: '', version: OPSET }],
      graph: {
        name: 'network',
        node: this.nodes,
        initializer: this.constants,
        input: inputs.map(info),
        output: outputs.map(info),
      },
    });
  }
}
