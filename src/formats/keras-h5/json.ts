/**
 * Python's json writes NaN and Infinity as bare words, which JSON does not have. They are carried as these strings,
 * and turn into the words again when they are written.
 */
const WORDS = ['NaN', '-Infinity', 'Infinity'];
const carried = (word: string) => `\u0001${word}\u0001`;

/** @throws SyntaxError */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A string, or a bare word outside of strings.
    return JSON.parse(
      text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
        WORDS.includes(found) ? JSON.stringify(carried(found)) : found,
      ),
    );
  }
}

/** In ASCII alone, as Python writes it, so that every h5py reads it. */
export function pythonJson(value: unknown): string {
  let text = JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  for (const word of WORDS) text = text.replaceAll(JSON.stringify(carried(word)), word);
  return text;
}
