import { InputError } from '../../graph/errors.ts';
import { outputShape, sizeOf } from '../../graph/shapes.ts';
import type { Graph, Node, Param, Shape } from '../../graph/types.ts';
import { MAX_EDGES, MAX_FAN_IN, MAX_NODES, MAX_POSITIONS } from '../limits.ts';
import type { LayerWeights } from './types.ts';

/** Larger than any real network; a configuration beyond them is damaged, or meant to exhaust the memory. */
const MAX_PARAM = 2 ** 28;
const MAX_PARAMS = 2 ** 30;
const MAX_VALUE = 2 ** 31;

/** A configuration that is beyond all limits, whatever its inputs' sizes are. */
export class TooLarge extends InputError {}

/** Collects a graph node by node, with shapes, so that each layer can size its parameters. */
export class Builder {
  readonly nodes: Node[] = [];
  readonly shapes = new Map<string, Shape>();
  readonly warnings = new Set<string>();
  readonly layers = new Map<string, LayerWeights & { params: string[] }>();
  private readonly params = new Map<string, Param>();
  private readonly calls = new Map<string, number>();
  /** per id that was wanted twice, the next number to try */
  private readonly taken = new Map<string, number>();
  private elements = 0;
  private edges = 0;
  private positions = 0;

  readonly where: string;

  constructor(where: string) {
    this.where = where;
  }

  /** "" for the first call of a layer, "#2" for the second... */
  nextCall(path: string): string {
    const n = (this.calls.get(path) ?? 0) + 1;
    this.calls.set(path, n);
    return n === 1 ? '' : `#${n}`;
  }

  add(node: Node): string {
    const fail = (problem: string): never => {
      throw new InputError(`${this.where}: layer "${node.layer}" (${node.layerType}): ${problem}`);
    };
    this.count(node);
    let id = node.id;
    for (let n = this.taken.get(node.id) ?? 2; this.shapes.has(id); n++) {
      id = `${node.id}~${n}`;
      this.taken.set(node.id, n + 1);
    }
    const paramShapes = Object.fromEntries(
      Object.entries(node.params).map(([role, param]) => [role, this.params.get(param)!.shape]),
    );
    let shape: Shape;
    try {
      shape = outputShape(
        node.op,
        node.inputs.map((input) => this.shapes.get(input)!),
        paramShapes,
      );
    } catch (error) {
      if (error instanceof InputError) return fail(error.message);
      throw error;
    }
    if (sizeOf(shape) > MAX_VALUE) fail(`a value of shape [${shape.join(', ')}] is too large`);
    this.nodes.push({ ...node, id });
    this.shapes.set(id, shape);
    return id;
  }

  /** Nodes and edges are counted as they come: models in models can make millions of them out of a few kilobytes. */
  private count(node: Node): void {
    this.edges += node.inputs.length;
    if (node.op.kind === 'gather') this.positions += node.op.positions.length;
    const problem =
      this.nodes.length >= MAX_NODES
        ? `the network has more than ${MAX_NODES} layers once the models in it are laid out`
        : node.inputs.length > MAX_FAN_IN
          ? `layer "${node.layer}" reads ${node.inputs.length} tensors, more than ${MAX_FAN_IN}`
          : this.edges > MAX_EDGES
            ? `its layers read more than ${MAX_EDGES} tensors in all`
            : this.positions > MAX_POSITIONS
              ? `its layers take more than ${MAX_POSITIONS} positions of axes in all`
              : undefined;
    if (problem !== undefined)
      throw new TooLarge(`${this.where}: ${problem}; no network is as large, and Espalier reads none`);
  }

  /** A parameter, or the one that an earlier call of the same layer made. */
  param(id: string, shape: readonly number[], trainable: boolean | 'frozen', layer: string): string {
    const fail = (problem: string): never => {
      throw new InputError(`${this.where}: layer "${layer}": ${problem}`);
    };
    const known = this.params.get(id);
    if (known) {
      if (known.shape.length !== shape.length || known.shape.some((d, i) => d !== shape[i]))
        fail(`called on values of different shapes, [${known.shape.join(', ')}] and [${shape.join(', ')}]`);
      return id;
    }
    const size = sizeOf(shape);
    if (!shape.every((d) => Number.isInteger(d) && d > 0) || !(size <= MAX_PARAM))
      fail(`weights of shape [${shape.join(', ')}] are not possible`);
    this.elements += size;
    if (this.elements > MAX_PARAMS) fail(`the model has more than ${MAX_PARAMS} weights`);
    const frozen = trainable === 'frozen';
    this.params.set(id, frozen ? { id, shape, trainable: false, frozen } : { id, shape, trainable });
    return id;
  }

  graph(inputs: readonly string[], outputs: readonly string[]): Graph {
    return { nodes: this.nodes, inputs, outputs, params: Object.fromEntries(this.params) };
  }
}
