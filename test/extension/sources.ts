import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const root = path.resolve(import.meta.dirname, '../..');

/** The extension's sources, parsed. */
export function extensionSources(): ts.SourceFile[] {
  return readdirSync(path.join(root, 'src/extension'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => {
      const file = path.join(root, 'src/extension', name);
      return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
    });
}

/** Every node of the sources. */
export function* nodes(sources: readonly ts.SourceFile[]): Generator<ts.Node> {
  const queue: ts.Node[] = [...sources];
  for (let node = queue.pop(); node; node = queue.pop()) {
    yield node;
    node.forEachChild((child) => void queue.push(child));
  }
}

/** Every string in the sources, with the fixed parts of templates. */
export function strings(sources: readonly ts.SourceFile[]): Set<string> {
  const found = new Set<string>();
  for (const node of nodes(sources))
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      found.add(node.text);
  return found;
}

/** First arguments of calls of the function of this name; undefined for one that is not a plain string. */
export function firstArguments(sources: readonly ts.SourceFile[], name: string): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (const node of nodes(sources)) {
    if (!ts.isCallExpression(node) || node.expression.getText() !== name) continue;
    const [first] = node.arguments;
    found.push(first && ts.isStringLiteralLike(first) ? first.text : undefined);
  }
  return found;
}

/** Functions that return an object of commands' handlers, and the names of those. */
export function handlers(sources: readonly ts.SourceFile[]): { maker: string; names: string[] }[] {
  const found: { maker: string; names: string[] }[] = [];
  for (const node of nodes(sources)) {
    if (!ts.isReturnStatement(node) || !node.expression || !ts.isObjectLiteralExpression(node.expression))
      continue;
    const names = node.expression.properties.flatMap((property) =>
      property.name && ts.isStringLiteral(property.name) && property.name.text.startsWith('espalier.')
        ? [property.name.text]
        : [],
    );
    const maker = ts.findAncestor(node, ts.isFunctionDeclaration)?.name?.text;
    if (names.length && maker) found.push({ maker, names });
  }
  return found;
}

/** Functions whose results are spread into an object that is an argument of calls of the function of this name. */
export function objectsPassedTo(sources: readonly ts.SourceFile[], name: string): string[][] {
  const found: string[][] = [];
  for (const node of nodes(sources)) {
    if (!ts.isCallExpression(node) || node.expression.getText() !== name) continue;
    for (const argument of node.arguments)
      if (ts.isObjectLiteralExpression(argument))
        found.push(
          argument.properties.flatMap((property) =>
            ts.isSpreadAssignment(property) && ts.isCallExpression(property.expression)
              ? [property.expression.expression.getText()]
              : [],
          ),
        );
  }
  return found;
}
