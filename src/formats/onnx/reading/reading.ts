import { outputShape } from '../../../graph/shapes.ts';
import type { Node, Op, Param, Shape } from '../../../graph/types.ts';
import { countReaders } from '../proto/model.ts';
import type { OnnxModel, OnnxNode } from '../proto/model.ts';
import { sampleShape, Unsaid } from './values.ts';
import type { AxisMap, Constant, Live, Narrow, Use, Value } from './values.ts';

/** Where a parameter of ours lies in the file. */
export interface Stored {
  readonly param: string;
  /** the constant that it is; of a computed one, the values are written anew */
  readonly constant: Constant;
  readonly map: AxisMap;
  readonly uses: Use[];
}

/** What a file must say otherwise where the network is narrower. */
export type Edit = (narrow: Narrow & { op(node: string): Op | undefined }, to: Editor) => void;

/** Takes down what changes in a file's nodes; names of nodes are their positions. */
export interface Editor {
  /** an attribute of whole numbers */
  attribute(node: number, name: string, value: number | readonly number[]): void;
  /**
   * a list of sizes that a node reads; null: as it is.
   * @param free what stands for an entry that is as it is, where the whole list must be written anew
   */
  list(
    use: Use,
    constant: Constant | undefined,
    wanted: readonly (number | null)[],
    narrow: Narrow,
    free?: number,
  ): void;
  /** a constant that a node reads, whole */
  numbers(use: Use, constant: Constant, dims: readonly number[], values: ArrayLike<number>): void;
  /** an attribute that is no longer there */
  drop(node: number, name: string): void;
}

/** The sizes that a file is read at, where it leaves them open. */
export interface Sizes {
  readonly batch: number;
  /** of the input's named or unnamed axes that aren't the batch */
  readonly open: number;
}

/** A network while it is read: our nodes, our parameters, and how they go back into the file. */
export class Reading {
  readonly nodes: Node[] = [];
  /** position of a node */
  private readonly places = new Map<string, number>();
  /** how many nodes and outputs of the file read a value */
  readonly readers: ReadonlyMap<string, number>;
  /** the node that was made for a value, where it is no other value's */
  readonly made = new Map<string, string>();
  readonly params: Record<string, Param> = Object.create(null);
  readonly shapes: Record<string, Shape> = Object.create(null);
  readonly values = new Map<string, Value>();
  readonly stored = new Map<string, Stored>();
  readonly edits: Edit[] = [];
  readonly model: OnnxModel;
  readonly sizes: Sizes;
  /** what a Reshape made a node's value of */
  readonly reshaped = new Map<string, Live>();
  private readonly arranged = new Map<string, string>();
  private readonly shared = new Map<string, string>();

  constructor(model: OnnxModel, sizes: Sizes) {
    this.model = model;
    this.sizes = sizes;
    this.readers = countReaders(model);
  }

  get batch(): number {
    return this.sizes.batch;
  }

  /** Adds a node and gives its id. @throws Unsaid where shapes don't fit */
  emit(
    layer: string,
    layerType: string,
    op: Op,
    inputs: readonly string[],
    params: Node['params'] = {},
  ): string {
    let id = layer;
    for (let n = 2; this.shapes[id]; n++) id = `${layer}:${n}`;
    const sizes = Object.fromEntries(
      Object.entries(params).map(([role, param]) => [role, this.params[param].shape]),
    );
    this.shapes[id] = outputShape(
      op,
      inputs.map((input) => this.shapes[input]),
      sizes,
    );
    this.places.set(id, this.nodes.length);
    this.nodes.push({ id, op, inputs, params, layer, layerType });
    return id;
  }

  nodeOf(id: string): Node {
    return this.nodes[this.places.get(id)!];
  }

  /** Puts a node in the place of the one that has its id. */
  replace(node: Node): void {
    this.nodes[this.places.get(node.id)!] = node;
  }

  /**
   * The parameter of a constant; one already there where `key` is the same.
   * @param map the constant's axes in ours
   * @param shape ours
   * @param key what says that two uses are of one parameter
   */
  param(
    constant: Constant,
    { map, shape, key, use, name }: { map: AxisMap; shape: Shape; key: string; use: Use; name: string },
    trainable: boolean,
  ): string {
    const whole = `${key}\n${JSON.stringify(map)}\n${shape.join()}`;
    const known = this.shared.get(whole);
    if (known !== undefined) {
      this.stored.get(known)!.uses.push(use);
      return known;
    }
    const base = constant.origin ?? name;
    let id = base;
    for (let n = 2; this.params[id]; n++) id = `${base}#${n}`;
    this.params[id] = { id, shape, trainable };
    this.stored.set(id, { param: id, constant, map, uses: [use] });
    this.shared.set(whole, id);
    return id;
  }

  /** A value of ours by its node, and which ONNX axes its axes are. */
  live(node: string, axes: readonly number[], rank: number, batch: number): Live {
    const shape = this.shapes[node];
    const dims = new Array<number>(rank).fill(1);
    if (batch >= 0) dims[batch] = this.batch;
    axes.forEach((a, j) => (dims[a] = a === batch ? this.batch * shape[j] : shape[j]));
    return { kind: 'live', node, dims, batch, axes };
  }

  shapeOf(value: Live): Shape {
    return sampleShape(value, this.batch);
  }

  /** The node that has a value's axes in this order. @param order of all of its axes */
  arrange(value: Live, order: readonly number[], layer: string, layerType: string): string {
    const { axes, node } = value;
    if (order.length !== axes.length || order.some((a) => !axes.includes(a)))
      throw new Unsaid('its axes are others than an image has');
    if (order.every((a, j) => a === axes[j])) return node;
    const key = `${node}\n${axes.join()}\n${order.join()}`;
    const known = this.arranged.get(key);
    if (known !== undefined && this.shapes[known]) return known;
    const perm = order.map((a) => axes.indexOf(a));
    const shape = this.shapes[node];
    const moves = perm.filter((j) => shape[j] > 1);
    // where axes of one position alone move, nothing does
    const op: Op = moves.every((j, i) => i === 0 || moves[i - 1] < j)
      ? { kind: 'reshape', target: perm.map((j) => shape[j]) }
      : { kind: 'permute', perm };
    const made = this.emit(layer, layerType, op, [node]);
    this.arranged.set(key, made);
    return made;
  }

  /** Undoes what a node's reader did before it gave up. */
  undo(nodes: number, edits: number): void {
    for (const { id } of this.nodes.splice(nodes)) {
      delete this.shapes[id];
      this.places.delete(id);
    }
    this.edits.length = edits;
  }
}

/** One node, as its reader sees it. */
export class Step {
  readonly node: OnnxNode;
  readonly index: number;
  readonly layer: string;
  readonly reading: Reading;

  constructor(reading: Reading, node: OnnxNode, index: number, layer: string) {
    this.reading = reading;
    this.node = node;
    this.index = index;
    this.layer = layer;
  }

  get opset(): number {
    return this.reading.model.opsets.get('') ?? 1;
  }

  /** An input; undefined where it is left out. */
  input(i: number): Value | undefined {
    const name = this.node.inputs[i];
    return name ? this.reading.values.get(name) : undefined;
  }

  live(i: number): Live {
    const value = this.input(i);
    if (value?.kind !== 'live') throw new Unsaid('an input of unknown shape');
    return value;
  }

  /** A constant; undefined where the input is left out. @throws Unsaid where it is none */
  constant(i: number): Constant | undefined {
    const value = this.input(i);
    if (value && value.kind !== 'constant') throw new Unsaid('an input that is not constant');
    return value;
  }

  /** Whether nothing else reads an input, which is the value that a node was made for. */
  alone(i: number): boolean {
    const name = this.node.inputs[i];
    const { readers, made } = this.reading;
    return readers.get(name) === 1 && made.get(name) === this.live(i).node;
  }

  /** Numbers of a constant. */
  numbers(i: number): number[] | undefined {
    const value = this.constant(i);
    return value && Array.from(value.tensor.values());
  }

  /** Numbers from an attribute (of older operator sets) or an input. */
  list(attribute: string, input: number): number[] | undefined {
    return this.ints(attribute) ?? this.numbers(input);
  }

  int(name: string, otherwise: number): number {
    return this.node.attributes.get(name)?.i ?? otherwise;
  }

  ints(name: string): number[] | undefined {
    const found = this.node.attributes.get(name);
    return found && [...found.ints];
  }

  float(name: string, otherwise: number): number {
    return this.node.attributes.get(name)?.f ?? otherwise;
  }

  string(name: string, otherwise: string): string {
    return this.node.attributes.get(name)?.s ?? otherwise;
  }

  emit(op: Op, inputs: readonly string[], params: Node['params'] = {}): string {
    return this.reading.emit(this.layer, this.node.op, op, inputs, params);
  }

  arrange(value: Live, order: readonly number[]): string {
    return this.reading.arrange(value, order, this.layer, this.node.op);
  }

  use(input: number): Use {
    return { node: this.index, input };
  }

  /**
   * The same value with the batch along this axis: of a single sample, that may be any axis of one position.
   * @throws Unsaid where it is not
   */
  batchAt(value: Live, axis: number): Live {
    const { axes, dims, batch } = value;
    const { reading } = this;
    if (batch === axis) return value;
    if (reading.batch !== 1 || dims[axis] !== 1 || !axes.includes(axis))
      throw new Unsaid('batches along other axes');
    const kept = axes.filter((a) => a !== axis);
    // what was the batch's is an axis like others
    const own = batch < 0 || axes.includes(batch) ? kept : [batch, ...kept];
    const node = this.emit({ kind: 'reshape', target: own.map((a) => dims[a]) }, [value.node]);
    return reading.live(node, own, dims.length, axis);
  }

  /** An image as our ops take it, or nothing: [H, W, C] of [N, C, H, W]. */
  image(given: Live): string {
    const single = this.reading.batch === 1 && given.dims.length === 4 && given.dims[0] === 1;
    const value = single ? this.batchAt(given, 0) : given;
    if (value.dims.length !== 4 || value.batch > 0 || value.axes.length !== 3 || value.axes.includes(0))
      throw new Unsaid(`an input of ${value.dims.length} axes`);
    return this.arrange(value, IMAGE_AXES);
  }

  /** The image that a node gives, as a value of the file. */
  imageValue(node: string, like: Live): Live {
    return this.reading.live(node, IMAGE_AXES, 4, like.batch);
  }

  edit(edit: Edit): void {
    this.reading.edits.push(edit);
  }
}

/** Height, width and channels of an image in a file: [N, C, H, W]. */
export const IMAGE_AXES = [2, 3, 1];

/** @throws Unsaid where an axis is none of a value's; counts from behind where negative */
export function axisOf(axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(at) || at < 0 || at >= rank) throw new Unsaid(`axis ${axis} of ${rank}`);
  return at;
}
