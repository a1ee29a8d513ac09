import { expect, it } from 'vitest';
import { failedLines, retriedLines, skippedLines } from '../../scripts/outcomes.mjs';
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

it('what failed is told by name with the first line of its message, a file that did not load as well', () => {
  const report = {
    testResults: [
      {
        name: '/here/test/a.test.ts',
        status: 'failed',
        assertionResults: [
          { status: 'passed', ancestorTitles: [], title: 'right' },
          {
            status: 'failed',
            ancestorTitles: ['group'],
            title: 'wrong',
            failureMessages: ['AssertionError: expected 1 to be 2\n    at somewhere'],
          },
        ],
      },
      {
        name: '/here/test/b.test.ts',
        status: 'failed',
        message: 'Error: no such module\n at',
        assertionResults: [],
      },
    ],
  };
  expect(failedLines(report, (file) => file.replace('/here/', ''))).toEqual([
    'FAILED: test/a.test.ts › group › wrong: AssertionError: expected 1 to be 2',
    'FAILED: test/b.test.ts: Error: no such module',
  ]);
});

it('what passed only at a second try is told with what the first one said', () => {
  const passed = { status: 'passed', ancestorTitles: ['group'] };
  const report = {
    testResults: [
      {
        name: '/here/test/a.test.ts',
        status: 'passed',
        assertionResults: [
          { ...passed, title: 'at once', failureMessages: [] },
          {
            ...passed,
            title: 'later',
            failureMessages: ['Error: after 600 s still not so: it is there\n at x'],
          },
          { ...passed, title: 'never', status: 'failed', failureMessages: ['Error: no'] },
        ],
      },
    ],
  };
  expect(retriedLines(report, (file) => file.replace('/here/', ''))).toEqual([
    'passed at the second try: test/a.test.ts › group › later: Error: after 600 s still not so: it is there',
  ]);
});
