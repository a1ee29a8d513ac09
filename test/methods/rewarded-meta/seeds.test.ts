import { expect, test } from 'vitest';
import { fullArchitecture } from '../../../src/graph/architecture.ts';
import { findGroups } from '../../../src/graph/channels.ts';
import { Random } from '../../../src/graph/random.ts';
import type { Weights } from '../../../src/graph/types.ts';
import { costsOf } from '../../../src/methods/budgets.ts';
import { methodNamed } from '../../../src/methods/index.ts';
import { geneMapOf, widthsOf } from '../../../src/methods/rewarded-meta/levels.ts';
import { searchProblem } from '../../../src/methods/rewarded-meta/search.ts';
import { ruleGenes } from '../../../src/methods/rewarded-meta/seeds.ts';
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

function seeds(context: MethodContext) {
  const geneMap = geneMapOf(dependencies);
  const costs = costsOf(net.graph, dependencies, context.budgets);
  const problem = searchProblem(geneMap, costs, { windowLow: 0.8, includeUniform: true });
  const genes = ruleGenes(context, costs, geneMap, problem, new Random(2));
  return { genes, problem, widths: genes.map((one) => widthsOf(geneMap, one)) };
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
  const { genes, problem, widths } = seeds(context);
  expect(genes).toHaveLength(2);
  for (const [i, rule] of ['l1', 'bn-scale'].entries()) {
    expect(problem.side(genes[i])).toBe(0);
    const wanted = await control(context, rule);
    // uniform widths have the stem at three quarters; what is narrow is filled up into the window
    expect(widths[i][0]).toBe(wanted[0]);
    widths[i].forEach((width, g) => expect(Math.abs(width - wanted[g])).toBeLessThanOrEqual(2));
  }
});
