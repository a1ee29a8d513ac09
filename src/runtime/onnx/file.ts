import type * as Ort from 'onnxruntime-node';
import { InputError } from '../../graph/errors.ts';
import { sizeOf } from '../../graph/ops/rules/sizes.ts';
import type { Shape } from '../../graph/types.ts';
import { openSession } from './session.ts';

/** A value that a model file takes or gives, and how ours lies in it. */
export interface FileValue {
  readonly name: string;
  /** ONNX' number of its type */
  readonly type: number;
  /** for each axis of ours, which axis of the file's it is */
  readonly axes: readonly number[];
  readonly rank: number;
  /** the axis of the batch; -1: none */
  readonly batch: number;
  /** ours, per sample */
  readonly shape: Shape;
}

/** An ONNX file that can be run as it is. */
export interface OnnxFile {
  readonly bytes: Uint8Array;
  readonly inputs: readonly FileValue[];
  readonly outputs: readonly FileValue[];
  /** how many samples it takes at once; null: any number */
  readonly batch: number | null;
}

const FLOAT = 1;
const TYPES: Readonly<Record<number, Ort.Tensor.Type>> = {
  1: 'float32',
  2: 'uint8',
  6: 'int32',
  7: 'int64',
  11: 'float64',
};

/**
 * What a model file gives by itself, whatever operators it has: what Espalier says of a network must be the same.
 * @param inputs one an input, of n samples, as our graph has them
 * @returns one an output, of n samples, as our graph has them
 */
export async function runFile(
  file: OnnxFile,
  inputs: readonly Float32Array[],
  n: number,
  { threads, optimise = false }: { readonly threads: number; readonly optimise?: boolean },
): Promise<Float32Array[]> {
  // without its optimiser, which has changed networks
  const { ort, session } = await openSession(file.bytes, { threads, optimise });
  try {
    const results = file.outputs.map(({ shape }) => new Float32Array(n * sizeOf(shape)));
    // one by one, which any file takes; of a fixed batch all are the same sample
    for (let i = 0; i < n; i++) {
      const feeds: Record<string, Ort.Tensor> = {};
      file.inputs.forEach((value, k) => {
        const size = sizeOf(value.shape);
        feeds[value.name] = feed(ort, value, inputs[k].subarray(i * size, (i + 1) * size), file.batch ?? 1);
      });
      const given = await session.run(feeds);
      file.outputs.forEach((value, k) => {
        const size = sizeOf(value.shape);
        results[k].set(ours(value, given[value.name], file.batch ?? 1), i * size);
      });
    }
    return results;
  } finally {
    await session.release();
  }
}

/** Strides of our axes in a tensor of the file's, and its sizes. */
function layout(
  { axes, rank, batch, shape }: FileValue,
  samples: number,
): { dims: number[]; steps: number[] } {
  const dims = new Array<number>(rank).fill(1);
  if (batch >= 0) dims[batch] = samples;
  axes.forEach((a, j) => (dims[a] = a === batch ? samples * shape[j] : shape[j]));
  const strides = dims.map((_, a) => sizeOf(dims.slice(a + 1)));
  return { dims, steps: axes.map((a) => strides[a]) };
}

/** For each number of ours where it lies in the file's tensor. */
function places(shape: Shape, steps: readonly number[]): Float64Array {
  const found = new Float64Array(sizeOf(shape));
  for (let i = 0; i < found.length; i++) {
    let rest = i;
    for (let a = shape.length - 1; a >= 0; a--) {
      found[i] += (rest % shape[a]) * steps[a];
      rest = Math.floor(rest / shape[a]);
    }
  }
  return found;
}

function feed(ort: typeof Ort, value: FileValue, sample: Float32Array, samples: number): Ort.Tensor {
  const { dims, steps } = layout(value, samples);
  const one = new Float32Array(sample.length);
  // the first sample's place; the batch is the outer part of its axis
  const at = places(value.shape, steps);
  const whole = samples === 1 ? one : new Float32Array(sizeOf(dims));
  const apart = value.batch < 0 ? 0 : sizeOf(dims.slice(value.batch)) / samples;
  for (let s = 0; s < samples; s++)
    for (let i = 0; i < sample.length; i++) whole[at[i] + s * apart] = sample[i];
  const type = TYPES[value.type];
  if (!type)
    throw new InputError(`input "${value.name}" takes numbers of a kind that Espalier can't give it`);
  if (value.type === FLOAT) return new ort.Tensor('float32', whole, dims);
  const data = {
    uint8: () => Uint8Array.from(whole),
    int32: () => Int32Array.from(whole),
    int64: () => BigInt64Array.from(whole, (v) => BigInt(Math.round(v))),
    float64: () => Float64Array.from(whole),
  }[type as 'uint8' | 'int32' | 'int64' | 'float64']();
  return new ort.Tensor(type, data, dims);
}

function ours(value: FileValue, { data, dims, type }: Ort.Tensor, samples: number): Float32Array {
  const { dims: own, steps } = layout(value, samples);
  const numbers = data as unknown as ArrayLike<number | bigint>;
  // of a value whose shape isn't known beforehand, what can be told is how it adds up
  if (own.length !== dims.length || own.some((d, a) => d !== dims[a]) || type === 'string') {
    let sum = 0;
    for (let i = 0; i < numbers.length; i++) sum += Number(numbers[i]) * (1 + (i % 7));
    return new Float32Array(sizeOf(value.shape)).fill(sum);
  }
  const at = places(value.shape, steps);
  return Float32Array.from(at, (p) => Number(numbers[p]));
}
