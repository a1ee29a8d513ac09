// Gathers what the extension and its panel say into l10n/bundle.l10n.json, for translators, and tells what each
// translation lacks or no longer needs.
//   node scripts/l10n.mjs            writes the bundle, and takes from translations what nothing says any more
//   node scripts/l10n.mjs --check    writes nothing; fails where a file is not as it would be written
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** Functions that translate, with the places of the texts among their arguments. */
const translators = { t: [0], plural: [1, 2] };

const check = process.argv.includes('--check');
let complete = true;
const texts = new Set();
for (const folder of ['src/extension', 'src/terms', 'webview'])
  for (const name of readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).sort())
    if (/\.tsx?$/.test(name) && !name.endsWith('.d.ts') && !/(^|[\\/])dev[\\/]/.test(name))
      gather(path.join(root, folder, name));
const sorted = [...texts].sort((a, b) => (a < b ? -1 : 1));
write('bundle.l10n.json', Object.fromEntries(sorted.map((text) => [text, text])));

for (const name of readdirSync(path.join(root, 'l10n')).filter((name) => /^bundle\.l10n\.\w/.test(name))) {
  if (name === 'bundle.l10n.json') continue;
  const there = JSON.parse(readFileSync(path.join(root, 'l10n', name), 'utf8'));
  const lacking = sorted.filter((text) => !(text in there));
  const odd = sorted.filter((text) => text in there && holes(text) !== holes(there[text]));
  write(name, Object.fromEntries(sorted.filter((text) => text in there).map((text) => [text, there[text]])));
  for (const text of lacking) console.log(`${name} lacks: ${JSON.stringify(text)}`);
  for (const text of odd) console.log(`${name}: other arguments than in English: ${JSON.stringify(text)}`);
  if (lacking.length || odd.length) complete = false;
}
process.exitCode = complete ? 0 : 1;

function gather(file) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  (function visit(node) {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression))
      for (const at of translators[node.expression.text] ?? []) take(node.arguments[at]);
    node.forEachChild(visit);
  })(source);
}

/** A text, or both of a choice between two. */
function take(node) {
  if (!node) return;
  if (ts.isStringLiteralLike(node)) texts.add(node.text);
  else if (ts.isParenthesizedExpression(node)) take(node.expression);
  else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(take);
}

/** The arguments that a text holds, in order of their numbers. */
function holes(text) {
  return [...new Set(text.match(/\{\d+\}/g))].sort().join();
}

function write(name, entries) {
  const file = path.join(root, 'l10n', name);
  const text = `${JSON.stringify(entries, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  if (!check) return writeFileSync(file, text);
  console.log(`${name} is not up to date: node scripts/l10n.mjs`);
  complete = false;
}
