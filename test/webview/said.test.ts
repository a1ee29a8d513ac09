import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { setStrings } from '../../webview/strings.ts';
import { CONTROLS, said } from '../../webview/said.ts';

it('calls by the panel’s names what the command line has options for', () => {
  expect(said('The labels say nothing of kind (--labels-of names another).')).toBe(
    'The labels say nothing of kind (“The output that the classes are of” names another).',
  );
  expect(said('it learns from images: give some with --data PATH')).toBe(
    'it learns from images: give some with “Images”',
  );
  expect(said('with --keep-frozen nothing is left; add --fine-tune-epochs 0')).toContain(
    'add “Epochs of fine-tuning” 0',
  );
  expect(said('--explore 30%: is not below the goal; --points 1 is the goal alone')).toBe(
    '“Cheapest point, in percent of the original” 30%: is not below the goal; “Points of the trade-off” 1 is the goal alone',
  );
});

it('leaves what the panel has no control for, and what is no option', () => {
  for (const text of ['use --force', 'a--method', '--methodical', 'git commit --amend', '−50 % -- done'])
    expect(said(text)).toBe(text);
});

it('says it in the user’s language', () => {
  setStrings({ Method: 'Verfahren' });
  expect(said('rank by weights instead (--method l1)')).toBe('rank by weights instead (“Verfahren” l1)');
  setStrings({});
});

it('knows options that the command line has, and texts that are in the panel', () => {
  const program = readFileSync('src/cli/program.ts', 'utf8');
  const cards = ['advanced', 'goal', 'images', 'method', 'summary']
    .map((name) => readFileSync(`webview/plan/${name}-card.tsx`, 'utf8'))
    .join();
  for (const [option, label] of Object.entries(CONTROLS)) {
    expect(program, option).toMatch(new RegExp(`--(no-)?${option}\\b`));
    expect(cards, option).toContain(`t('${label()}')`);
  }
});
