import path from 'node:path';
import { openRegular } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import { sizeOf } from '../../graph/ops/rules/sizes.ts';
import { readInput } from '../files.ts';
import { inWords, roomFor } from '../limits.ts';
import type { LoadedModel } from '../types.ts';
import { collectWeights } from '../weights.ts';
import { externalOf } from './external.ts';
import { inlined } from './proto/inline.ts';
import { readModelProto } from './proto/model.ts';
import { isReal } from './proto/tensor.ts';
import { readNetwork } from './network.ts';
import type { Network } from './network.ts';
import { dimsBy, toOurs } from './reading/values.ts';
import type { OnnxSource } from './write/write.ts';

/** Role of the file's bytes in Container.files. */
export const MODEL = 'onnx';

/** Tags that a ModelProto may begin with: its version, or what made it, or its graph. */
const BEGINNINGS = [0x08, 0x12, 0x3a, 0x42];

/** Whether a file begins as ONNX models do: with the version of its format, which is small, and another field. */
export async function isOnnx(file: string): Promise<boolean> {
  const opened = await openRegular(file).catch(() => undefined);
  if (!opened) return false;
  try {
    const { bytesRead, buffer } = await opened.handle.read(Buffer.alloc(3), 0, 3, 0);
    if (bytesRead < 3) return false;
    if (path.extname(file).toLowerCase() === '.onnx') return BEGINNINGS.includes(buffer[0]);
    return buffer[0] === 0x08 && buffer[1] > 0 && buffer[1] < 64 && [0x12, 0x3a, 0x42].includes(buffer[2]);
  } catch {
    return false;
  } finally {
    await opened.handle.close();
  }
}

/**
 * Reads an ONNX model, with what it keeps in other files of its folder.
 * @throws InputError in one sentence for what is no such file, is damaged, or no network of images or numbers
 */
export async function readOnnx(file: string): Promise<LoadedModel> {
  const bytes = await readInput(file, 'model');
  try {
    const external = externalOf(file);
    const laidOut = inlined(bytes);
    const model = readModelProto(laidOut, external);
    const network = readNetwork(model);
    const { graph } = network;
    const numbers = Object.values(graph.params).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    // weights that a file computes may be of any size
    const inside = [...network.reading.stored.values()].every(
      ({ constant }) => constant.uniform === undefined,
    );
    if (!inside && 4 * numbers > roomFor(bytes.length))
      throw new InputError(
        `its weights take ${inWords(4 * numbers)}, though it has ${inWords(bytes.length)} alone`,
      );
    const own: OnnxSource = { bytes: laidOut, model, network, external };
    return {
      format: 'onnx',
      path: file,
      name: path.parse(file).name,
      graph,
      weights: weightsOf(network, file),
      warnings: warningsOf(network),
      container: { kerasConfig: undefined, files: new Map([[MODEL, bytes]]), own },
    };
  } catch (error) {
    if (error instanceof InputError && !error.message.includes(file))
      throw new InputError(`"${file}" can't be read as an ONNX model: ${printable(error.message)}`);
    throw error;
  }
}

/** Names in a damaged file may hold anything. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]+/g, '?');
}

function weightsOf({ graph, reading }: Network, file: string): LoadedModel['weights'] {
  return collectWeights(graph, file, (param) => {
    const stored = reading.stored.get(param);
    if (!stored) return undefined;
    const { constant, map } = stored;
    const { shape } = graph.params[param];
    const { type, dims } = constant.tensor;
    if (!isReal(type) || dimsBy(map, shape).some((d, a) => d !== dims[a]))
      throw new InputError(`its weight "${param}" is of another kind or size than its layer needs`);
    const { uniform } = constant;
    const values = () =>
      uniform === undefined
        ? toOurs(constant.tensor.values(), map, shape)
        : new Float32Array(sizeOf(shape)).fill(uniform);
    return { name: param, shape, values };
  });
}

function warningsOf({ inputs, reading, graph }: Network): string[] {
  const open = reading.model.graph.inputs.filter(({ name, dims }) => {
    const port = inputs.find((one) => one.name === name);
    return port && dims?.some((d, a) => a !== port.batch && (typeof d !== 'number' || d < 1));
  });
  return open.map(({ name }) => {
    const port = inputs.findIndex((one) => one.name === name);
    const shape = reading.shapes[graph.inputs[port]];
    return `the file leaves sizes of its input "${name}" open: costs and checks are those of ${shape.join(' x ')}`;
  });
}
