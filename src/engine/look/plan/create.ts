import { findGroups } from '../../../graph/channels.ts';
import type { Draft } from '../../../protocol/plan.ts';
import { makePlan } from '../../../run/plan/make-plan.ts';
import { refuseOverInputs, withOwnNames } from '../../../run/result/output-names.ts';
import { armsOf, reachOf, refuseUnreachable } from '../../../run/plan/feasibility.ts';
import { RunFolder } from '../../../run/store/folder.ts';
import type { Models } from '../../../run/result/model-cache.ts';

/** Makes the folder of a run; nothing runs yet. @throws InputError where the draft can't be a plan, or its goal can't be reached */
export async function create(models: Models, draft: Draft): Promise<{ folder: string; id: string }> {
  const plan = await withOwnNames(draft.workspace, await makePlan(draft.workspace, draft));
  await refuseOverInputs(draft.workspace, plan);
  const { freeze, interiorOutputs, targets, roundTo } = plan;
  const { model } = await models.open(draft.model);
  const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
  // no run is left behind, or queued, that can only be refused
  refuseUnreachable(targets, reachOf(model.graph, dependencies, targets, roundTo, armsOf(plan)));
  const run = await RunFolder.create(draft.workspace, plan);
  const { folder, id } = run;
  await run.close();
  return { folder, id };
}
