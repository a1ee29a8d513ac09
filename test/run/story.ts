import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { Random } from '../../src/graph/random.ts';
import type { Weights } from '../../src/graph/types.ts';
import { runPrune } from '../../src/run/prune.ts';
import { weightsFolder } from '../../src/run/store/arm-weights.ts';
import type { Plan } from '../../src/run/plan/plan.ts';
import { readEvents, RunFolder } from '../../src/run/store/folder.ts';
import { readCheckpoint } from '../../src/run/store/checkpoint.ts';
import type { RunEvent } from '../../src/terms/run-events.ts';
import { fakeServices, workspaceWithPlan } from './fake.ts';

/** The config that a run wrote in this workspace. */
export const configIn = async (where: string): Promise<string> =>
  await readFile(path.join(where, 'out', 'net.espalier.json'), 'utf8');

/** What a run recorded, without what may differ: the clock, and where its folder is. */
export async function recorded(run: string): Promise<RunEvent[]> {
  const { events } = await readEvents(run);
  return events.filter(({ type }) => type !== 'written').map((event) => ({ ...event, at: undefined }));
}

/** A run from its beginning to its end in a workspace of its own. */
export async function wholeRun(where: string, changes: Partial<Plan>, ports = fakeServices()) {
  const plan = await workspaceWithPlan(where, changes);
  const run = await RunFolder.create(where, plan);
  const events = runPrune(run, plan, ports, { checkpointSeconds: 1e6 });
  try {
    while (!(await events.next()).done);
  } finally {
    await run.close();
  }
  return { where, run, events: await recorded(run.folder), config: await configIn(where) };
}

/** The weights that a finished arm's were put aside as; null where there are none. */
export async function weightsAside(run: RunFolder, arm: string): Promise<Weights | null> {
  return (await readCheckpoint(weightsFolder(run, arm)))?.arrays ?? null;
}

/**
 * One session of a run, stopped after so many events.
 * @returns whether it came to its end before
 */
export async function aPiece(
  run: RunFolder,
  plan: Plan,
  checkpointSeconds: number,
  events: number,
  ports = fakeServices(),
) {
  const controller = new AbortController();
  const story = runPrune(run, plan, ports, { checkpointSeconds, signal: controller.signal });
  let left = events;
  try {
    while (!(await story.next()).done) if (--left <= 0) controller.abort();
    return true;
  } catch (error) {
    expect((error as Error).name).toBe('Interrupted');
    return false;
  } finally {
    await run.close();
  }
}

/** A whole run, stopped after at most so many events again and again, and gone on. Tells how often. */
export async function runInPieces(
  where: string,
  changes: Partial<Plan>,
  random: Random,
  most: number,
  ports = fakeServices(),
) {
  const plan = await workspaceWithPlan(where, changes);
  let run = await RunFolder.create(where, plan);
  let stops = 0;
  while (!(await aPiece(run, plan, 0, random.integer(1, most), ports))) {
    stops++;
    ({ run } = await RunFolder.open(run.folder));
  }
  return { run, stops };
}
