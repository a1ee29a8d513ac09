import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readRegular } from '../../files/regular.ts';
import { engineFile, failureFile } from '../../protocol/look.ts';
import type { EngineFile } from '../../protocol/look.ts';
import type { RunStatus, RunSummary } from '../../protocol/events.ts';
import { RunFolder } from './folder.ts';
import { lockOwner } from '../../files/lock.ts';
import { logOf } from './event-log.ts';
import type { Plan } from '../plan/plan.ts';
import type { Target } from '../plan/targets.ts';
import type { Written } from './written.ts';
import { writtenNow } from './written.ts';

/** Every run of a workspace, the newest first; folders that hold no run of this version are passed over. */
export async function listRuns(workspace: string): Promise<RunSummary[]> {
  const runs = path.join(workspace, '.espalier', 'runs');
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
  const { mtimeMs } = await stat(run.file('run.json'));
  const log = logOf(run.folder);
  await log.refresh();
  const { facts } = log;
  const main = facts.arms.get(plan.method);
  const failure = await failureOf(run.folder);
  return {
    id: run.id,
    folder: run.folder,
    status: await statusOf(run.folder, facts.done, failure !== null),
    model: run.resolve(plan.model.path),
    method: plan.method,
    effort: plan.effort,
    seed: plan.seed,
    goal: goalOf(plan),
    created: mtimeMs,
    candidates: facts.candidates,
    result:
      main && facts.original
        ? {
            accuracy: main.accuracy,
            original: facts.originalAccuracy,
            macsShare: main.cost.macs / Math.max(facts.original.macs, 1),
            paramsShare: main.cost.params / Math.max(facts.original.params, 1),
          }
        : null,
    written: facts.written ? { ...files(facts.written), now: await writtenNow(facts.written) } : null,
    failure,
  };
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
  // whoever has the lock works on it: an engine process, or the command line, which leaves no engine.json
  if (await lockOwner(folder)) {
    const engine = await readEngineFile(folder);
    return engine?.status ?? 'running';
  }
  if (failed) return 'failed';
  return done ? 'done' : 'stopped';
}

/** What the process that works on a run left, whether it still lives or not; null where there is nothing. */
export async function readEngineFile(folder: string): Promise<EngineFile | null> {
  try {
    return engineFile.parse(
      JSON.parse((await readRegular(path.join(folder, 'engine.json'))).toString('utf8')),
    );
  } catch {
    return null;
  }
}

async function failureOf(folder: string): Promise<string | null> {
  try {
    return failureFile.parse(
      JSON.parse((await readRegular(path.join(folder, 'failure.json'))).toString('utf8')),
    ).message;
  } catch {
    return null;
  }
}

function goalOf({ targets }: Plan): string {
  return targets.map(goal).join(', ');
}

function goal({ metric, value, relative, command }: Target): string {
  return `${metric === 'script' ? `"${command}"` : metric} ≤ ${value}${relative ? '%' : ''}`;
}
