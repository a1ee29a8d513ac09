import { describe, expect, it } from 'vitest';
import {
  FULL,
  LEVELS,
  widthsOf,
  geneMapOf,
  ratioOf,
  ratiosOf,
  widthOf,
} from '../../../src/methods/rewarded-meta/levels.ts';
import type { Dependencies } from '../../../src/graph/types.ts';

describe('level table', () => {
  it('has 31 ratios, 0.10 to 1.00 in steps of 0.03', () => {
    expect(LEVELS).toBe(31);
    const table = Array.from({ length: LEVELS }, (_, k) => ratioOf(k).toFixed(2));
    expect(table.slice(0, 4)).toEqual(['0.10', '0.13', '0.16', '0.19']);
    expect(table[FULL]).toBe('1.00');
    expect(new Set(table).size).toBe(31);
  });

  it("gives the widths of the paper's retrained ResNet-50: stem 33, stages 133, 296, 778", () => {
    // genes 14, 14, 16, 22 of bases 64, 256, 512, 1024 (docs/methods/metapruning.md, "FLOPs count")
    expect([widthOf(64, 14), widthOf(256, 14), widthOf(512, 16), widthOf(1024, 22)]).toEqual([
      33, 133, 296, 778,
    ]);
  });

  it('is the floor of exact decimals, also where floating point falls short', () => {
    for (const base of [1, 3, 10, 16, 44, 64, 100, 448, 2048])
      for (let k = 0; k < LEVELS; k++)
        expect(widthOf(base, k)).toBe(Math.max(1, Number((BigInt(base) * BigInt(10 + 3 * k)) / 100n)));
  });

  it('rounds to the nearest multiple, at least one, at most the base', () => {
    expect(widthOf(64, 14, 8)).toBe(32);
    // 64 * 0.58 = 37.1 and 64 * 0.91 = 58.2
    expect([widthOf(64, 16, 8), widthOf(64, 27, 8)]).toEqual([40, 56]);
    expect(widthOf(64, 0, 8)).toBe(8);
    expect(widthOf(6, 0, 8)).toBe(6);
    expect(widthOf(60, FULL, 8)).toBe(60);
  });

  it('gives a gene to every prunable group and none to a frozen one', () => {
    const group = (index: number, size: number, frozen?: string) => ({
      id: `g${index}`,
      index,
      size,
      members: [],
      frozen,
    });
    const dependencies: Dependencies = {
      groups: [group(0, 64), group(1, 10, 'output'), group(2, 256)],
      params: {},
      values: {},
    };
    const geneMap = geneMapOf(dependencies);
    expect(geneMap.groups).toEqual([0, 2]);
    expect(widthsOf(geneMap, [14, 14])).toEqual([33, 10, 133]);
    expect(ratiosOf(geneMap, [14, 30])).toEqual([0.52, 1, 1]);
  });
});
