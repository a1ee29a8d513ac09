import { findGroups } from '../../../graph/channels.ts';
import { methods } from '../../../methods/index.ts';
import { MULTIPLES } from '../../../protocol/reach.ts';
import type { ReachTable } from '../../../protocol/reach.ts';
import { tableOf } from '../../../run/plan/feasibility.ts';
import type { Models } from '../../../run/result/model-cache.ts';

/** The narrowest networks of a model by every method: what the page needs to answer for itself. @throws InputError */
export async function reachTable(
  models: Models,
  asked: {
    readonly model: string;
    readonly freeze: readonly string[];
    readonly interiorOutputs: boolean;
    readonly multiple?: number | undefined;
  },
): Promise<ReachTable> {
  const { model } = await models.open(asked.model);
  const { freeze, interiorOutputs, multiple } = asked;
  const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
  const multiples = multiple === undefined ? MULTIPLES : [...MULTIPLES, multiple];
  return tableOf(model.graph, dependencies, [...methods.values()], multiples);
}
