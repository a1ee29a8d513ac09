import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readEngineFile, readFailure } from '../../files/run-signs.ts';
import type { RunStatus, RunSummary } from '../../protocol/runs.ts';
import { RunFolder } from './folder.ts';
import { lockOwner } from '../../files/lock.ts';
import { logOf } from './event-log.ts';
import type { Plan } from '../plan/plan.ts';
import type { ArmData } from '../../terms/run-data.ts';
import { writtenNow } from './written.ts';
import type { Target } from '../../terms/goals.ts';
import type { Written } from '../../terms/written.ts';
import { espalierFolder, runFiles, runsFolder } from '../../terms/run-folder.ts';
import { furthest } from '../../terms/scores.ts';

/** Every run of a workspace, the newest first; folders that hold no run of this version are passed over. */
export async function listRuns(workspace: string): Promise<RunSummary[]> {
  const runs = path.join(workspace, espalierFolder, runsFolder);
  const names = await readdir(runs).catch((): string[] => []);
  const found: RunSummary[] = [];
  for (const name of names) {
    const summary = await summariseRun(path.join(runs, name)).catch(() => null);
    if (summary) found.push(summary);
  }
  return found.sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
}

/** How a run stands. @throws InputError where the folder holds none */
export async function summariseRun(folder: string): Promise<RunSummary> {
  const { run, plan } = await RunFolder.look(folder);
  const { mtimeMs } = await stat(run.file(runFiles.plan));
  const log = logOf(run.folder);
  await log.refresh();
  const { data } = log;
  const main = data.arms.find(({ arm }) => arm === plan.method);
  const written = data.written.at(-1);
  const failure = (await readFailure(run.folder))?.message ?? null;
  return {
    id: run.id,
    folder: run.folder,
    status: await statusOf(run.folder, data.done, failure !== null),
    model: run.resolve(plan.model.path),
    method: plan.method,
    effort: plan.effort,
    seed: plan.seed,
    goal: goalOf(plan),
    created: mtimeMs,
    candidates: log.found,
    result:
      main?.chosen && data.cost
        ? {
            accuracy: lastAccuracy(main),
            ...(data.measure && { measure: data.measure }),
            original: data.scores.validation.original?.accuracy,
            macsShare: main.chosen.cost.macs / Math.max(data.cost.macs, 1),
            paramsShare: main.chosen.cost.params / Math.max(data.cost.params, 1),
          }
        : null,
    written: written ? { ...files(written), now: await writtenNow(written) } : null,
    failure,
  };
}

/** The accuracy that was measured last, on validation. */
function lastAccuracy({ chosen, scores: { validation } }: ArmData): number | undefined {
  return furthest(validation)?.accuracy ?? chosen?.accuracies.recalibrated;
}

function files({
  model,
  config,
  report,
  beside,
  sha256,
}: Written): Omit<NonNullable<RunSummary['written']>, 'now'> {
  return {
    model,
    config,
    report,
    beside: beside && [...beside],
    sha256: sha256 && { ...sha256, beside: sha256.beside && [...sha256.beside] },
  };
}

async function statusOf(folder: string, done: boolean, failed: boolean): Promise<RunStatus> {
  // the lock's holder works on it: an engine process, or the command line, which leaves no engine.json
  if (await lockOwner(folder)) {
    const engine = await readEngineFile(folder);
    return engine?.status ?? 'running';
  }
  if (failed) return 'failed';
  return done ? 'done' : 'stopped';
}

function goalOf({ targets }: Plan): string {
  return targets.map(goal).join(', ');
}

function goal({ metric, value, relative, command }: Target): string {
  return `${metric === 'script' ? `"${command}"` : metric} ≤ ${value}${relative ? '%' : ''}`;
}
