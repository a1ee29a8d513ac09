const TOKEN =
  /\s+|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|-?\d+(?:\.\d*)?|[[\](){},:]|\b(?:True|False|None|true|false|null|dict_keys|array)\b|dtype\s*=\s*(?:'[^']*'|\w+)/y;

/** Brackets in brackets that class names may stand in. */
const DEEPEST = 8;

/**
 * A list, tuple, dict or array as Python prints it, or JSON: `['a', 'b']`, `{0: 'a', 1: 'b'}`, `['a' 'b']`.
 * @returns what it holds; undefined where it is anything else
 */
export function pythonAsJson(text: string): unknown {
  if (!/^\s*(?:(?:array|dict_keys)\s*\()?[[({]/.test(text)) return undefined;
  const tokens: string[] = [];
  const closing: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text);
    if (!found) return undefined;
    const [whole, single, double] = found;
    if (/^(?:\s+|array|dict_keys|dtype.*)$/s.test(whole)) continue;
    const string = single ?? double;
    const after = tokens.at(-1);
    const value = string === undefined ? asJson(whole) : JSON.stringify(unescaped(string));
    if (/^[[({]$/.test(whole)) closing.push(whole === '{' ? '}' : ']');
    if (closing.length > DEEPEST) return undefined;
    if (/^[\])}]$/.test(whole)) {
      if (after === ',') tokens.pop();
      tokens.push(closing.pop() ?? '');
      continue;
    }
    // numpy prints no commas
    if (string !== undefined && after?.startsWith('"')) tokens.push(',');
    if (whole === ':' && after && /^-?\d/.test(after)) tokens.push(JSON.stringify(tokens.pop()));
    tokens.push(value);
  }
  try {
    return unwrapped(JSON.parse(tokens.join('')));
  } catch {
    return undefined;
  }
}

function asJson(token: string): string {
  const json: Readonly<Record<string, string>> = { '(': '[', True: 'true', False: 'false', None: 'null' };
  return json[token] ?? token;
}

function unescaped(string: string): string {
  const known: Readonly<Record<string, string>> = { n: '\n', t: '\t' };
  return string.replace(
    /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/gs,
    (_, four?: string, two?: string, one?: string) =>
      one === undefined ? String.fromCharCode(parseInt(four ?? two!, 16)) : (known[one] ?? one),
  );
}

/** `array(['a', 'b'])` and `(['a', 'b'],)`: what is in it alone. */
function unwrapped(json: unknown): unknown {
  return Array.isArray(json) && json.length === 1 && typeof json[0] === 'object' ? unwrapped(json[0]) : json;
}
