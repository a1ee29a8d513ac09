import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellAt, cells, count, describe as inWords, ranges, runs } from '../../../webview/diff/strip.ts';

const strip = fc
  .array(fc.constantFrom('k', 'r', 'a', 'x'), { minLength: 1, maxLength: 300 })
  .map((letters) => letters.join(''));

describe('a strip', () => {
  test('in words', () => {
    expect(inWords('kkkkkkkkrk')).toBe('kept 0–7, 9; removed 8');
    expect(inWords('ak')).toBe('kept 1; added 0');
    expect(inWords('')).toBe('');
    expect(ranges([{ fate: 'k', start: 3, end: 4 }])).toBe('3');
  });

  test('its runs write it again, and alternate', () => {
    fc.assert(
      fc.property(strip, (channels) => {
        const found = runs(channels);
        expect(found.map(({ fate, start, end }) => fate.repeat(end - start)).join('')).toBe(channels);
        for (let i = 1; i < found.length; i++) expect(found[i].fate).not.toBe(found[i - 1].fate);
        const counts = count(channels);
        expect(counts.k + counts.r + counts.a + counts.x).toBe(channels.length);
      }),
    );
  });

  test('its words name every channel once', () => {
    fc.assert(
      fc.property(strip, (channels) => {
        const letter = { kept: 'k', removed: 'r', added: 'a', 'on neither side': 'x' } as const;
        const back = [...channels].fill('?');
        for (const part of inWords(channels).split('; ')) {
          const [, word, list] = /^([a-z ]+?) (\d.*)$/.exec(part)!;
          for (const range of list.split(', ')) {
            const [from, to = from] = range.split('–').map(Number);
            for (let i = from; i <= to; i++) {
              expect(back[i]).toBe('?');
              back[i] = letter[word as keyof typeof letter];
            }
          }
        }
        expect(back.join('')).toBe(channels);
      }),
    );
  });

  test('its cells cover every channel once, however many pixels there are', () => {
    fc.assert(
      fc.property(strip, fc.integer({ min: 1, max: 900 }), (channels, pixels) => {
        const made = cells(channels, pixels);
        expect(made[0].first).toBe(0);
        expect(made.at(-1)!.end).toBe(channels.length);
        expect(made.at(-1)!.x + made.at(-1)!.width).toBeCloseTo(pixels, 6);
        let kept = 0;
        made.forEach((cell, i) => {
          if (i > 0) expect(cell.first).toBe(made[i - 1].end);
          kept += cell.kept * (cell.end - cell.first);
        });
        expect(kept).toBeCloseTo(count(channels).k, 6);
      }),
    );
  });

  test('importance of shared cells is the mean', () => {
    const [one] = cells('kr', 3, [0.25, 0.75]);
    expect(one.importance).toBe(0.5);
    expect(cells('kr', 30, [0.25, 0.75]).map((cell) => cell.importance)).toEqual([0.25, 0.75]);
  });

  test('the cell below the pointer', () => {
    const made = cells('kkkk', 100);
    expect(cellAt(made, 26)?.first).toBe(1);
    expect(cellAt(made, 99.9)?.first).toBe(3);
    expect(cellAt(made, 100)).toBeUndefined();
    expect(cellAt(made, -1)).toBeUndefined();
  });
});
