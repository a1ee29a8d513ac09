import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../support/builder.ts';
import { findGroups, lengthsOverChannels, statisticsOverChannels } from '../../src/graph/channels.ts';
import { InputError } from '../../src/graph/errors.ts';
import { Random } from '../../src/graph/random.ts';
import { workOf } from '../support/work.ts';
import { cases } from './networks.ts';
import {
  costsAgree,
  permutationLeavesOutputs,
  prunedEqualsZeroed,
  randomInputs,
  randomKept,
} from './checks.ts';
import type { Dependencies } from '../../src/graph/types.ts';

/** Groups as the cases declare them. */
function told(dependencies: Dependencies): string[] {
  return dependencies.groups.map((g) => {
    const makers = new Set(g.members.filter((m) => m.role === 'producer').map((m) => m.layer));
    const reason = g.frozen === undefined ? '' : ` | ${g.frozen}`;
    return `${g.id} = ${g.size}: ${[...makers].join(' ')}${reason}`;
  });
}

describe.each(cases)('$name', ({ build, groups, options, opaque }) => {
  const b = new GraphBuilder({ seed: 3, lively: true });
  const { graph, weights } = b.build(build(b));
  const dependencies = findGroups(graph, options);

  it('has the declared groups', () => {
    expect(told(dependencies)).toEqual(Object.entries(groups).map(([id, text]) => `${id} = ${text}`));
    expect(new Set(dependencies.groups.map((g) => g.id)).size).toBe(dependencies.groups.length);
  });

  it('has a channel index for every position of every group', () => {
    for (const axes of [...Object.values(dependencies.params), ...Object.values(dependencies.values)])
      for (const axis of axes) {
        if (!axis) continue;
        const times = new Map<string, number>();
        axis.group.forEach((g, i) => {
          expect(g < 0).toBe(axis.channel[i] < 0);
          if (g < 0) return;
          const key = `${g} ${axis.channel[i]}`;
          times.set(key, (times.get(key) ?? 0) + 1);
        });
        for (const g of new Set(axis.group)) {
          if (g < 0) continue;
          const counts = Array.from(
            { length: dependencies.groups[g].size },
            (_, c) => times.get(`${g} ${c}`) ?? 0,
          );
          expect(new Set(counts).size).toBe(1);
        }
      }
  });

  it('costs at any architecture what the narrow network costs', () => {
    const random = new Random(5);
    for (const share of [0.3, 0.5, 0.8])
      costsAgree(graph, dependencies, randomKept(dependencies, random, share));
  });

  if (opaque) return;

  it('pruned equals zeroed', () => {
    const random = new Random(7);
    for (const share of [0.3, 0.7])
      prunedEqualsZeroed(
        graph,
        weights,
        dependencies,
        randomKept(dependencies, random, share),
        randomInputs(graph, random),
      );
  });

  it('a permutation of channels leaves the outputs', () => {
    const random = new Random(11);
    permutationLeavesOutputs(graph, weights, dependencies, random, randomInputs(graph, random));
  });
});

describe('findGroups', () => {
  it('names a layer that is to be frozen and is not there', () => {
    const b = new GraphBuilder();
    const { graph } = b.build(b.conv(b.input([4, 4, 3]), 4, 3));
    expect(() => findGroups(graph, { freeze: ['nothing'] })).toThrow(
      new InputError('there is no layer "nothing" to freeze'),
    );
  });

  it('freezes all layers of a nested model by its path', () => {
    const b = new GraphBuilder();
    let x = b.conv(b.input([4, 4, 3]), 4, 3, { name: 'inner/a' });
    x = b.conv(x, 5, 3, { name: 'inner/b' });
    x = b.conv(x, 6, 3, { name: 'innermost' });
    const { graph } = b.build(b.dense(b.globalPool(x), 2, { name: 'fc' }));
    const frozen = findGroups(graph, { freeze: ['inner'] }).groups.map((g) => g.frozen);
    expect(frozen).toEqual(['frozen on request', 'frozen on request', undefined, 'network output']);
  });

  it('tells members by what they do with the channels', () => {
    const b = new GraphBuilder();
    const x = b.relu(b.batchNorm(b.conv(b.input([4, 4, 3]), 4, 3, { name: 'a' }), { name: 'bn' }), {
      name: 'act',
    });
    const { graph } = b.build(b.dense(b.globalPool(x, { name: 'gap' }), 2, { name: 'fc' }));
    expect(findGroups(graph).groups[0].members).toEqual([
      { layer: 'a', node: 'a', role: 'producer' },
      { layer: 'bn', node: 'bn', role: 'through' },
      { layer: 'act', node: 'act', role: 'through' },
      { layer: 'gap', node: 'gap', role: 'through' },
      { layer: 'fc', node: 'fc', role: 'consumer' },
    ]);
  });

  it('numbers the groups of a layer that has several', () => {
    const b = new GraphBuilder();
    const x = b.input([4, 4, 3]);
    const c = b.conv(x, 6, 1, { name: 'C' });
    const joined = b.concat([b.conv(x, 2, 1, { name: 'A' }), b.conv(x, 4, 1, { name: 'B' })]);
    const { graph } = b.build(b.dense(b.globalPool(b.merge('add', [c, joined])), 2, { name: 'fc' }));
    expect(findGroups(graph).groups.map((g) => g.id)).toEqual(['C', 'C#2', 'fc']);
  });

  it('knows where statistics run over channels that can be removed', () => {
    const b = new GraphBuilder();
    const x = b.layerNorm(b.conv(b.input([4, 4, 3]), 4, 3), { name: 'over channels' });
    const y = b.layerNorm(x, { name: 'over height', axes: [0] });
    const norm = (x: string, fixed: 'groups' | 'channels') =>
      b.add({ kind: 'groupNorm', epsilon: 1e-3, fixed, count: 2 }, [x], { name: `same ${fixed}` });
    const z = norm(b.conv(norm(b.conv(y, 8, 1), 'channels'), 8, 1), 'groups');
    const unit = b.add({ kind: 'unitNorm', axes: [2], least: 1e-6 }, [b.conv(z, 8, 1)], { name: 'unit' });
    const { graph } = b.build(b.dense(b.globalPool(unit), 2));
    expect(statisticsOverChannels(graph, findGroups(graph))).toEqual(['over channels', 'same groups']);
    expect(lengthsOverChannels(graph, findGroups(graph)).map((n) => n.layer)).toEqual(['unit']);
  });

  it('follows 5,000 nodes without overflow, and works four times as much for four times as many', async () => {
    const deep = (blocks: number) => {
      const b = new GraphBuilder();
      let x = b.conv(b.input([4, 4, 3]), 64, 1);
      for (let i = 0; i < blocks; i++) {
        const y = b.relu(b.batchNorm(b.conv(b.relu(x), 64, 1)));
        x = b.merge('add', [x, y]);
      }
      return b.build(b.dense(b.globalPool(x), 10)).graph;
    };
    const whole = deep(1000);
    expect(whole.nodes.length).toBeGreaterThan(5000);
    expect(findGroups(whole).groups.map((g) => g.size)).toEqual([64, 10]);
    const [small, large] = [deep(25), deep(100)];
    const [few, many] = [await workOf(() => findGroups(small)), await workOf(() => findGroups(large))];
    expect(few).toBeGreaterThan(small.nodes.length);
    expect(many / few).toBeLessThan(5);
  });
});
