import fs from 'node:fs';
import path from 'node:path';
import type * as tfc from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend';
import { temporaryFolderSync } from '../../../files/temporary.ts';
import type { Compiled, Tf } from '../../types.ts';
import { encodeSavedModel, shapeProto } from './proto.ts';
import type { AttrValue, NodeDef } from './proto.ts';
import type { Attribute } from './ops.ts';

type Binding = NodeJSKernelBackend['binding'];

/** A tensor as the addon tells of it. */
interface NativeTensor {
  readonly id: number;
  readonly dtype: number;
  readonly shape: number[];
}
/** What the backend keeps to itself. */
interface Internals {
  binding: Binding;
  getInputTensorIds(tensors: tfc.Tensor[]): number[];
  getDTypeInteger(dtype: string): number;
  createOutputTensor(output: NativeTensor): tfc.Tensor;
}

/** The graph of everything that was executed between its beginning and its end. */
class Recording {
  readonly nodes: NodeDef[] = [];
  /** native id of a tensor -> the output of a node that it is */
  private readonly names = new Map<number, string>();

  private add(op: string, input: string[], attr: Record<string, AttrValue>): string {
    const name = `n${this.nodes.length}`;
    this.nodes.push({ name, op, input, attr });
    return name;
  }

  /** A tensor that is given anew at each run. Returns the node's name, as the others do. */
  input(id: number, dtype: number, shape: readonly number[]): string {
    const name = this.add('Placeholder', [], { dtype: { type: dtype }, shape: { shape: shapeProto(shape) } });
    this.names.set(id, name);
    return name;
  }

  /** A tensor that was made of numbers meanwhile. */
  constant(id: number, dtype: number, shape: readonly number[], values: ArrayBufferView): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
    const tensor = { dtype, tensor_shape: shapeProto(shape), tensor_content: bytes };
    this.names.set(id, this.add('Const', [], { dtype: { type: dtype }, value: { tensor } }));
  }

  op(
    name: string,
    attr: Record<string, AttrValue>,
    inputs: number[],
    outputs: readonly NativeTensor[],
  ): void {
    const node = this.add(name, this.known(inputs), attr);
    outputs.forEach(({ id }, i) => this.names.set(id, `${node}:${i}`));
  }

  result(id: number, dtype: number): string {
    return this.add('Identity', this.known([id]), { T: { type: dtype } });
  }

  /** @throws where a tensor is neither an input nor came of one: its value could be another one next time */
  private known(ids: readonly number[]): string[] {
    return ids.map((id) => {
      const name = this.names.get(id);
      if (name === undefined) throw new Error('a tensor from outside took part in it');
      return name;
    });
  }
}

/**
 * Makes one TensorFlow graph of what was executed op by op, so that TensorFlow may fuse ops, run several at once and
 * free memory early. tfjs-node has no other way to a graph than loading one that was saved, so that is what happens.
 * Where the graph can't be had, `compile` says undefined, and ops go on one by one.
 */
export function graphCompiler(tf: Tf, nodeBackend: NodeJSKernelBackend) {
  const backend = nodeBackend as unknown as Internals;
  const { binding } = backend;
  let recording: Recording | undefined;

  // The addon's own properties can't be written, so what sees all ops go by stands before it.
  const executeOp: Binding['executeOp'] = (name, attributes, inputs, outputs) => {
    const made = binding.executeOp(name, attributes, inputs, outputs);
    recording?.op(name, attributesOf(binding, attributes as unknown as Attribute[]), inputs, nativeOf(made));
    return made;
  };
  const createTensor: Binding['createTensor'] = (shape, dtype, values) => {
    const id = binding.createTensor(shape, dtype, values);
    if (ArrayBuffer.isView(values)) recording?.constant(id, dtype, shape, values);
    return id;
  };
  backend.binding = Object.create(binding, {
    executeOp: { value: executeOp },
    createTensor: { value: createTensor },
  }) as Binding;

  const record = (inputs: readonly tfc.Tensor[], work: () => tfc.Tensor[]) => {
    const ids = backend.getInputTensorIds([...inputs]);
    const begun = new Recording();
    const dtype = (t: tfc.Tensor): number => backend.getDTypeInteger(t.dtype);
    const feeds = inputs.map((t, i) => begun.input(ids[i], dtype(t), t.shape));
    recording = begun;
    try {
      const fetches = tf.tidy(() => {
        const results = work();
        const ids = backend.getInputTensorIds(results);
        return results.map((t, i) => begun.result(ids[i], dtype(t)));
      });
      return { nodes: begun.nodes, feeds, fetches };
    } finally {
      recording = undefined;
    }
  };

  const compile = (inputs: readonly tfc.Tensor[], work: () => tfc.Tensor[]): Compiled | undefined => {
    // on a graphics processor every run would carry all weights there and back
    if (nodeBackend.isUsingGpuDevice) return undefined;
    try {
      const { nodes, feeds, fetches } = record(inputs, work);
      const session = load(binding, encodeSavedModel(nodes));
      const [from, to] = [feeds, fetches].map((names) => names.map((name) => `${name}:0`).join(','));
      return {
        run: (inputs) =>
          nativeOf(binding.runSavedModel(session, backend.getInputTensorIds([...inputs]), from, to)).map(
            (t) => backend.createOutputTensor(t),
          ),
        dispose: () => binding.deleteSavedModel(session),
      };
    } catch (error) {
      if (process.env.ESPALIER_DEBUG) console.error('no graph was made of the step:', error);
      return undefined;
    }
  };

  return { compile, recording: (): boolean => recording !== undefined };
}

/** tfjs-node's types call them something else. */
const nativeOf = (made: unknown): readonly NativeTensor[] => made as NativeTensor[];

function load(binding: Binding, model: Uint8Array): number {
  const folder = temporaryFolderSync('graph');
  try {
    fs.writeFileSync(path.join(folder, 'saved_model.pb'), model);
    return binding.loadSavedModel(folder, 'serve');
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function attributesOf(binding: Binding, attributes: readonly Attribute[]): Record<string, AttrValue> {
  const scalar = ({ type, value }: { type: number; value: unknown }): AttrValue => {
    if (type === binding.TF_ATTR_STRING) return { s: Buffer.from(String(value)) };
    if (type === binding.TF_ATTR_INT) return { i: Number(value) };
    if (type === binding.TF_ATTR_FLOAT) return { f: Number(value) };
    if (type === binding.TF_ATTR_BOOL) return { b: Boolean(value) };
    if (type === binding.TF_ATTR_TYPE) return { type: Number(value) };
    throw new Error(`an attribute of type ${type}`);
  };
  const value = ({ type, value }: Attribute): AttrValue => {
    if (!Array.isArray(value)) return scalar({ type, value });
    if (type === binding.TF_ATTR_SHAPE) return { shape: shapeProto(value) };
    const list: Record<string, unknown[]> = {};
    for (const one of value)
      for (const [key, v] of Object.entries(scalar({ type, value: one }))) (list[key] ??= []).push(v);
    return { list };
  };
  return Object.fromEntries(attributes.map((attribute) => [attribute.name, value(attribute)]));
}
