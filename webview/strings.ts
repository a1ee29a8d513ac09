import { filled } from '../src/terms/texts.ts';

let translations: Readonly<Record<string, string>> = {};

/** Takes the host's translations, by English text. */
export function setStrings(strings: Readonly<Record<string, string>>): void {
  translations = strings;
}

/** A text in the user's language; `{0}`, `{1}`… stand for the arguments. */
export function t(english: string, ...args: readonly (string | number)[]): string {
  return filled(translations[english] ?? english, ...args);
}

/** One of two texts by number; both may hold `{0}`, the number. */
export function plural(count: number, one: string, many: string, shown: string = String(count)): string {
  return t(count === 1 ? one : many, shown);
}
