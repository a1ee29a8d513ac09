import { expect, it } from 'vitest';
import { table } from '../../src/cli/output.ts';
import { harmless } from '../../src/report/escape.ts';

const attack = 'c\u001b]0;title\u0007\u001b[2J\u009b31m\u202edrow\u200f';

it('shows what a terminal would obey, or that turns the order of text', () => {
  const said = harmless(`first line\n\t${attack}`);
  expect(said).toBe('first line\n\tc␛]0;title␇␛[2JU+009B31mU+202EdrowU+200F');
  for (const plain of ['Größe → 12 × 3 ± 0,5 %, −50 % …', '日本語 🌳 é', 'a\tb\nc'])
    expect(harmless(plain)).toBe(plain);
});

it('keeps a cell in its row, whatever a name holds', () => {
  const rows = table(['layer', 'type'], [[`conv\r\nforged   Conv2D${attack}`, 'Dense']], [0, 1]).split('\n');
  expect(rows).toHaveLength(2);
  expect(rows[1]).toMatch(/^conv␍␊forged {3}Conv2Dc␛/);
});
