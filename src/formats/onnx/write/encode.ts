import type { OnnxModel } from '../proto/model.ts';
import { FIELD } from '../proto/model.ts';
import { embedded, newTensor, placeOf, withValues } from '../proto/tensor.ts';
import type { External } from '../proto/tensor.ts';
import {
  bytesField,
  fieldsOf,
  lastBytes,
  lastText,
  lastValue,
  numberField,
  textField,
} from '../proto/wire.ts';
import type { Field } from '../proto/wire.ts';
import type { Changes, Content } from './rewriter.ts';
import type { OnnxSource } from './source.ts';

type Parts = Uint8Array[];

/** What a value's sizes are where they are no longer what the file says; undefined: as it says; null: say nothing. */
export type SizesOf = (name: string) => readonly (number | undefined)[] | null | undefined;

/** A file with changes, in parts: everything else keeps its bytes and its place. */
export function encodeModel(
  { bytes, model, external }: Pick<OnnxSource, 'bytes' | 'model' | 'external'>,
  changes: Changes,
  sizes: SizesOf,
): Parts {
  const { graph } = FIELD.model;
  const fields = fieldsOf(bytes);
  // up to its third version, every initializer is an input too
  const listed = (lastValue(fields, 1) ?? 0) < 4;
  return fields.flatMap((field) =>
    field.no === graph && field.wire === 2
      ? bytesField(graph, encodeGraph(field.bytes, model, changes, { sizes, listed, external }))
      : [field.raw],
  );
}

function encodeGraph(
  bytes: Uint8Array,
  model: OnnxModel,
  changes: Changes,
  {
    sizes,
    listed,
    external,
  }: { readonly sizes: SizesOf; readonly listed: boolean; readonly external: External },
): Parts {
  const { node, initializer, input, output, value } = FIELD.graph;
  const fields = fieldsOf(bytes);
  let at = 0;
  const parts = fields.flatMap((field): Parts => {
    if (field.wire !== 2) return [field.raw];
    switch (field.no) {
      case node: {
        const index = at++;
        const made = encodeNode(field.bytes, index, model, changes);
        return made ? bytesField(node, made) : [field.raw];
      }
      case initializer: {
        if (placeOf(field.bytes) !== undefined && !changes.replaced.has(lastText(fieldsOf(field.bytes), 8)))
          return bytesField(initializer, embedded(field.bytes, external));
        const content = changes.replaced.get(lastText(fieldsOf(field.bytes), 8));
        return content
          ? bytesField(initializer, withValues(field.bytes, content.dims, content.values))
          : [field.raw];
      }
      case input:
      case output:
      case value:
        return infoParts(field, field.no === input ? inputSizes(changes, sizes) : sizes);
      default:
        return [field.raw];
    }
  });
  for (const [name, { type, dims, values }] of changes.fresh) {
    parts.push(...bytesField(initializer, newTensor(name, type, dims, values)));
    if (listed) parts.push(...bytesField(input, newInfo(name, type, dims)));
  }
  return parts;
}

/** A ValueInfoProto of a tensor. */
function newInfo(name: string, type: number, dims: readonly number[]): Parts {
  const shape = dims.flatMap((d) => bytesField(1, [numberField(1, d)]));
  const tensor = bytesField(1, [numberField(1, type), ...bytesField(2, shape)]);
  return [textField(1, name), ...bytesField(2, tensor)];
}

/** Old files list their initializers among the inputs. */
function inputSizes({ replaced }: Changes, sizes: SizesOf): SizesOf {
  return (name) => replaced.get(name)?.dims ?? sizes(name);
}

function infoParts(field: Field, sizes: SizesOf): Parts {
  const fields = fieldsOf(field.bytes);
  const dims = sizes(lastText(fields, 1));
  if (dims === null) return [];
  if (dims === undefined) return [field.raw];
  const inner = nested(fields, [2, 1, 2], (shape) => {
    let axis = 0;
    return shape.flatMap((one): Parts => {
      if (one.no !== 1 || one.wire !== 2) return [one.raw];
      const size = dims[axis++];
      const dim = fieldsOf(one.bytes);
      // a size that is open, or has a name, stays so
      if (size === undefined || lastValue(dim, 1) === undefined || lastValue(dim, 1) === size)
        return [one.raw];
      const rest = dim.filter(({ no }) => no !== 1 && no !== 2).map(({ raw }) => raw);
      return bytesField(1, [numberField(1, size), ...rest]);
    });
  });
  return bytesField(field.no, inner);
}

/** Fields with the message at this path changed. */
function nested(fields: readonly Field[], path: readonly number[], act: (fields: Field[]) => Parts): Parts {
  const [first, ...rest] = path;
  return fields.flatMap((field): Parts => {
    if (field.no !== first || field.wire !== 2) return [field.raw];
    const inner = fieldsOf(field.bytes);
    return bytesField(first, rest.length === 0 ? act(inner) : nested(inner, rest, act));
  });
}

function encodeNode(bytes: Uint8Array, index: number, model: OnnxModel, changes: Changes): Parts | undefined {
  const attributes = changes.attributes.get(index);
  const inputs = changes.inputs.get(index);
  const { op, outputs } = model.graph.nodes[index];
  const content = op === 'Constant' ? changes.replaced.get(outputs[0]) : undefined;
  if (!attributes && !inputs && !content) return undefined;
  const { input, attribute } = FIELD.node;
  const left = new Map(attributes);
  let at = 0;
  const parts = fieldsOf(bytes).flatMap((field): Parts => {
    if (field.no === input && field.wire === 2) {
      const name = inputs?.get(at++);
      return name === undefined ? [field.raw] : [textField(input, name)];
    }
    if (field.no !== attribute || field.wire !== 2) return [field.raw];
    if (content) return bytesField(attribute, constantAttribute(field.bytes, content, outputs[0]));
    const name = lastText(fieldsOf(field.bytes), FIELD.attribute.name);
    const value = left.get(name);
    if (value === undefined) return [field.raw];
    left.delete(name);
    return value === null ? [] : bytesField(attribute, attributeParts(name, value));
  });
  const last = Math.max(-1, ...(inputs?.keys() ?? []));
  for (; at <= last; at++) parts.push(textField(input, inputs!.get(at) ?? ''));
  for (const [name, value] of left)
    if (value !== null) parts.push(...bytesField(attribute, attributeParts(name, value)));
  return parts;
}

function attributeParts(name: string, value: number | readonly number[]): Parts {
  const { i, ints } = FIELD.attribute;
  const named = textField(FIELD.attribute.name, name);
  if (typeof value === 'number') return [named, numberField(i, value), numberField(20, 2)];
  return [named, ...value.map((one) => numberField(ints, one)), numberField(20, 7)];
}

/** The one attribute of a Constant, whatever it was called before, as a tensor. */
function constantAttribute(bytes: Uint8Array, { type, dims, values }: Content, name: string): Parts {
  const old = lastBytes(fieldsOf(bytes), FIELD.attribute.t);
  const tensor = old ? withValues(old, dims, values) : newTensor(name, type, dims, values);
  return [
    textField(FIELD.attribute.name, 'value'),
    ...bytesField(FIELD.attribute.t, tensor),
    numberField(20, 4),
  ];
}
