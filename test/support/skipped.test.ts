import { expect, it } from 'vitest';
import { skippedLines } from '../../scripts/skipped.mjs';
import { needs } from './needs.ts';

it('a test that skips says for want of what, and is listed by it', () => {
  const need = needs(null, '../shared/data/cifar10-jpeg is not there', 'there is no Chromium');
  expect(need.skip).toBe(true);
  const report = {
    testResults: [
      {
        name: '/here/test/data/shared.test.ts',
        assertionResults: [
          { status: 'skipped', ancestorTitles: [need.name('CIFAR-10')], title: 'opens' },
          { status: 'passed', ancestorTitles: [], title: 'another' },
          { status: 'pending', ancestorTitles: [], title: 'a third' },
        ],
      },
    ],
  };
  expect(skippedLines(report, (file) => file.replace('/here/', ''))).toEqual([
    'skipped: test/data/shared.test.ts › CIFAR-10 › opens, because ../shared/data/cifar10-jpeg is not there and there is no Chromium',
    'skipped: test/data/shared.test.ts › a third, and its name does not say why',
  ]);
});

it('where all is there, names stay as they are', () => {
  const need = needs(null, null);
  expect([need.skip, need.name('CIFAR-10')]).toEqual([false, 'CIFAR-10']);
});
