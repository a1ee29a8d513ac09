import { inOrder } from './label-names.ts';

/** A comment, a string, a word or number, or a single sign. */
const TOKEN = /#[^\r\n]*|"(?:[^"\\\r\n]|\\.){0,1000}"|'(?:[^'\\\r\n]|\\.){0,1000}'|[\w.+-]{1,1000}|\S/g;

/**
 * Class names of a label map of TensorFlow's, as text: `item { id: 1 name: "cat" }`. What is meant for people
 * (display_name) goes first, where all have it; numbers are from 1, or from 0.
 */
export function namesInLabelMap(text: string): readonly string[] | undefined {
  const items: Record<string, string>[] = [];
  let item: Record<string, string> | undefined;
  let key = '';
  let deep = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('#')) continue;
    if (token === '{') {
      deep++;
      if (deep === 1 && key === 'item') items.push((item = {}));
    } else if (token === '}') {
      deep--;
      if (deep === 0) item = undefined;
    } else if (/^["'\d]/.test(token)) {
      // fields of a message within an item are not the item's
      if (item && deep === 1) item[key] ??= unquoted(token);
    } else if (/^\w/.test(token)) key = token;
  }
  const called = items.every((one) => one.display_name) ? 'display_name' : 'name';
  const from = (first: number) => inOrder(items.map((one) => [Number(one.id) - first, one[called]]));
  return from(1) ?? from(0);
}

function unquoted(token: string): string {
  return /^["']/.test(token) ? token.slice(1, -1).replace(/\\(.)/g, '$1') : token;
}
