import { expect, test } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import type { Weights } from '../../../src/graph/types.ts';
import { costsOf } from '../../../src/methods/budgets.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import { geneMapOf, widthsOf } from '../../../src/methods/rewarded-meta/levels.ts';
import { searchProblem } from '../../../src/methods/rewarded-meta/search.ts';
import { affordableTable, ruleSeeds } from '../../../src/methods/rewarded-meta/seeds.ts';
import type { Lost } from '../../../src/methods/knapsack/lost.ts';
import type { MethodContext } from '../../../src/methods/types.ts';
import type { Architecture } from '../../../src/terms/candidates.ts';
import { smallNet } from '../nets.ts';

const net = smallNet();
const dependencies = findGroups(net.graph);

function contextOf(weights: Weights): MethodContext {
  const whole = costsOf(net.graph, dependencies, [{ metric: 'macs', limit: 1, original: 1 }]);
  const { macs } = whole.cost(fullArchitecture(dependencies));
  const budgets = [{ metric: 'macs' as const, limit: macs / 2, original: macs }];
  return { ...net, weights, dependencies, budgets, random: new Random(1), settings: {}, roundTo: 1 };
}

function seeds(context: MethodContext, measured?: Lost) {
  const geneMap = geneMapOf(dependencies);
  const costs = costsOf(net.graph, dependencies, context.budgets);
  const problem = searchProblem(geneMap, costs, { windowLow: 0.8, includeUniform: true });
  const found = ruleSeeds(context, costs, geneMap, problem, new Random(2), measured);
  const genes = found.map((one) => one.genes);
  const names = found.map(({ name }) => name);
  return { names, genes, problem, widths: genes.map((one) => widthsOf(geneMap, one)) };
}

/** The widths of the control of this name. */
async function control(context: MethodContext, name: string): Promise<Architecture> {
  const events = methodNamed(name).run({ ...context, settings: { widths: 'global' } });
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value.chosen.architecture;
  }
}

test('a search begins with what the rules of one ranking give: their widths but for a few levels, in the window', async () => {
  const context = contextOf(net.weights);
  const { names, genes, problem, widths } = seeds(context);
  expect(names).toEqual(['l1', 'bn-scale', 'knapsack', 'greedy-slimming']);
  for (const [i, rule] of ['l1', 'bn-scale'].entries()) {
    expect(problem.side(genes[i])).toBe(0);
    const wanted = await control(context, rule);
    // uniform widths have the stem at three quarters; what is narrow is filled up into the window
    expect(widths[i][0]).toBe(wanted[0]);
    widths[i].forEach((width, g) => expect(Math.abs(width - wanted[g])).toBeLessThanOrEqual(2));
  }
});

test('with what the knapsack gives, and slices taken greedily: what the table says of its groups holds for both', () => {
  const context = contextOf(net.weights);
  // one group that minds nothing, and one that minds whatever goes
  const [careless, precious] = dependencies.groups.filter(({ frozen }) => frozen === undefined);
  const lost: Lost = (group, width) => {
    const { size } = dependencies.groups[group];
    if (group === careless.index) return 0;
    return (group === precious.index ? 100 : 1) * (size - width);
  };
  const { genes, names, problem, widths } = seeds(context, lost);
  for (const name of ['knapsack', 'greedy-slimming']) {
    const at = names.indexOf(name);
    // levels as coarse as these may leave it just below the window, never above
    expect(problem.side(genes[at])).not.toBe(1);
    expect(widths[at][careless.index]).toBeLessThan(careless.size / 2);
    expect(widths[at][precious.index]).toBe(precious.size);
  }
});

test('a table of what each group minds is measured where it takes no more than a tenth of the search', () => {
  const about = { dependencies, roundTo: 1 };
  const all = affordableTable(about, 10_000)!;
  const open = dependencies.groups.filter(({ frozen }) => frozen === undefined);
  expect(new Set(all.map(({ group }) => group))).toEqual(new Set(open.map(({ index }) => index)));
  const fewer = affordableTable(about, 10 * all.length)!;
  expect(fewer.length).toBeLessThan(all.length);
  expect(affordableTable(about, 10 * (1 + fewer.length))).toEqual(fewer);
  expect(affordableTable(about, 10 * fewer.length)).toBeNull();
});
