import { makeFolder } from '../../files/make-folder.ts';
import type { Weights } from '../../graph/types.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { RunFolder } from './folder.ts';

/** Puts a finished arm's weights aside, so that they weigh on no later checkpoint and can still be written. */
export async function fileWeights(run: RunFolder, arm: string, arrays: Weights): Promise<void> {
  const folder = weightsFolder(run, arm);
  await run.mustHold();
  await makeFolder(folder);
  await writeCheckpoint(folder, { json: { arm }, arrays });
}

/** The trained weights of an arm that was put aside; null where there are none. */
export async function readWeights(run: RunFolder, arm: string): Promise<Weights | null> {
  return (await readCheckpoint(weightsFolder(run, arm)))?.arrays ?? null;
}

function weightsFolder(run: RunFolder, name: string): string {
  return run.file(`weights-${name.replace(/[^A-Za-z0-9._-]+/g, '-')}`);
}
