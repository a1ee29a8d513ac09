import { expect, test } from 'vitest';
import { curvesOf } from '../../../webview/tradeoff/plot/scene.ts';
import type { NamedMark } from '../../../webview/tradeoff/plot/scene.ts';

const mark = (curve: string, x: number, kind: NamedMark['kind'] = 'control'): NamedMark => ({
  kind,
  label: curve,
  curve,
  named: true,
  x,
  y: 10 * x,
});

test('a control at several points is a line from its cheapest to its dearest; one alone is none', () => {
  const marks = [mark('', 9, 'original'), mark('l1', 3), mark('uniform', 3), mark('l1', 1), mark('l1', 2)];
  expect(curvesOf(marks)).toEqual([
    [
      { x: 1, y: 10 },
      { x: 2, y: 20 },
      { x: 3, y: 30 },
    ],
  ]);
  expect(curvesOf([mark('a', 1), mark('b', 2)])).toEqual([]);
});
