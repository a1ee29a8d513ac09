import type { Graph, Node, OpKind, OpOf, Shape } from '../../graph/types.ts';
import { isObject } from './plain.ts';

export type Json = Record<string, unknown>;

/** A layer as its file writes it, to be changed in place, and what the graph has of it now. */
export interface WrittenLayer {
  readonly entry: Json;
  /** the entry's settings */
  readonly config: Json;
  readonly node: Node;
  readonly graph: Graph;
  /** of the layer's value */
  readonly shape: Shape;
  /** of the values that the node reads */
  readonly inputs: readonly Shape[];
}

/** Sets the fields that Keras alone has for an op to what the graph has now. @throws InputError where it can't be said */
export type FieldWriter<K extends OpKind> = (layer: WrittenLayer, op: OpOf<K>) => void;

/** Rewrites a shape where the settings have one of this name. */
export function rewrite(config: Json, key: string, shape: Shape): void {
  if (items(config[key])) config[key] = batchShape(config[key], shape);
}

/** A written shape, batch axis first, with a graph's sizes where it has numbers; open axes stay open. */
export function batchShape(written: unknown, shape: Shape | undefined): unknown {
  const old = items(written);
  if (!old || !shape || old.length !== shape.length + 1) return written;
  return replaceItems(
    written,
    old.map((n, i) => (i > 0 && typeof n === 'number' ? shape[i - 1] : n)),
  );
}

/** The items of a list, or of Keras' wrapper around a tuple or tensor shape. */
export function items(value: unknown): unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return isObject(value) && Array.isArray(value.items) ? value.items : undefined;
}

/** Other items in the same wrapper. */
export const replaceItems = (written: unknown, values: unknown[]): unknown =>
  isObject(written) ? { ...written, items: values } : values;
