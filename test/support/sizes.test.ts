import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const mostFiles = 15;
const mostLines = 400;

const folders = ['src', 'webview'].flatMap((root) => [
  root,
  ...readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name)),
]);
const files = folders.map((folder) => ({
  folder,
  names: readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(({ name }) => name),
}));

it('no folder of src has so many files that one does not see through it', () => {
  const crowded = files.filter(({ folder, names }) => folder.startsWith('src') && names.length > mostFiles);
  expect(crowded.map(({ folder, names }) => `${folder}: ${names.length}`)).toEqual([]);
});

it('no file is longer than a person reads in one session', () => {
  const long = files.flatMap(({ folder, names }) =>
    names.flatMap((name) => {
      const lines = readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n').length;
      return lines > mostLines ? [`${path.join(folder, name)}: ${lines}`] : [];
    }),
  );
  expect(long).toEqual([]);
});
