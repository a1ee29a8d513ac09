/** A text in the reader's language; `{0}`, `{1}` … stand for the arguments. */
export type Translate = (english: string, ...args: (string | number)[]) => string;

/** A text with its arguments in their places. */
export const filled: Translate = (text, ...args) =>
  text.replace(/\{(\d+)\}/g, (whole, index: string) => String(args[Number(index)] ?? whole));
