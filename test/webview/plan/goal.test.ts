import { describe, expect, test } from 'vitest';
import { goalText, parsed, typed } from '../../../webview/plan/goal.ts';

describe('goals as people type them', () => {
  test.each([
    ['macs', '20M', false, 20e6],
    ['params', ' 150 k ', false, 150_000],
    ['bytes', '1.5 MB', false, 1.5e6],
    ['bytes', '1 MiB', false, 1_048_576],
    ['latency', '900us', false, 0.9],
    ['latency', '0,9 ms', false, 0.9],
    ['macs', '50', true, 50],
    ['macs', '50 %', true, 50],
    ['macs', '100', true, null],
    ['macs', '0', true, null],
    ['macs', '-3', false, null],
    ['macs', 'half', false, null],
    ['script', '12k', false, null],
    ['params', '3 ms', false, null],
  ] as const)('%s %s (percent: %s) is %s', (metric, text, relative, value) => {
    expect(parsed(metric, text, relative)).toBe(value);
  });

  test.each([
    ['macs', 20_400_000, false],
    ['bytes', 630_000, false],
    ['latency', 0.88, false],
    ['macs', 12.5, true],
  ] as const)('what is shown of %s %d can be typed back', (metric, value, relative) => {
    expect(parsed(metric, typed(metric, value, relative), relative)).toBeCloseTo(value, 9);
  });

  test('a goal in words', () => {
    expect(goalText({ metric: 'macs', value: 50, relative: true })).toBe('MACs ≤ 50\u202f%');
    expect(goalText({ metric: 'bytes', value: 630_000, relative: false })).toBe(
      'Size of the weights ≤ 630\u202fkB',
    );
  });
});
