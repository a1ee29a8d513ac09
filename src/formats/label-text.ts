import { inOrder, namesInJson } from './label-names.ts';
import type { Fits } from './label-names.ts';
import { pythonAsJson } from './json/python-literal.ts';

/** Class names of a text file. */
export interface TextNames {
  readonly names: readonly string[];
  /** the lines as they are, where `names` are these without their numbers or quotes: a class may be called "2 cent" */
  readonly asWritten?: readonly string[];
}

/**
 * Class names of a text file: one a line, or with its number ("0 cat", "1: dog"), or all in one with commas. Other forms
 * ("0. cat", "cat: 0", in quotes, as a list or dict of Python's is printed) only where they give as many names as the
 * network has classes. Lines that begin with # or // are comments, unless the network has as many classes as there are
 * lines with them: a class may be called "#food".
 * @param fits whether so many names can be those of the network
 */
export function namesInText(text: string, fits: Fits = () => false): TextNames | undefined {
  if (text.includes('\0')) return undefined;
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const plain = namesInLines(
    lines.filter((line) => !/^(#|\/\/)/.test(line)),
    fits,
  );
  if (plain && fits(plain.names.length)) return plain;
  const all = namesInLines(lines, fits);
  return all && fits(all.names.length) ? all : plain;
}

/** Names in a list or dict that was written to a file as Python or JavaScript prints it, maybe after `classes = `. */
export function namesInPrinted(text: string, fits: Fits): readonly string[] | undefined {
  const json = pythonAsJson(text.replace(/^\uFEFF/, '').replace(/^\s*[A-Za-z_]\w*\s*[=:]\s*(?=[[({])/, ''));
  return json === undefined ? undefined : namesInJson(json, fits);
}

const BEFORE = /^(\d+)(?:\s*[:,;=]\s*|\s+(?:->?|=>)\s+|\s+)(.+)$/;
const BEFORE_TOO = /^[[(]?(\d+)\s*(?:[:,;=.)\]|]|->?|=>)\s*(.+)$/;
const AFTER = /^(.+?)(?:\s*[:,;=|]\s*|\s+(?:->?|=>)\s*|\s+)(\d+)$/;

/** The forms that lines may have, the likeliest first; the loose ones are looked at only where their number fits. */
function namesInLines(lines: readonly string[], fits: Fits): TextNames | undefined {
  if (lines.length === 0) return undefined;
  const asWritten = (names: readonly string[] | undefined): TextNames | undefined =>
    names && (names.join('\n') === lines.join('\n') ? { names } : { names, asWritten: lines });
  // a list that was cut out of a program
  const cut = lines.length > 1 && lines.slice(0, -1).every((line) => line.endsWith(','));
  const bare = cut ? lines.map((line) => line.replace(/\s*,$/, '')) : lines;
  const strict = numbered(bare, BEFORE);
  if (strict) return asWritten(strict);
  const loose = [
    () => numbered(bare, BEFORE_TOO),
    () => numbered(bare, AFTER),
    // below a head, like "index,name"
    () => numbered(bare.slice(1), BEFORE),
    () => numbered(bare.slice(1), AFTER),
    () => bulleted(bare),
    () => allUnquoted(bare),
    () => (cut ? bare : undefined),
  ];
  for (const form of lines.length > 1 ? loose : []) {
    const names = form();
    if (names && fits(names.length)) return asWritten(names);
  }
  if (lines.length > 1) return { names: lines };
  return { names: inOneLine(lines[0], fits) };
}

/** Names without the numbers that stand with them, in their order; a number that tells two alike apart is no number. */
function numbered(lines: readonly string[], form: RegExp): readonly string[] | undefined {
  const pairs: [number, string][] = [];
  for (const line of lines) {
    const found = form.exec(line);
    if (!found) return undefined;
    const [number, name] = form === AFTER ? [found[2], found[1]] : [found[1], found[2]];
    pairs.push([Number(number), unquoted(name.trim())]);
  }
  if (new Set(pairs.map(([, name]) => name)).size < pairs.length) return undefined;
  return inOrder(pairs) ?? inOrder(pairs.map(([number, name]) => [number - 1, name]));
}

function bulleted(lines: readonly string[]): readonly string[] | undefined {
  const names = lines.map((line) => /^[-*\u2022]\s+(.+)$/.exec(line)?.[1]);
  return names.every((name) => name !== undefined) ? names.map(unquoted) : undefined;
}

function allUnquoted(lines: readonly string[]): readonly string[] | undefined {
  const names = lines.map(unquoted);
  return names.every((name, i) => name !== lines[i]) ? names : undefined;
}

function inOneLine(line: string, fits: Fits): readonly string[] {
  for (const separator of [',', ';', '\t', '|']) {
    const names = line
      .replace(/[,;|]$/, '')
      .split(separator)
      .map((name) => unquoted(name.trim()));
    if (names.length > 1 && (separator === ',' || fits(names.length))) return names;
  }
  return [line];
}

function unquoted(name: string): string {
  return /^"[^"]+"$|^'[^']+'$/.test(name) ? name.slice(1, -1) : name;
}
