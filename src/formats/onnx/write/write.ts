import { InputError } from '../../../graph/errors.ts';
import { inferShapes } from '../../../graph/shapes.ts';
import { sizeOf } from '../../../graph/ops/rules/sizes.ts';
import type { Graph, Op, Weights } from '../../../graph/types.ts';
import { readModelProto } from '../proto/model.ts';
import { isReal } from '../proto/tensor.ts';
import type { External } from '../proto/tensor.ts';
import { readAt, trueInputs } from '../network.ts';
import type { Stored } from '../reading/reading.ts';
import { dimsBy, fromOurs } from '../reading/values.ts';
import type { Live, Narrow } from '../reading/values.ts';
import { encodeModel } from './encode.ts';
import { joined } from '../proto/wire.ts';
import { Rewriter } from './rewriter.ts';
import type { Content } from './rewriter.ts';
import type { OnnxSource } from './source.ts';

export type { OnnxSource } from './source.ts';

/**
 * The source's file with the network's kept channels and weights, and what says their sizes; all else as it was. What is
 * made is read again, and every value in it must have the size that it is to have.
 * @param weights undefined: of no account, only whether the file can hold the network is asked
 * @throws InputError where it can't
 */
export function rewritten(source: OnnxSource, graph: Graph, weights: Weights | undefined): Uint8Array {
  const { model, network, external } = source;
  const { reading } = network;
  const shapes = inferShapes(graph);
  const ops = new Map(graph.nodes.map(({ id, op }) => [id, op]));
  const narrow: Narrow & { op(node: string): Op | undefined } = {
    op: (node) => ops.get(node),
    dims: (value) => sizesIn(value, shapes, reading.batch),
  };
  const rewriter = new Rewriter(model);
  for (const stored of reading.stored.values()) store(rewriter, stored, graph, weights, narrow);
  for (const edit of reading.edits) edit(narrow, rewriter);
  const changes = rewriter.changes((name) => {
    const value = reading.values.get(name);
    return value?.kind === 'constant' ? value : undefined;
  });
  const changed = changes.replaced.size + changes.fresh.size > 0;
  const parts = encodeModel(source, changes, (name) => {
    const value = reading.values.get(name);
    if (value?.kind === 'live') {
      const own = narrow.dims(value);
      return own.some((d, a) => d !== value.dims[a])
        ? own.map((d, a) => (d === value.dims[a] ? undefined : d))
        : undefined;
    }
    // what is computed of weights has other sizes where those have
    const computed = value?.kind === 'constant' && value.origin === undefined && isReal(value.tensor.type);
    return computed && changed ? null : undefined;
  });
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  if (size > LARGEST)
    throw new InputError(`its file would have ${size} bytes, more than the 2 GB that one ONNX file can have`);
  const made = joined(parts);
  compare(made, source, narrow, external);
  return made;
}

function sizesIn(
  { node, dims, batch, axes }: Live,
  shapes: Readonly<Record<string, readonly number[]>>,
  batchSize: number,
): number[] {
  const own = [...dims];
  const shape = shapes[node];
  axes.forEach((a, j) => (own[a] = a === batch ? shape[j] * batchSize : shape[j]));
  return own;
}

/** Bytes of a message of protocol buffers, at most. */
const LARGEST = 2 ** 31 - 1;

/** Numbers of a constant that may be a list of sizes. */
const LISTS = 65_536;

/** Puts a parameter back where it came from. */
function store(
  rewriter: Rewriter,
  { param, constant, map, uses }: Stored,
  graph: Graph,
  weights: Weights | undefined,
  narrow: Narrow,
): void {
  const own = graph.params[param];
  if (!own) throw new InputError(`the network to write has no parameter "${param}"`);
  const dims = dimsBy(map, own.shape);
  const { type } = constant.tensor;
  const same = dims.every((d, a) => d === constant.tensor.dims[a]);
  if (!weights) {
    if (same) return;
    if (constant.shaped && shape(rewriter, constant.shaped, uses.length, dims, narrow)) return;
    const size = sizeOf(dims);
    // nobody asks for the numbers of large ones
    const values = new Float32Array(size > LISTS ? 0 : size);
    rewriter.tensor(uses, constant, { type, dims, values }, param);
    return;
  }
  const ours = weights.get(param);
  if (ours?.length !== sizeOf(own.shape))
    throw new InputError(`the network to write has no weights that fit "${param}"`);
  const { uniform } = constant;
  if (uniform !== undefined && ours.every((v) => v === Math.fround(uniform))) {
    if (same || (constant.shaped && shape(rewriter, constant.shaped, uses.length, dims, narrow))) return;
  }
  const values = fromOurs(ours, map, own.shape);
  const content: Content = { type, dims, values };
  if (same && equalTo(values, constant.tensor.values())) {
    // as it is, for those that read it too
    if (constant.origin !== undefined)
      rewriter.tensor(uses, constant, { ...content, values: constant.tensor.values() }, param);
    return;
  }
  rewriter.tensor(uses, constant, content, param.split('/').at(-1) ?? 'weight');
}

/** A ConstantOfShape is given other sizes, where nothing else reads what it makes. */
function shape(
  rewriter: Rewriter,
  { name, sizes, use }: NonNullable<Stored['constant']['shaped']>,
  uses: number,
  dims: readonly number[],
  narrow: Narrow,
): boolean {
  if (rewriter.readers().get(name) !== uses) return false;
  rewriter.list(use, sizes, dims, narrow);
  return true;
}

function equalTo(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], Math.fround(b[i]))) return false;
  return true;
}

/** Reads what was written. @throws InputError where a value has another size than it is to have */
function compare(
  bytes: Uint8Array,
  { model, network }: OnnxSource,
  narrow: Narrow,
  external: External,
): void {
  const again = readAt(readModelProto(bytes, external), trueInputs(model), network.reading.sizes);
  const [before, after] = [network, again].map(({ graph }) => opaqueLayers(graph));
  const other = after.find((one) => !before.includes(one));
  if (other) throw new InputError(`its file would hold an operator that Espalier does not know: ${other}`);
  for (const [name, value] of network.reading.values) {
    if (value.kind !== 'live') continue;
    const found = again.reading.values.get(name);
    const wanted = narrow.dims(value);
    if (found?.kind !== 'live' || found.dims.join() !== wanted.join())
      throw new InputError(
        `its file would give "${name}" the sizes [${found?.kind === 'live' ? found.dims.join(', ') : 'unknown'}] and not [${wanted.join(', ')}]`,
      );
  }
}

function opaqueLayers({ nodes }: Graph): string[] {
  return nodes.flatMap(({ op, layer }) => (op.kind === 'opaque' ? `${layer} (${op.what})` : []));
}
