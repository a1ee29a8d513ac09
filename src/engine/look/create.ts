import type { Draft } from '../../protocol/plan.ts';
import { makePlan } from '../../run/draft.ts';
import type { Wanted } from '../../run/draft.ts';
import { withOwnNames } from '../../run/names.ts';
import { RunFolder } from '../../run/folder.ts';

/** Makes the folder of a run; nothing runs yet. @throws InputError where the draft can't be a plan */
export async function create(draft: Draft): Promise<{ folder: string; id: string }> {
  const plan = await withOwnNames(draft.workspace, await makePlan(draft.workspace, wanted(draft)));
  const run = await RunFolder.create(draft.workspace, plan);
  const { folder, id } = run;
  await run.close();
  return { folder, id };
}

/** A draft as what a plan is made from. */
export function wanted(draft: Draft): Wanted {
  const { data, interiorOutputs, ...rest } = draft;
  // makePlan takes what it knows and no more, so the workspace does no harm here
  return { ...rest, data: data ?? undefined, interiorOutputs: interiorOutputs || undefined };
}
