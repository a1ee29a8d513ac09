import { InputError } from '../../../graph/errors.ts';
import { MAX_EDGES, MAX_FAN_IN, MAX_NODES } from '../../limits.ts';
import { readTensor } from './tensor.ts';
import type { External, Tensor } from './tensor.ts';
import { fieldsOf, fixed, lastBytes, lastText, lastValue, texts, text, varints } from './wire.ts';
import type { Field } from './wire.ts';

/** One attribute of a node. */
export interface Attribute {
  readonly name: string;
  readonly f: number;
  readonly i: number;
  readonly s: string;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly string[];
  readonly tensor: (Tensor & { readonly name: string }) | undefined;
  /** graphs of If and Loop, as they are */
  readonly graphs: readonly Uint8Array[];
  /** of a function: the name of the caller's attribute that it is */
  readonly refers: string;
}

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** '' for ONNX's own */
  readonly domain: string;
  /** '' where an optional one is left out */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly bytes: Uint8Array;
}

/** What a file says of a value: its type, and its sizes, by name where they are not fixed, null where nothing is said. */
export interface ValueInfo {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly (number | string | null)[] | undefined;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly values: ReadonlyMap<string, ValueInfo>;
}

export interface OnnxModel {
  readonly graph: OnnxGraph;
  /** version of each operator set, by domain ('' for ONNX's own) */
  readonly opsets: ReadonlyMap<string, number>;
  /** what the file says of itself: class names stand there, where anywhere */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Field numbers of the messages that are written again. */
export const FIELD = {
  model: { graph: 7, functions: 25 },
  graph: { node: 1, initializer: 5, input: 11, output: 12, value: 13 },
  node: { input: 1, attribute: 5 },
  attribute: { name: 1, i: 3, t: 5, ints: 8 },
} as const;

const MAX_GRAPH_DEPTH = 16;

/** A ModelProto. @throws InputError where it is damaged, or larger than any network */
export function readModelProto(bytes: Uint8Array, external: External): OnnxModel {
  const fields = fieldsOf(bytes);
  const graph = lastBytes(fields, FIELD.model.graph);
  if (!graph) throw new InputError('it holds no graph');
  const opsets = new Map(
    submessages(fields, 8).map((entry) => [domainOf(lastText(entry, 1)), lastValue(entry, 2) ?? 1]),
  );
  return {
    graph: readGraph(graph, external),
    opsets,
    metadata: new Map(submessages(fields, 14).map((entry) => [lastText(entry, 1), lastText(entry, 2)])),
  };
}

function readGraph(bytes: Uint8Array, external: External): OnnxGraph {
  const fields = fieldsOf(bytes);
  const nodes = contents(fields, FIELD.graph.node);
  if (nodes.length > 4 * MAX_NODES)
    throw new InputError(`it has ${nodes.length} nodes, more than the ${4 * MAX_NODES} that Espalier reads`);
  const initializers = new Map<string, Tensor>();
  for (const content of contents(fields, FIELD.graph.initializer)) {
    const tensor = readTensor(content, external);
    initializers.set(tensor.name, tensor);
  }
  const values = contents(fields, FIELD.graph.value).map(readValueInfo);
  return {
    name: lastText(fields, 2),
    nodes: checked(nodes.map((node) => readNode(node, external))),
    initializers,
    inputs: contents(fields, FIELD.graph.input).map(readValueInfo),
    outputs: contents(fields, FIELD.graph.output).map(readValueInfo),
    values: new Map(values.map((value) => [value.name, value])),
  };
}

function checked(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  let edges = 0;
  for (const { inputs, op } of nodes) {
    edges += inputs.length;
    if (inputs.length > MAX_FAN_IN || edges > 4 * MAX_EDGES)
      throw new InputError(`its nodes read more values than those of any network (at a ${op.slice(0, 40)})`);
  }
  return nodes;
}

/** ONNX's own operators go under two names. */
function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** A NodeProto. */
export function readNode(bytes: Uint8Array, external: External): OnnxNode {
  const fields = fieldsOf(bytes);
  const attributes = contents(fields, FIELD.node.attribute).map((one) => readAttribute(one, external));
  return {
    name: lastText(fields, 3),
    op: lastText(fields, 4),
    domain: domainOf(lastText(fields, 7)),
    inputs: texts(fields, FIELD.node.input),
    outputs: texts(fields, 2),
    attributes: new Map(attributes.map((one) => [one.name, one])),
    bytes,
  };
}

function readAttribute(bytes: Uint8Array, external: External): Attribute {
  const fields = fieldsOf(bytes);
  const float = fields.findLast(({ no, wire }) => no === 2 && wire === 5)?.bytes;
  const tensor = lastBytes(fields, FIELD.attribute.t);
  return {
    name: lastText(fields, FIELD.attribute.name),
    f: float ? floats(float)[0] : 0,
    i: lastValue(fields, FIELD.attribute.i) ?? 0,
    s: text(lastBytes(fields, 4)),
    floats: floats(fixed(fields, 7)),
    ints: varints(fields, FIELD.attribute.ints),
    strings: texts(fields, 9),
    tensor: tensor ? readTensor(tensor, external) : undefined,
    graphs: [...contents(fields, 6), ...contents(fields, 11)],
    refers: lastText(fields, 21),
  };
}

function floats(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(4 * i, true));
}

function readValueInfo(bytes: Uint8Array): ValueInfo {
  const fields = fieldsOf(bytes);
  const type = fieldsOf(lastBytes(fields, 2) ?? new Uint8Array());
  const tensor = fieldsOf(lastBytes(type, 1) ?? new Uint8Array());
  const shape = lastBytes(tensor, 2);
  return {
    name: lastText(fields, 1),
    type: lastValue(tensor, 1) ?? 0,
    dims: shape && submessages(fieldsOf(shape), 1).map(readDim),
  };
}

function readDim(fields: readonly Field[]): number | string | null {
  const value = lastValue(fields, 1);
  if (value !== undefined) return value;
  return lastText(fields, 2) || null;
}

/** Names of values that a subgraph, and those in it, read from outside: all that it reads, to be safe. */
export function readBySubgraphs(node: OnnxNode): string[] {
  const names: string[] = [];
  let level = [...node.attributes.values()].flatMap(({ graphs }) => graphs);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_GRAPH_DEPTH)
      throw new InputError(`its graphs are nested more than ${MAX_GRAPH_DEPTH} deep`);
    const next: Uint8Array[] = [];
    for (const graph of level) {
      const fields = fieldsOf(graph);
      for (const one of contents(fields, FIELD.graph.node)) {
        const inner = readNode(one, noExternal);
        names.push(...inner.inputs);
        next.push(...[...inner.attributes.values()].flatMap(({ graphs }) => graphs));
      }
      // a subgraph may return a value from outside as it is
      names.push(...contents(fields, FIELD.graph.output).map((one) => readValueInfo(one).name));
    }
    level = next;
  }
  return names;
}

/** How often each value of a file is read, also by graphs in nodes and as an output of the network. */
export function countReaders({ graph }: Pick<OnnxModel, 'graph'>): Map<string, number> {
  const readers = new Map<string, number>();
  const add = (name: string): unknown => name && readers.set(name, (readers.get(name) ?? 0) + 1);
  for (const node of graph.nodes) {
    node.inputs.forEach(add);
    if (hasGraphs(node)) readBySubgraphs(node).forEach(add);
  }
  graph.outputs.forEach(({ name }) => add(name));
  return readers;
}

/** Whether graphs lie in a node, which read values of the one that it is in. */
export function hasGraphs({ attributes }: OnnxNode): boolean {
  return [...attributes.values()].some(({ graphs }) => graphs.length > 0);
}

const noExternal: External = () => {
  throw new InputError('a subgraph keeps a tensor in another file');
};

function contents(fields: readonly Field[], no: number): Uint8Array[] {
  return fields.filter((field) => field.no === no && field.wire === 2).map(({ bytes }) => bytes);
}

function submessages(fields: readonly Field[], no: number): Field[][] {
  return contents(fields, no).map(fieldsOf);
}
