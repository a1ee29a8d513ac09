import { endOfString } from '../files/json-text.ts';

/**
 * The first key that an object of a JSON text has twice, or null. Readers keep the last one, people see the first.
 * @param text valid JSON
 */
export function duplicateKey(text: string): string | null {
  const tokens = /["{}[\]:,]/g;
  /** keys of the objects that are open; null for an array */
  const open: (Set<string> | null)[] = [];
  let last = '';
  for (let token = tokens.exec(text); token; token = tokens.exec(text)) {
    const [word] = token;
    if (word === '"') {
      const end = endOfString(text, token.index);
      last = text.slice(token.index, end);
      tokens.lastIndex = end;
    } else if (word === '{') open.push(new Set());
    else if (word === '[') open.push(null);
    else if (word === '}' || word === ']') open.pop();
    else if (word === ':') {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1)!;
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}
