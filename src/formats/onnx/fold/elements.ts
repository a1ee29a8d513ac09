import { TYPE } from '../proto/tensor.ts';
import { constant } from '../reading/values.ts';
import type { Constant, Element, Narrow, Use } from '../reading/values.ts';

/** Numbers of a list that is followed number by number: the sizes that exporters compute are few. */
export const MAX_FOLLOWED = 256;

/** One number that is followed: its value here, and where it comes from. */
export interface Followed extends Element {
  readonly value: number;
}

/** The numbers of a constant that enters a node there; undefined where there are too many to be followed. */
export function followed(one: Constant, use: Use): Followed[] | undefined {
  const values = one.uniform === undefined || one.tensor.dims.length < 2 ? one.tensor.values() : undefined;
  if (!values || values.length > MAX_FOLLOWED) return undefined;
  return Array.from(values, (value, index): Followed => {
    const known = one.elements?.[index];
    if (known) return { value, ...known };
    return one.origin === undefined ? { value } : { value, at: { name: one.origin, index, use } };
  });
}

/** A list of followed numbers as a constant of this shape. */
export function listed(type: number, dims: readonly number[], numbers: readonly Followed[]): Constant {
  const elements = numbers.map(({ at, of }): Element => ({ ...(at && { at }), ...(of && { of }) }));
  return constant(type, dims, () => Float64Array.from(numbers, ({ value }) => value), { elements });
}

/** A number that is computed from others; it is followed where they are. */
export function computed(from: readonly Followed[], act: (values: readonly number[]) => number): Followed {
  const value = act(from.map((one) => one.value));
  if (!from.some((one) => one.of)) return { value };
  const of = (narrow: Narrow): number => act(from.map((one) => one.of?.(narrow) ?? one.value));
  return { value, of };
}

export const isWhole = (type: number): boolean => type === TYPE.int64 || type === TYPE.int32;
