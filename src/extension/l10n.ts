import { filled } from '../terms/texts.ts';
import type { Translate } from '../terms/texts.ts';

let translate: Translate = filled;

/**
 * A text for people in their language: VS Code's `l10n.t` once the extension runs, plain English in tests of modules
 * that need no VS Code. `{0}`, `{1}` … are replaced by the arguments.
 */
export function t(message: string, ...args: (string | number)[]): string {
  return translate(message, ...args);
}

/** Sets what translates, at activation. */
export function translateWith(translator: Translate): void {
  translate = translator;
}
