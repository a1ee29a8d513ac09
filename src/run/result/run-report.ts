import type { ReportArm, RunReport } from '../../report/types.ts';
import { candidateOfArm, isAtGoal } from '../../terms/candidates.ts';
import type { KeptChannels } from '../../terms/candidates.ts';
import { curvesOf } from '../../terms/comparison/curves.ts';
import { raceTable } from '../../terms/comparison/race.ts';
import { titled } from '../../terms/images.ts';
import { emptyRun, withEvents } from '../../terms/run-data.ts';
import type { ArmData, RunData } from '../../terms/run-data.ts';
import type { RunEvent } from '../../terms/run-events.ts';
import type { Plan } from '../plan/plan.ts';

/** What a run's report shows, read off its recorded events alone: also of a run that has not ended. */
export function summarise(plan: Plan, engine: string, events: readonly RunEvent[]): RunReport {
  const run = withEvents(emptyRun(''), events);
  const kept = new Map<string, KeptChannels>();
  for (const event of events) if (event.type === 'chosen') kept.set(event.arm, event.candidate.kept);
  const { opened, backend, data } = run;
  return {
    model: plan.model.path.split('/').at(-1)!,
    format: opened?.model.format ?? '',
    engine,
    method: plan.method,
    seed: plan.seed,
    effort: plan.effort,
    backend: backend ? `${backend.name}, ${backend.threads} threads` : undefined,
    cost: run.cost ?? { macs: 0, params: 0, bytes: 0, peakActivationBytes: 0 },
    budgets: run.budgets,
    accuracyDrop: plan.accuracyDrop,
    data: data ? { ...data, preprocess: titled(data.preprocess) } : undefined,
    original: { validation: run.scores.validation.original, test: run.scores.test ?? undefined },
    latency: run.latency ?? undefined,
    // another candidate's fine-tuning is no part of what the run was about
    arms: run.arms
      .filter(({ arm }) => isAtGoal(arm))
      .map((arm, i) => armOf(run, arm, i > 0, kept.get(arm.arm))),
    // curves, where there is more than the goal's point
    fronts: curvesOf(run).curves.filter(({ points }) => points.length > 1),
    groups: opened?.groups ?? [],
    layers: opened?.layers ?? [],
    samples: run.samples,
    warnings: run.warnings
      .filter(({ arm }) => arm === undefined || !candidateOfArm(arm))
      .map(({ message }) => message),
    seconds: run.seconds,
  };
}

function armOf(run: RunData, arm: ArmData, control: boolean, kept: KeptChannels | undefined): ReportArm {
  const { cut, recalibrated, fineTuned } = arm.scores.validation;
  return {
    name: arm.arm,
    control,
    chosen: arm.chosen ?? undefined,
    kept,
    scores: { cut, recalibrated, fineTuned, test: arm.scores.test ?? undefined },
    candidates: arm.candidates,
    generations: arm.generations,
    rule: arm.raced.some(({ id, rule }) => rule && id === arm.chosen?.id) ? arm.chosen?.origin : undefined,
    stopped: arm.stopped ?? undefined,
    race: raceTable(arm.raced, arm.candidates),
    losses: run.losses.filter((loss) => loss.arm === arm.arm),
    seconds: arm.seconds,
    epochs: arm.fineTuning?.epochs,
  };
}
