import { readdirSync } from 'node:fs';
import path from 'node:path';
import { sys, parseJsonConfigFileContent, readConfigFile } from 'typescript';
import { expect, test } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

/** Files that `tsc -p` of this project checks, relative to the root. */
function filesOf(config: string): string[] {
  const file = path.join(root, config);
  const { config: json, error } = readConfigFile(file, (name) => sys.readFile(name));
  expect(error).toBeUndefined();
  const { fileNames } = parseJsonConfigFileContent(json, sys, path.dirname(file));
  return fileNames.map((name) => path.relative(root, name).split(path.sep).join('/'));
}

test('every TypeScript file of ours is type-checked, by one of the two programs', () => {
  const checked = new Set([...filesOf('tsconfig.json'), ...filesOf('webview/tsconfig.json')]);
  const ours = ['src', 'webview', 'test', 'bench', 'scripts'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.split(path.sep).join('/')}`)
      .filter((name) => /\.m?tsx?$/.test(name)),
  );
  expect(ours.length).toBeGreaterThan(900);
  expect(ours.filter((name) => !checked.has(name))).toEqual([]);
});
