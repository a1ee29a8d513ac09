import { InputError } from '../graph/errors.ts';

/** A whole number of an option, within bounds. */
export function wholeNumber(name: string, low: number, high: number, or = ''): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high)
      throw new InputError(`${name} takes a whole number from ${low} to ${high}${or}, not "${text}"`);
    return value;
  };
}

/** A whole number, or `auto`. */
export function wholeNumberOrAuto(
  name: string,
  low: number,
  high: number,
): (text: string) => number | 'auto' {
  const whole = wholeNumber(name, low, high, ' or auto');
  return (text) => (text === 'auto' ? 'auto' : whole(text));
}

/** A share in percent, above 0 and below 100: "10%", or "10". */
export function percentage(name: string): (text: string) => number {
  return (text) => {
    const [, digits] = /^\s*(\d+\.?\d*|\.\d+)\s*%?\s*$/.exec(text) ?? [];
    const value = Number(digits);
    if (digits === undefined || value <= 0 || value >= 100)
      throw new InputError(
        `${name} takes a share of the original between 0 and 100 %, as 10%, not "${text}"`,
      );
    return value;
  };
}

/** A number of an option, within bounds. */
export function number(name: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high)
      throw new InputError(`${name} takes a number from ${low} to ${high}, not "${text}"`);
    return value;
  };
}

/** One of some words. */
export function oneOf<T extends string>(name: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((one) => one === text);
    if (word === undefined) throw new InputError(`${name} is one of ${words.join(', ')}, not "${text}"`);
    return word;
  };
}

/** Gathers an option that may be given more than once. */
export function gather(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** Settings of a method: `key=value`, the value as JSON where it is, else as text. */
export function settings(texts: readonly string[] | undefined): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const text of texts ?? []) {
    const [, path, value] = /^\s*([A-Za-z_][\w.-]*)\s*=\s*(.*)$/s.exec(text) ?? [];
    if (!path) throw new InputError(`--set takes key=value, not "${text}"`);
    const keys = path.split('.');
    if (keys.some((key) => ['__proto__', 'constructor', 'prototype'].includes(key)))
      throw new InputError(`--set: "${path}" is not the name of a setting`);
    let at = result;
    for (const key of keys.slice(0, -1)) {
      at[key] ??= {};
      if (typeof at[key] !== 'object' || at[key] === null)
        throw new InputError(`--set: "${key}" was given a value and a part of it`);
      at = at[key] as Record<string, unknown>;
    }
    at[keys.at(-1)!] = parsed(value);
  }
  return result;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** "32x32x3" as a shape. */
export function inputShape(text: string): number[] {
  if (!/^\d+(x\d+){2}$/.test(text))
    throw new InputError(`--input takes HEIGHTxWIDTHxCHANNELS, as 32x32x3, not "${text}"`);
  return text.split('x').map(Number);
}
