import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/graph/errors.ts';
import { parseGoals } from '../../../src/run/plan/targets.ts';

test.each([
  ['macs=50%', { metric: 'macs', value: 50, relative: true }],
  ['macs=20M', { metric: 'macs', value: 20e6, relative: false }],
  ['params=100k', { metric: 'params', value: 100e3, relative: false }],
  [' Bytes = 1.5 MB', { metric: 'bytes', value: 1.5e6, relative: false }],
  ['bytes=1MiB', { metric: 'bytes', value: 1048576, relative: false }],
  ['latency=2ms', { metric: 'latency', value: 2, relative: false }],
  ['latency=0.002s', { metric: 'latency', value: 2, relative: false }],
  ['latency=62.5%', { metric: 'latency', value: 62.5, relative: true }],
  [
    'script=python a,b.py {model} <= 12',
    { metric: 'script', value: 12, relative: false, command: 'python a,b.py {model}' },
  ],
  ['script=./x<=50%', { metric: 'script', value: 50, relative: true, command: './x' }],
])('%s', (text, target) => {
  const [parsed] = parseGoals([text]).targets;
  expect({ ...parsed, value: Number(parsed.value.toPrecision(12)) }).toEqual(target);
});

test('several, in one option or in more', () => {
  const both = parseGoals(['macs=50%,params=100k']).targets;
  expect(both.map(({ metric }) => metric)).toEqual(['macs', 'params']);
  expect(parseGoals(['macs=50%', 'params=100k'])).toEqual({ targets: both });
});

test('an accuracy, alone or below what the dearest network may cost', () => {
  expect(parseGoals(['accuracy-drop=1.5'])).toEqual({ targets: [], accuracyDrop: 1.5 });
  expect(parseGoals([' Accuracy-Drop = 0, macs=60%'])).toEqual({
    targets: [{ metric: 'macs', value: 60, relative: true }],
    accuracyDrop: 0,
  });
});

describe('refuses', () => {
  test.each([
    'macs=0%',
    'macs=0',
    'macs=100%',
    'macs=120%',
    'macs=-5%',
    'macs=-1',
    'macs=',
    'macs',
    '=50%',
    '50%',
    'flops=50%',
    'macs=abc',
    'macs=50%%',
    'macs=5 0',
    'macs=50x',
    'macs=1e999',
    'macs=NaN',
    'macs=Infinity',
    'latency=2MB',
    'script=foo',
    'script=<= 5',
    'script=foo <= x',
    '',
    'macs=50%,macs=30%',
    'macs=50%,',
  ])('"%s"', (text) => {
    expect(() => parseGoals([text])).toThrow(InputError);
    expect(() => parseGoals([text])).toThrow(/^[^\n]+$/);
  });
  test.each([
    'accuracy-drop=',
    'accuracy-drop=-1',
    'accuracy-drop=100',
    'accuracy-drop=1%',
    'accuracy-drop=NaN',
    'accuracy-drop=1,accuracy-drop=2',
  ])('"%s"', (text) => {
    expect(() => parseGoals([text])).toThrow(InputError);
    expect(() => parseGoals([text])).toThrow(/accuracy-drop/);
  });
  test('none, and one metric twice', () => {
    expect(() => parseGoals([])).toThrow(InputError);
    expect(() => parseGoals(['macs=50%', 'macs=50%'])).toThrow(/2 times/);
  });
});

test('any text gives sound targets or an InputError', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^(macs|params|bytes|latency|script|x)?=?[0-9.%kmgMBs<= -]{0,8}$/),
      (text) => {
        try {
          for (const { value, relative } of parseGoals([text]).targets) {
            expect(value).toBeGreaterThan(0);
            expect(Number.isFinite(value)).toBe(true);
            if (relative) expect(value).toBeLessThan(100);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      },
    ),
  );
});

test('memory is a size', () => {
  expect(parseGoals(['memory=1MiB']).targets[0]).toMatchObject({
    metric: 'memory',
    value: 1048576,
    relative: false,
  });
  expect(parseGoals(['memory=60%']).targets[0]).toMatchObject({ metric: 'memory', relative: true });
});
