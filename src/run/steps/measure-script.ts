import type { Model } from '../../graph/types.ts';
import { rm } from 'node:fs/promises';
import { temporaryFolder } from '../../files/temporary.ts';
import { outputs } from '../../formats/identity.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { ScriptLimits } from '../plan/script.ts';
import type { RunPorts } from './ports.ts';

/** Writes the network to a temporary file and asks the user's script for its number. */
export async function measureScript(
  ports: RunPorts,
  command: string,
  model: LoadedModel,
  network: Model,
  limits: ScriptLimits = {},
): Promise<number> {
  const folder = await temporaryFolder('measure');
  try {
    const file = outputs(model, folder).model;
    await ports.saveModel(model, network.graph, network.weights, file);
    return await ports.script(command, file, limits);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
