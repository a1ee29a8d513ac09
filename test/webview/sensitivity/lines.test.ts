import { expect, it } from 'vitest';
import type { SensitivityView } from '../../../src/protocol/views.ts';
import { linesOf, moved } from '../../../webview/sensitivity/lines.ts';

const cost = { macs: 1000, params: 100 };
const at = (width: number, accuracy: number, loss: number) => ({
  width,
  accuracy,
  loss,
  macs: 10 * width,
  params: width,
});
const view: SensitivityView = {
  sha256: '',
  images: 10,
  recalibrated: 10,
  whole: { accuracy: 90, loss: 0.5 },
  groups: [
    { id: 'calm', channels: 8, widths: [at(6, 90, 0.9), at(4, 89, 1), at(2, 88, 1.1)] },
    { id: 'fine', channels: 4, widths: [] },
    { id: 'touchy', channels: 4, widths: [at(3, 85, 0.6), at(1, 55, 0.7)] },
  ],
  warnings: [],
};

it('is a line a group from whole to its narrowest, the most sensitive first', () => {
  const lines = linesOf(view, 'accuracy', cost);
  expect(lines.map(({ id, lost }) => [id, lost])).toEqual([
    ['touchy', 20],
    ['calm', 1],
  ]);
  expect(lines[0].points).toEqual([
    { share: 100, width: 4, accuracy: 90, loss: 0.5, macs: 1000, params: 100 },
    { share: 75, width: 3, accuracy: 85, loss: 0.6, macs: 30, params: 3 },
    { share: 25, width: 1, accuracy: 55, loss: 0.7, macs: 10, params: 1 },
  ]);
});

it('ranks by the loss where that is shown', () => {
  const [first, second] = linesOf(view, 'loss', cost);
  expect([first.id, second.id]).toEqual(['calm', 'touchy']);
  expect(first.lost).toBeCloseTo(0.5);
});

it('goes along a group and across the groups by the keys alone, and no further than there is', () => {
  const lines = linesOf(view, 'accuracy', cost);
  const after = (...keys: string[]) =>
    keys.reduce<{ line: number; point: number } | null>((now, key) => moved(lines, now, key)!, null);
  expect(after('ArrowRight')).toEqual({ line: 0, point: 0 });
  expect(after('ArrowLeft', 'ArrowRight')).toEqual({ line: 0, point: 1 });
  expect(after('End')).toEqual({ line: 0, point: 2 });
  expect(after('End', 'ArrowRight')).toEqual({ line: 0, point: 2 });
  // at the same share, not at the same place in the list
  expect(after('End', 'ArrowDown')).toEqual({ line: 1, point: 3 });
  expect(after('End', 'ArrowDown', 'ArrowDown')).toEqual({ line: 1, point: 3 });
  expect(after('End', 'ArrowDown', 'ArrowUp', 'Home')).toEqual({ line: 0, point: 0 });
  expect(moved(lines, null, 'Enter')).toBeUndefined();
});
