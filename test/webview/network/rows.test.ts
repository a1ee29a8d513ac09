import { describe, expect, test } from 'vitest';
import { matching, networkRows, producersOf, sorted } from '../../../webview/network/rows.ts';
import { deepNetwork } from '../../../webview/dev/deep-network.ts';

const network = deepNetwork(60);
const rows = networkRows(network);

describe('the network’s list', () => {
  test('every layer once, in order, with shares of the largest', () => {
    expect(rows.map((row) => row.layer.layer)).toEqual(network.layers.map((layer) => layer.layer));
    expect(Math.max(...rows.map((row) => row.macsShare))).toBe(1);
    expect(rows.find((row) => row.layer.layer === 'predictions')).toMatchObject({ widthShare: 1, makers: 1 });
  });

  test('every word of a search must be found, in the name, the type or the group', () => {
    const found = matching(rows, 'STAGE2 conv2d', 'all');
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ layer }) => layer.layer.startsWith('stage2') && layer.type === 'Conv2D')).toBe(
      true,
    );
    expect(matching(rows, 'nothing like it', 'all')).toEqual([]);
  });

  test('what is frozen and what can be pruned share no layer', () => {
    const frozen = matching(rows, '', 'frozen');
    expect(frozen.map((row) => row.layer.layer)).toEqual(['predictions']);
    expect(matching(rows, '', 'prunable').some((row) => frozen.includes(row))).toBe(false);
  });

  test('sorting is stable and numbers in names count as numbers', () => {
    const byMacs = sorted(rows, { key: 'macs', down: true });
    for (let i = 1; i < byMacs.length; i++) {
      const [a, b] = [byMacs[i - 1], byMacs[i]];
      expect(a.layer.macs > b.layer.macs || (a.layer.macs === b.layer.macs && a.index < b.index)).toBe(true);
    }
    const tenth = networkRows(deepNetwork(400));
    const names = sorted(tenth, { key: 'layer', down: false }).map((row) => row.layer.layer);
    expect(names.indexOf('stage1_block2_conv1')).toBeLessThan(names.indexOf('stage1_block10_conv1'));
    expect(sorted(rows, null)).toBe(rows);
  });

  test('a group is frozen by the layers that make its channels', () => {
    expect(producersOf(network.groups[0])).toEqual(['stage1_block1_conv2', 'stage1_block2_conv2']);
  });
});
