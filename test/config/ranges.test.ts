import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRanges, parseRanges } from '../../src/config/ranges.ts';
import { InputError } from '../../src/graph/errors.ts';

test('known ranges', () => {
  expect(formatRanges([0, 1, 2, 3, 7, 9, 10, 11])).toBe('0-3,7,9-11');
  expect(formatRanges([])).toBe('');
  expect(parseRanges('0-3,7', 8)).toEqual([0, 1, 2, 3, 7]);
  expect(parseRanges('5', 6)).toEqual([5]);
});

test('any set of channels comes back', () => {
  const sets = fc.uniqueArray(fc.integer({ min: 0, max: 200 })).map((items) => items.sort((a, b) => a - b));
  fc.assert(
    fc.property(sets, (set) => {
      expect(parseRanges(formatRanges(set), 201)).toEqual(set);
    }),
  );
});

test('ranges are as short as they can be: no two touch', () => {
  const sets = fc.uniqueArray(fc.integer({ min: 0, max: 60 })).map((items) => items.sort((a, b) => a - b));
  fc.assert(
    fc.property(sets, (set) => {
      const runs = set.filter((value) => !set.includes(value - 1)).length;
      expect(formatRanges(set).split(',').filter(Boolean)).toHaveLength(runs);
    }),
  );
});

test.each([
  'a',
  '3-1',
  '1,1',
  '2,1',
  '0-3,2-5',
  '8',
  '1-8',
  '-1',
  '1,',
  ',1',
  '1--2',
  ' 1',
  '1.5',
  '99999999999',
])('refuses "%s"', (text) => expect(() => parseRanges(text, 8)).toThrow(InputError));

test('any text gives indices in range or an InputError', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9,\-x ]{0,12}$/), (text) => {
      let indices: number[];
      try {
        indices = parseRanges(text, 50);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return;
      }
      expect(indices.every((value, i) => value >= 0 && value < 50 && (!i || value > indices[i - 1]))).toBe(
        true,
      );
    }),
  );
});
