import { expect, test } from 'vitest';
import type { DiffLayerView } from '../../../src/protocol/views.ts';
import { layerRows, saved, totals } from '../../../webview/diff/rows.ts';

const layer = (
  name: string,
  channels: string | null,
  width: [number, number],
  macs: [number, number],
): DiffLayerView => ({
  layer: name,
  type: name.startsWith('dense') ? 'Dense' : 'Conv2D',
  width: { a: width[0], b: width[1] },
  macs: { a: macs[0], b: macs[1] },
  params: { a: macs[1], b: macs[0] },
  channels,
  importance: null,
  group: null,
});
const layers = [
  layer('conv_b', 'kkrr', [4, 2], [100, 50]),
  layer('conv_a', 'kkkr', [4, 3], [1000, 900]),
  layer('dense', null, [10, 12], [10, 10]),
  layer('relu', 'kkrr', [4, 2], [0, 0]),
];

test('layers stay in the network’s order, or are sorted, or searched', () => {
  expect(layerRows(layers, '', null, true)).toEqual([0, 1, 2, 3]);
  expect(layerRows(layers, '', null, false)).toEqual([0, 1, 2]);
  expect(layerRows(layers, '', { key: 'layer', down: false }, false)).toEqual([1, 0, 2]);
  expect(layerRows(layers, '', { key: 'removed', down: true }, false)).toEqual([0, 1, 2]);
  expect(layerRows(layers, '', { key: 'macs', down: true }, false)).toEqual([1, 0, 2]);
  expect(layerRows(layers, '', { key: 'params', down: true }, false)).toEqual([2, 0, 1]);
  expect(layerRows(layers, 'CONV _a', null, true)).toEqual([1]);
  expect(layerRows(layers, 'dense dense', null, true)).toEqual([2]);
});

test('totals count channels, and widths where channels can’t be told', () => {
  expect(totals(layers)).toEqual({ kept: 2 + 3 + 10, removed: 2 + 1, added: 2 });
  expect(saved({ a: 16, b: 12 })).toBe(0.25);
  expect(saved({ a: 0, b: 12 })).toBe(0);
});
