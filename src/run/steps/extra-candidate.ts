import { InputError } from '../../graph/errors.ts';
import { runArm } from './arms.ts';
import { networkOf } from './run-context.ts';
import { fileWeights } from '../store/arm-weights.ts';
import type { RunFolder } from '../store/folder.ts';
import { findCandidate } from '../store/event-log.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunOptions, RunPorts } from './ports.ts';
import { Session } from './session.ts';
import { prepareRun } from './context.ts';
import type { PreparedRun } from './context.ts';
import type { ArmState } from '../store/state.ts';
import { weightsFor } from './weights.ts';
import { extraArm } from '../../terms/candidates.ts';
import type { CandidateRef } from '../../terms/candidates.ts';
import type { RunEvent } from '../../terms/run-events.ts';

/**
 * Takes another candidate than the chosen one through all that a run does with its own: cut, recalibrated, fine-tuned,
 * tested, its latency measured. It is an arm of its own, called "ARM#ID", in the same run: it stops, goes on and is
 * recorded like any other, and what the run itself was about stays as it was. It starts from the source's weights: those
 * that a method's generator made are gone.
 * @throws InputError where there is no such candidate, or no images to train on
 */
export async function* runCandidate(
  run: RunFolder,
  plan: Plan,
  which: CandidateRef,
  ports: RunPorts,
  options: RunOptions = {},
): AsyncGenerator<RunEvent, void, void> {
  const session = new Session(run, options, 'innerExtra');
  await session.load();
  options.onLoaded?.();
  if (!session.state.prepared)
    throw new InputError(`the run ${run.id} has not come to any candidate yet; let it go on first`);
  if (!plan.data) throw new InputError(`the run ${run.id} has no images to fine-tune on`);
  const extra = await extraOf(run, session, which);
  let context: PreparedRun | null = null;
  try {
    context = yield* prepareRun(run, plan, ports, session);
    // the weights that its method made are gone
    extra.weights ??= weightsFor((await ports.method(plan.method)).weights, plan.retrain, {
      untrained: context.untrained,
      trains: Boolean(context.fineTuning?.epochs),
      made: false,
    });
    if (extra.step === 'cut') {
      const message = `candidate ${which.id} of ${which.arm}, cut from the original's weights`;
      yield await session.record({ type: 'stage', arm: extra.name, stage: 'cut', message });
    }
    if (extra.step !== 'done') yield* runArm(context, extra, extra);
    // already filed: nothing is left to do
    if (session.weights.has(extra.name)) yield* finish(context, run, extra);
  } finally {
    await context?.trainer?.close();
  }
}

/** The arm of a candidate: where it was left, or at its beginning. */
async function extraOf(run: RunFolder, { state }: Session, { arm, id }: CandidateRef): Promise<ArmState> {
  const name = extraArm(arm, id);
  state.extras ??= [];
  const known = state.extras.find((one) => one.name === name);
  if (known) return known;
  const { origin, architecture, kept, cost, reward } = await findCandidate(run.folder, arm, id);
  const fresh: ArmState = {
    name,
    step: 'cut',
    tries: 0,
    candidate: {
      id,
      origin,
      architecture: [...architecture],
      kept: kept.map((channels) => [...channels]),
      cost: { ...cost },
      accuracies: {},
      reward,
    },
    scores: {},
  };
  state.extras.push(fresh);
  return fresh;
}

/** Measures what it came to, and puts its weights aside, so that they weigh on no later checkpoint. */
async function* finish(
  { session, model, ports, plan, ...rest }: PreparedRun,
  run: RunFolder,
  extra: ArmState,
): AsyncGenerator<RunEvent, void, void> {
  const network = networkOf({ session, model, ports, plan, ...rest }, extra);
  try {
    const latency = await ports.latency(model, network, plan.threads);
    yield await session.record({ type: 'latency', arm: extra.name, ...latency });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `latency could not be measured: ${why}`;
    yield await session.record({ type: 'warning', arm: extra.name, message });
  }
  const arrays = session.weights.get(extra.name)!;
  extra.filed = await fileWeights(run, extra.name, arrays);
  session.weights.delete(extra.name);
  yield await session.record({ type: 'done', arm: extra.name });
  await session.save();
}
