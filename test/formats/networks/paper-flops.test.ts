import { expect, test } from 'vitest';
import { createNetwork } from '../../../src/formats/networks/index.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { paperFlops } from '../../support/paper-flops.ts';
import type { Dependencies } from '../../../src/graph/types.ts';
import type { Architecture } from '../../../src/terms/candidates.ts';

// The vectors of docs/methods/metapruning.md, "FLOPs count", and of the same sources, in millions to two decimals. A
// gene k is the ratio (10 + 3k) / 100.
const width = (base: number, gene: number) => Math.floor((base * (10 + 3 * gene)) / 100);

function network(name: string, countRelu: boolean) {
  const { graph } = createNetwork(name, { seed: 0 });
  const dependencies = findGroups(graph);
  return {
    dependencies,
    millions: (architecture: Architecture) =>
      (paperFlops(graph, dependencies, architecture, { countRelu }) / 1e6).toFixed(2),
    full: fullArchitecture(dependencies),
  };
}

/** Widths by group id, on top of the full network. Every id must be a group, so that no gene is lost. */
function architecture(dependencies: Dependencies, widths: ReadonlyMap<string, number>): Architecture {
  const known = new Set(dependencies.groups.map((g) => g.id));
  expect([...widths.keys()].filter((id) => !known.has(id))).toEqual([]);
  return dependencies.groups.map((g) => widths.get(g.id) ?? g.size);
}

function resnetWidths(genes: readonly number[]): Map<string, number> {
  const widths = new Map([['stem_conv', width(64, genes[0])]]);
  let gene = 4;
  [3, 4, 6, 3].forEach((blocks, stage) => {
    if (stage < 3) widths.set(`stage${stage + 1}_block1_3_conv`, width(256 * 2 ** stage, genes[stage + 1]));
    for (let block = 1; block <= blocks; block++, gene++)
      for (const conv of [1, 2])
        widths.set(`stage${stage + 1}_block${block}_${conv}_conv`, width(64 * 2 ** stage, genes[gene]));
  });
  expect(gene).toBe(genes.length);
  return widths;
}

function v1Widths(genes: readonly number[]): Map<string, number> {
  const bases = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024];
  return new Map(
    genes.map((gene, i) => [i === 0 ? 'stem_conv' : `block${i}_pointwise_conv`, width(bases[i], gene)]),
  );
}

function v2Widths(overall: readonly number[], mid: readonly number[]): Map<string, number> {
  const outputs = [22, 33, 33, 44, 44, 44, 88, 88, 88, 88, 132, 132, 132, 224, 224, 224, 448];
  const widths = new Map([['stem_conv', width(44, overall[0])]]);
  outputs.forEach((base, i) => {
    const before = i === 0 ? 44 : outputs[i - 1];
    if (base !== before) widths.set(`block${i + 1}_project_conv`, width(base, overall[i + 1]));
    widths.set(`block${i + 1}_expand_conv`, width((i === 0 ? 1 : 6) * before, mid[i]));
  });
  return widths;
}

test('ResNet-50: whole, and the three published vectors', () => {
  const { dependencies, millions, full } = network('resnet50', true);
  const at = (genes: number[]) => architecture(dependencies, resnetWidths(genes));
  expect(millions(full)).toBe('4111.71');
  const rmp = [14, 14, 16, 22, 21, 22, 20, 19, 16, 22, 16, 20, 22, 12, 25, 18, 15, 21, 21, 21];
  expect(millions(at(rmp))).toBe('1950.24');
  const mp2 = [23, 17, 16, 17, 16, 16, 18, 20, 18, 25, 11, 29, 22, 18, 13, 27, 17, 23, 23, 20];
  expect(millions(at(mp2))).toBe('2004.81');
  const mp1 = [19, 9, 15, 13, 10, 9, 10, 6, 9, 13, 11, 12, 7, 18, 7, 13, 12, 10, 19, 18];
  expect(millions(at(mp1))).toBe('1038.43');
});

test('MobileNetV1: whole, and the two published vectors', () => {
  const { dependencies, millions, full } = network('mobilenet-v1', false);
  const at = (genes: number[]) => architecture(dependencies, v1Widths(genes));
  expect(millions(full)).toBe('573.83');
  expect(millions(at([19, 21, 7, 14, 21, 13, 24, 19, 22, 28, 23, 22, 20]))).toBe('295.61');
  expect(millions(at([28, 18, 10, 23, 23, 22, 22, 13, 17, 28, 17, 25, 29]))).toBe('316.80');
});

test('MobileNetV2: whole, and the published vector', () => {
  const { dependencies, millions, full } = network('mobilenet-v2', false);
  expect(millions(full)).toBe('579.30');
  const overall = [7, 10, 16, 16, 18, 18, 18, 16, 16, 16, 16, 12, 12, 12, 18, 18, 18, 14];
  const mid = [17, 11, 12, 24, 15, 12, 19, 25, 24, 14, 16, 10, 8, 21, 24, 21, 21];
  expect(millions(architecture(dependencies, v2Widths(overall, mid)))).toBe('199.83');
});
