import { InputError } from '../../../graph/errors.ts';
import { MAX_NODES } from '../../limits.ts';
import { FIELD } from './model.ts';
import { bytesField, fieldsOf, joined, lastBytes, lastText, textField, texts } from './wire.ts';
import type { Field } from './wire.ts';

/** Functions that call one another; exporters make three levels. */
const MAX_DEPTH = 16;

interface Body {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly Uint8Array[];
  /** attributes that a call may leave out, by name */
  readonly defaults: ReadonlyMap<string, Uint8Array>;
  /** graphs in its nodes name its values, too: such a function stays as it is */
  readonly plain: boolean;
}

/**
 * A model with its own functions laid out where they are called, as ONNX means them; the same bytes where there are none.
 * @throws InputError where that comes to more nodes than any network has
 */
export function inlined(bytes: Uint8Array): Uint8Array {
  const fields = fieldsOf(bytes);
  const functions = new Map(
    fields
      .filter(({ no, wire }) => no === FIELD.model.functions && wire === 2)
      .map((field) => bodyOf(fieldsOf(field.bytes))),
  );
  if (functions.size === 0) return bytes;
  return joined(
    fields.flatMap((field) => {
      if (field.no !== FIELD.model.graph || field.wire !== 2) return [field.raw];
      return bytesField(field.no, laidOut(fieldsOf(field.bytes), functions));
    }),
  );
}

function keyOf(fields: readonly Field[], domain: number, name: number): string {
  return `${lastText(fields, domain)}\n${lastText(fields, name)}`;
}

function bodyOf(fields: readonly Field[]): [string, Body] {
  const nodes = fields.filter(({ no, wire }) => no === 7 && wire === 2).map(({ bytes }) => bytes);
  const defaults = fields.filter(({ no, wire }) => no === 11 && wire === 2).map(({ bytes }) => bytes);
  const plain = nodes.every((node) =>
    attributesOf(fieldsOf(node)).every(
      (attribute) => !fieldsOf(attribute).some(({ no }) => no === 6 || no === 11),
    ),
  );
  return [
    keyOf(fields, 10, 1),
    {
      inputs: texts(fields, 4),
      outputs: texts(fields, 5),
      nodes,
      defaults: new Map(defaults.map((one) => [lastText(fieldsOf(one), FIELD.attribute.name), one])),
      plain,
    },
  ];
}

function attributesOf(node: readonly Field[]): Uint8Array[] {
  return node.filter(({ no, wire }) => no === FIELD.node.attribute && wire === 2).map(({ bytes }) => bytes);
}

function laidOut(graph: readonly Field[], functions: ReadonlyMap<string, Body>): Uint8Array[] {
  let calls = 0;
  let made = 0;
  const expand = (raw: Uint8Array, depth: number): Uint8Array[] => {
    const fields = fieldsOf(raw);
    const body = functions.get(keyOf(fields, 7, 4));
    if (++made > 4 * MAX_NODES)
      throw new InputError(`its functions come to more than ${4 * MAX_NODES} nodes`);
    if (!body?.plain) return [raw];
    if (depth > MAX_DEPTH) throw new InputError(`its functions call one another more than ${MAX_DEPTH} deep`);
    const prefix = `${lastText(fields, 3) || lastText(fields, 4)}_${calls++}/`;
    const names = new Map<string, string>();
    const pair = (own: readonly string[], given: readonly string[]): void =>
      own.forEach((name, i) => given[i] !== undefined && names.set(name, given[i]));
    pair(body.inputs, padded(texts(fields, FIELD.node.input), body.inputs.length));
    pair(
      body.outputs,
      texts(fields, 2).map((name, i) => name || `${prefix}${body.outputs[i]}`),
    );
    const given = new Map(
      attributesOf(fields).map((one) => [lastText(fieldsOf(one), FIELD.attribute.name), one]),
    );
    return body.nodes.flatMap((node) =>
      expand(
        renamed(fieldsOf(node), (name) => names.get(name) ?? `${prefix}${name}`, { prefix, given, body }),
        depth + 1,
      ),
    );
  };
  return graph.flatMap((field) =>
    field.no === FIELD.graph.node && field.wire === 2
      ? expand(field.bytes, 0).flatMap((node) => bytesField(FIELD.graph.node, [node]))
      : [field.raw],
  );
}

/** A call may leave out inputs at its end. */
function padded(names: readonly string[], length: number): string[] {
  return Array.from({ length }, (_, i) => names[i] ?? '');
}

function renamed(
  node: readonly Field[],
  name: (own: string) => string,
  { prefix, given, body }: { prefix: string; given: ReadonlyMap<string, Uint8Array>; body: Body },
): Uint8Array {
  const rename = (own: string): string => (own === '' ? '' : name(own));
  return joined(
    node.flatMap((field): Uint8Array[] => {
      if (field.wire !== 2) return [field.raw];
      const text = (): string => new TextDecoder().decode(field.bytes);
      if (field.no === FIELD.node.input || field.no === 2) return [textField(field.no, rename(text()))];
      if (field.no === 3) return [textField(3, `${prefix}${text()}`)];
      if (field.no !== FIELD.node.attribute) return [field.raw];
      const attribute = fieldsOf(field.bytes);
      const refers = lastText(attribute, 21);
      if (!lastBytes(attribute, 21) || refers === '') return [field.raw];
      const value = given.get(refers) ?? body.defaults.get(refers);
      // a reference that the call gives nothing for is an attribute that is left out
      if (!value) return [];
      const own = lastText(attribute, FIELD.attribute.name);
      const rest = fieldsOf(value).filter(({ no }) => no !== FIELD.attribute.name);
      return bytesField(FIELD.node.attribute, [
        textField(FIELD.attribute.name, own),
        ...rest.map(({ raw }) => raw),
      ]);
    }),
  );
}
