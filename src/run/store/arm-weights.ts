import { createHash } from 'node:crypto';
import { makeFolder } from '../../files/make-folder.ts';
import { InputError } from '../../graph/errors.ts';
import type { Weights } from '../../graph/types.ts';
import { DamagedCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { RunFolder } from './folder.ts';
import type { ArmState } from './state.ts';

/**
 * Puts a finished arm's weights aside, so that they weigh on no later checkpoint and can still be written.
 * @returns what they are known by again, for the arm's state
 */
export async function fileWeights(run: RunFolder, arm: string, arrays: Weights): Promise<string> {
  const folder = weightsFolder(run, arm);
  await run.mustHold();
  await makeFolder(folder);
  await writeCheckpoint(folder, { json: { arm }, arrays });
  return hashOf(arrays);
}

/**
 * The trained weights of a finished arm that were put aside, where they are its own; null where there are none.
 * @param cut the network cut from the source, which they must fit
 * @throws InputError where they are damaged, or another network's
 */
export async function ownWeights(run: RunFolder, arm: ArmState, cut: Weights): Promise<Weights | null> {
  try {
    const found = await readCheckpoint(weightsFolder(run, arm.name));
    if (!found) return null;
    const { arm: named } = found.json as { arm?: unknown };
    const own = arm.filed === undefined ? named === arm.name : arm.filed === hashOf(found.arrays);
    if (!own || !fits(found.arrays, cut)) throw unusable(run, arm.name, "holds another network's");
    return found.arrays;
  } catch (error) {
    if (error instanceof DamagedCheckpoint) throw unusable(run, arm.name, `is damaged (${error.why})`);
    throw error;
  }
}

/** What is said of weights that a finished run no longer has. @param why a clause about their folder */
export function unusable(run: RunFolder, arm: string, why: string): InputError {
  return new InputError(
    `the weights that ${arm} was trained to can't be had: ${weightsFolder(run, arm)} ${why}; put back what was there, or prune again in a new run`,
  );
}

/** Whether weights are of a network of the same widths. */
export function fits(weights: Weights, cut: Weights): boolean {
  return [...cut].every(([param, { length }]) => weights.get(param)?.length === length);
}

function hashOf(arrays: Weights): string {
  const hash = createHash('sha256');
  for (const [name, values] of arrays) {
    hash.update(`${name} ${values.length}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

/** Where an arm's weights are put aside. */
export function weightsFolder(run: RunFolder, name: string): string {
  return run.file(`weights-${name.replace(/[^A-Za-z0-9._-]+/g, '-')}`);
}
