import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const own = ['src', 'webview', 'test', 'scripts', 'bench', 'docs'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
    path.join(folder, name),
  ),
);
const files = [...own, 'eslint.config.mjs', 'README.md', 'CONTRIBUTING.md'].filter(
  (name) => /\.(tsx?|m[jt]s|py|md)$/.test(name) && name !== path.join('test', 'support', 'cited.test.ts'),
);

/** A file's text with the line breaks of its comments taken out, so that no citation is cut in two. */
const plain = (name: string) =>
  readFileSync(path.join(root, name), 'utf8').replace(/\s*\n\s*(\*|\/\/|#)?\s*/g, ' ');

/** Headings of a document. */
const headings = (file: string) =>
  [...readFileSync(path.join(root, file), 'utf8').matchAll(/^#+ (.*)$/gm)].map((match) => match[1]);

it('every document that the sources cite is in the repository, with the section that is named', () => {
  expect(files.length).toBeGreaterThan(300);
  const wrong: string[] = [];
  let cited = 0;
  for (const name of files)
    for (const [whole, file, , section] of plain(name).matchAll(
      /\b((?:docs\/[\w/-]+|README|CONTRIBUTING|CHANGELOG)\.md)(?:, (["'])([A-Z][\w ]+)\2)?/g,
    )) {
      cited++;
      if (!existsSync(path.join(root, file))) wrong.push(`${name}: ${file} is not there`);
      else if (section && !headings(file).includes(section)) wrong.push(`${name}: ${whole} is not there`);
    }
  expect(wrong).toEqual([]);
  expect(cited).toBeGreaterThan(30);
});

it('nothing is cited that a reader of the repository does not have', () => {
  // "spec 1.2", "design, section 2", "the notes, 3.1"; a paper's section is named with the paper
  const bare = /\b(spec|specification|design|review|notes)(\.md)?[,:]? (section )?\d/i;
  const elsewhere =
    /\b(backends|field|design|reinforcement-learning|rewarded-meta-pruning)\.md\b|\bshared\/spec\b/;
  const found = files.flatMap((name) => {
    const text = plain(name);
    return [bare, elsewhere].flatMap((pattern) => {
      const match = pattern.exec(text);
      return match ? [`${name}: ${match[0]}`] : [];
    });
  });
  expect(found).toEqual([]);
});
