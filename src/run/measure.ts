import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { InputError } from '../graph/errors.ts';
import type { LoadedModel } from '../formats/types.ts';
import { outputs } from './result.ts';
import type { Services, Sized } from './services.ts';

/** SHA-256 of a model's file (its model.json for TensorFlow.js). @throws InputError where it can't be read */
export async function hashModel(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new InputError(
      `can't read the model "${file}": ${code === 'ENOENT' ? 'it is not there' : code === 'EISDIR' ? 'it is a folder; name the file in it' : String(code)}`,
    );
  }
  return hash.digest('hex');
}

/** Writes the network to a temporary file and asks the user's script for its number. */
export async function measureScript(
  services: Services,
  command: string,
  model: LoadedModel,
  network: Sized,
): Promise<number> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-measure-'));
  try {
    const file = outputs(model, folder).model;
    await services.saveModel(model, network.graph, network.weights, file);
    return await services.script(command, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs a user's command in their shell, {model} in it replaced by the file (else put at its end); the number is the
 * last one that it prints.
 * @throws InputError where it fails or prints no number
 */
export async function runScript(command: string, modelFile: string): Promise<number> {
  const quoted = process.platform === 'win32' ? `"${modelFile}"` : `'${modelFile.replaceAll("'", `'\\''`)}'`;
  const line = command.includes('{model}')
    ? command.replaceAll('{model}', () => quoted)
    : `${command} ${quoted}`;
  const { code, text } = await new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    const child = spawn(line, { shell: true, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (part: string) => (output = (output + part).slice(-65536)));
    child.on('error', reject);
    child.on('close', (status) => resolve({ code: status, text: output }));
  });
  if (code !== 0)
    throw new InputError(`the script "${command}" ended with ${code}; run it by hand to see why`);
  const numbers = text.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi);
  const value = Number(numbers?.at(-1));
  if (!numbers || !Number.isFinite(value))
    throw new InputError(`the script "${command}" printed no number; let its last word be the number`);
  return value;
}
