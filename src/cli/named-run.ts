import path from 'node:path';
import { isRun } from '../files/run-signs.ts';
import { InputError } from '../graph/errors.ts';
import { RunFolder } from '../run/store/folder.ts';
import { espalierFolder, runsFolder } from '../terms/run-folder.ts';

/** The folder of a run as the command line names it: by its id, or by its folder. @throws InputError where there is none */
export async function namedRun(workspace: string, name: string): Promise<string> {
  const inRuns = path.join(workspace, espalierFolder, runsFolder, name);
  const folder = (await isRun(inRuns)) ? inRuns : path.resolve(name);
  if (await isRun(folder)) return folder;
  throw new InputError(`there is no run "${name}" in ${path.join(espalierFolder, runsFolder)}`);
}

/** The run that is named, or else the workspace's last. @throws InputError where there is none */
export async function namedOrLastRun(workspace: string, name: string | undefined): Promise<string> {
  if (name !== undefined) return await namedRun(workspace, name);
  const last = await RunFolder.latest(workspace, 'any');
  if (last === null)
    throw new InputError('there is no run here yet; start one with espalier prune MODEL, or name one');
  return last;
}
