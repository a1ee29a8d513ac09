import { describe, expect, it } from 'vitest';
import { createNetwork } from '../../../src/formats/networks/index.ts';
import { costModel } from '../../../src/graph/cost.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { methods } from '../../../src/methods/index.ts';
import { reach } from '../../../src/protocol/reach.ts';
import {
  armsOf,
  reachOf,
  reachSentence,
  refuseUnreachable,
  tableOf,
} from '../../../src/run/plan/feasibility.ts';
import { parseGoals } from '../../../src/run/plan/targets.ts';
import type { Target } from '../../../src/terms/goals.ts';
import { staticMetric } from '../../../src/terms/goals.ts';

const { graph } = createNetwork('cnn4', { seed: 1 });
const dependencies = findGroups(graph);
const cost = costModel(graph, dependencies);
const full = cost(dependencies.groups.map(({ size }) => size));
const said = (
  target: string,
  method: string,
  rounding: number | 'auto' = 'auto',
  controls: string[] = [],
) => {
  const [goal] = parseGoals([target]).targets;
  const found = reachOf(graph, dependencies, [goal], rounding, armsOf({ method, controls }));
  return {
    ...found.targets[0],
    roundTo: found.roundTo,
    sentence: reachSentence(goal, found.targets[0], found.roundTo),
  };
};

describe('what can be reached', () => {
  it('knows the method: rewarded-meta keeps a tenth of every group, l1 a channel', () => {
    // a tenth of every group, rounded down, worked out here
    const tenth = dependencies.groups.map(({ size, frozen }) =>
      frozen === undefined ? Math.max(1, Math.floor(size / 10)) : size,
    );
    const share = (100 * cost(tenth).macs) / full.macs;
    expect(said(`macs=${share - 0.05}%`, 'rewarded-meta', 1)).toMatchObject({
      verdict: 'unreachable',
      because: 'rewarded-meta',
      least: cost(tenth).macs,
    });
    expect(said(`macs=${share + 0.05}%`, 'rewarded-meta', 1).verdict).toBe('reachable');
    expect(said(`macs=${share - 0.05}%`, 'l1', 1)).toMatchObject({ verdict: 'reachable', because: null });
    // a control has to reach it too
    expect(said(`macs=${share - 0.05}%`, 'l1', 1, ['metapruning']).because).toBe('metapruning');
  });

  it.each(staticMetric.options)(
    'the nearest that is named can be reached, in percent and in its own unit: %s',
    (metric) => {
      for (const method of methods.keys())
        for (const rounding of ['auto', 1, 8] as const)
          for (const goal of [`${metric}=0.01%`, `${metric}=1`]) {
            const { verdict, sentence, nearest } = said(goal, method, rounding);
            expect(verdict).toBe('unreachable');
            if (nearest === null) continue;
            const [, named] = /the nearest is (\S+)/.exec(sentence)!;
            expect(named.endsWith('%')).toBe(goal.endsWith('%'));
            expect(said(named, method, rounding).verdict).toBe('reachable');
          }
    },
  );

  it('says nothing of what has to be measured, and refuses what is met already', () => {
    expect(said('latency=50%', 'l1')).toMatchObject({ verdict: 'measured', least: null, limit: null });
    const within = parseGoals([`macs=${2 * full.macs}`]).targets;
    const found = reachOf(graph, dependencies, within, 'auto', []);
    expect(() => refuseUnreachable(within, found)).toThrow(/within it already/);
  });

  it('the page, which has the table of all methods, says what the run says', () => {
    const table = JSON.parse(
      JSON.stringify(tableOf(graph, dependencies, [...methods.values()])),
    ) as ReturnType<typeof tableOf>;
    const goals: Target[][] = [1, 5, 20, 50].map((value) => [{ metric: 'bytes', value, relative: true }]);
    for (const goal of goals)
      for (const method of methods.keys())
        expect(reach(table, goal, 'auto', [method])).toEqual(
          reachOf(graph, dependencies, goal, 'auto', armsOf({ method, controls: [] })),
        );
    expect(reach(table, goals[0], 12, ['l1'])).toBeNull();
  });
});
