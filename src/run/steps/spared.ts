import { EQUAL_COST } from '../../protocol/controls.ts';
import { fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import type { Stopped } from '../../methods/types.ts';
import { moreEpochs, spent } from '../plan/equal-cost.ts';
import type { ArmState } from '../store/state.ts';
import type { RunEvent } from '../../terms/run-events.ts';
import type { RunContext } from './run-context.ts';

/**
 * Puts what the search of a run's goal left undone into fine-tuning: so many epochs more, for every arm alike, as fit
 * into that time. What the searches of cheaper points leave undone is saved, since other arms are trained by then; and
 * epochs that a user asked for stay as they are.
 * @returns the event that says so, recorded
 */
export async function useSpared(
  context: RunContext,
  arm: ArmState,
  main: ArmState,
  { scored, of, rule, spared }: Stopped,
): Promise<RunEvent> {
  const { session } = context;
  const { state } = session;
  arm.spared = spent(spared);
  const epochs = arm === main ? affordable(context, arm) : 0;
  // once, as the checkpoint behind it has both this and that the method is done
  if (epochs) state.fineTuning = { ...state.fineTuning!, epochs: state.fineTuning!.epochs + epochs };
  return await session.record({ type: 'stopped', arm: arm.name, scored, of, rule, epochs });
}

/** Epochs more for every arm. */
function affordable({ session, plan, model, dependencies, trainer }: RunContext, arm: ArmState): number {
  const { fineTuning, arms } = session.state;
  if (!trainer || !fineTuning?.epochs || plan.fineTuneEpochs !== undefined) return 0;
  const { train, validation } = trainer.images.set;
  const full = costModel(model.graph, dependencies)(fullArchitecture(dependencies)).macs;
  return moreEpochs(arm.spared!, {
    // that one goes by what the method cost
    arms: arms.filter(({ name }) => name !== EQUAL_COST).length,
    share: arm.candidate!.cost.macs / full,
    train: train.size,
    validation: validation.size,
    distilled: Boolean(fineTuning.distillation),
  });
}
