import { expect, it } from 'vitest';
import { survey } from '../../src/engine/look/plan/survey.ts';
import { classFolders, freshFolders, writeFolder } from '../data/fixtures.ts';

const fresh = freshFolders();

it('tells the panel of class folders of which nothing can be decoded', async () => {
  const files = await classFolders('', ['a', 'c'], 6);
  for (let i = 0; i < 4; i++) files[`b/${i}.jpg`] = Buffer.from('<html>not found</html>');
  const root = writeFolder(fresh(), files);
  const two = await survey(root, { expected: { classes: 2 } });
  expect(two).toMatchObject({ classes: ['a', 'c'], broken: 0, sample: 12, problem: undefined });
  expect(two.remarks).toEqual([
    expect.stringMatching(
      /^"b" \(4 images that can't be decoded, .*not counted, because the network tells 2/,
    ),
  ]);
  const three = await survey(root, { expected: { classes: 3 } });
  expect(three.problem).toMatch(/none of the 4 images in "b" can be decoded/);
});
