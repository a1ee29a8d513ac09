import { followed } from '../fold/elements.ts';
import { countReaders } from '../proto/model.ts';
import type { OnnxModel } from '../proto/model.ts';
import { TYPE } from '../proto/tensor.ts';
import type { Editor } from '../reading/reading.ts';
import type { Constant, Narrow, Use } from '../reading/values.ts';

/** A tensor that takes another's place. */
export interface Content {
  readonly type: number;
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
}

/** What changes in a file. */
export interface Changes {
  /** new attributes of nodes, by position; null: gone */
  readonly attributes: ReadonlyMap<number, ReadonlyMap<string, number | readonly number[] | null>>;
  /** new names of what nodes read, by position and input */
  readonly inputs: ReadonlyMap<number, ReadonlyMap<number, string>>;
  /** initializers and Constants with other content, by name */
  readonly replaced: ReadonlyMap<string, Content>;
  /** initializers that weren't there */
  readonly fresh: ReadonlyMap<string, Content>;
}

interface Request {
  readonly uses: readonly Use[];
  readonly content: Content;
}

/** Gathers what the parts of a network want changed, and says what that comes to: a constant that all want alike is changed
 * in its place, one that others read as it is gets a copy beside it. */
export class Rewriter implements Editor {
  private readonly attributes = new Map<number, Map<string, number | readonly number[] | null>>();
  /** by name of the constant */
  private readonly requests = new Map<string, Request[]>();
  /** of constants that are nowhere in the file as they are */
  private readonly made: (Request & { readonly name: string })[] = [];
  /** single numbers of a constant, by its name and where it is read */
  private readonly elements = new Map<string, Map<string, { use: Use; values: Map<number, number> }>>();
  private readonly model: OnnxModel;

  constructor(model: OnnxModel) {
    this.model = model;
  }

  attribute(node: number, name: string, value: number | readonly number[]): void {
    this.set(node, name, value);
  }

  drop(node: number, name: string): void {
    if (this.model.graph.nodes[node].attributes.has(name)) this.set(node, name, null);
  }

  private set(node: number, name: string, value: number | readonly number[] | null): void {
    let own = this.attributes.get(node);
    if (!own) this.attributes.set(node, (own = new Map<string, number | readonly number[] | null>()));
    own.set(name, value);
  }

  list(
    use: Use,
    constant: Constant | undefined,
    wanted: readonly (number | null)[],
    narrow: Narrow,
    free?: number,
  ): void {
    const known = constant ? followed(constant, use) : undefined;
    const type = constant?.tensor.type ?? TYPE.int64;
    const changes: { name: string; index: number; use: Use; value: number }[] = [];
    let whole = known === undefined;
    wanted.forEach((value, i) => {
      const element = known?.[i];
      if (value === null || !element) return;
      if ((element.of?.(narrow) ?? element.value) === value) return;
      if (element.at) changes.push({ ...element.at, value });
      else whole = true;
    });
    if (!whole) {
      for (const { name, index, use: at, value } of changes) this.element(name, at, index, value);
      return;
    }
    // what follows the input by itself, as a batch does, can't be written down
    const values = wanted.map(
      (value, i) => value ?? (known?.[i].of ? (free ?? known[i].of(narrow)) : known?.[i].value) ?? 0,
    );
    const content = { type, dims: [values.length], values };
    this.made.push({ uses: [use], content, name: `${this.model.graph.nodes[use.node].outputs[0]}_sizes` });
  }

  private element(name: string, use: Use, index: number, value: number): void {
    let own = this.elements.get(name);
    if (!own) this.elements.set(name, (own = new Map<string, { use: Use; values: Map<number, number> }>()));
    const key = `${use.node} ${use.input}`;
    const found = own.get(key) ?? { use, values: new Map<number, number>() };
    found.values.set(index, value);
    own.set(key, found);
  }

  numbers(use: Use, constant: Constant, dims: readonly number[], values: ArrayLike<number>): void {
    this.tensor([use], constant, { type: constant.tensor.type, dims, values }, 'positions');
  }

  /** A constant with other content where it is read. */
  tensor(uses: readonly Use[], constant: Constant, content: Content, what: string): void {
    const { origin } = constant;
    if (origin === undefined) {
      this.made.push({ uses, content, name: `${this.model.graph.nodes[uses[0].node].outputs[0]}_${what}` });
      return;
    }
    const known = this.requests.get(origin);
    if (known) known.push({ uses, content });
    else this.requests.set(origin, [{ uses, content }]);
  }

  /** @param constants values of the file's constants, by name */
  changes(constants: (name: string) => Constant | undefined): Changes {
    for (const [name, places] of this.elements) {
      const constant = constants(name)!;
      for (const { use, values } of places.values()) {
        const list = Array.from(constant.tensor.values(), (old, i) => values.get(i) ?? old);
        const { type, dims } = constant.tensor;
        this.tensor([use], constant, { type, dims, values: list }, 'sizes');
      }
    }
    const inputs = new Map<number, Map<number, string>>();
    const read = (use: Use, name: string): void => {
      const own = inputs.get(use.node) ?? new Map<number, string>();
      inputs.set(use.node, own.set(use.input, name));
    };
    const replaced = new Map<string, Content>();
    const fresh = new Map<string, Content>();
    const taken = this.names();
    const add = (name: string, { uses, content }: Request): void => {
      let found = name;
      for (let n = 2; taken.has(found); n++) found = `${name}_${n}`;
      taken.add(found);
      fresh.set(found, content);
      for (const use of uses) read(use, found);
    };
    const readers = this.readers();
    for (const [name, requests] of this.requests) {
      const alike = requests.every(({ content }) => equal(content, requests[0].content));
      const uses = new Set(requests.flatMap((one) => one.uses.map(({ node, input }) => `${node} ${input}`)));
      if (alike && uses.size === readers.get(name)) {
        if (!holds(constants(name)!, requests[0].content)) replaced.set(name, requests[0].content);
        continue;
      }
      const groups: Request[] = [];
      for (const request of requests) {
        if (holds(constants(name)!, request.content)) continue;
        const at = groups.findIndex(({ content }) => equal(content, request.content));
        if (at < 0) groups.push(request);
        else groups[at] = { ...request, uses: [...groups[at].uses, ...request.uses] };
      }
      for (const group of groups) add(`${name}_narrow`, group);
    }
    for (const { name, ...request } of this.made) add(name, request);
    return { attributes: this.attributes, inputs, replaced, fresh };
  }

  private names(): Set<string> {
    const { graph } = this.model;
    return new Set([
      ...graph.initializers.keys(),
      ...graph.inputs.map(({ name }) => name),
      ...graph.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
    ]);
  }

  /** How often each value is read, also by graphs in nodes and as an output of the network. */
  readers(): ReadonlyMap<string, number> {
    return (this.counted ??= countReaders(this.model));
  }
  private counted: ReadonlyMap<string, number> | undefined;
}

/** Whether a constant is this already; its values are read only where its sizes are. */
function holds({ tensor }: Constant, content: Content): boolean {
  const { type, dims } = tensor;
  const same = dims.length === content.dims.length && dims.every((d, i) => d === content.dims[i]);
  return same && equal({ type, dims, values: tensor.values() }, content);
}

function equal(a: Content, b: Content): boolean {
  if (a === b) return true;
  if (a.dims.length !== b.dims.length || a.dims.some((d, i) => d !== b.dims[i])) return false;
  for (let i = 0; i < a.values.length; i++) if (!Object.is(a.values[i], b.values[i])) return false;
  return true;
}
