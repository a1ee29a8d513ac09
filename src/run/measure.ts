import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { InputError } from '../graph/errors.ts';
import type { LoadedModel } from '../formats/types.ts';
import { outputs } from './result.ts';
import type { Services, Sized } from './services.ts';

/**
 * SHA-256 of a model: of its one file, or of a TensorFlow.js model.json and then its shards in their order.
 * @throws InputError where it can't be read
 */
export async function hashModel(file: string): Promise<string> {
  const hash = createHash('sha256');
  await addFile(hash, file, 'model');
  for (const shard of await shardsOf(file)) await addFile(hash, shard, 'weights of the model');
  return hash.digest('hex');
}

/** The file that a model is named by: the model.json of a folder. */
export async function modelFile(named: string): Promise<string> {
  const about = await stat(named).catch(() => null);
  return about?.isDirectory() ? path.join(named, 'model.json') : named;
}

const manifestSchema = z.object({ weightsManifest: z.array(z.object({ paths: z.array(z.string()) })) });

async function shardsOf(file: string): Promise<string[]> {
  if (path.extname(file).toLowerCase() !== '.json') return [];
  try {
    const { weightsManifest } = manifestSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return weightsManifest.flatMap(({ paths }) => paths.map((name) => path.join(path.dirname(file), name)));
  } catch {
    return [];
  }
}

async function addFile(hash: Hash, file: string, what: string): Promise<void> {
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'it is not there'
        : code === 'EISDIR'
          ? 'it is a folder; name the file in it'
          : code === 'EACCES'
            ? 'permission is denied'
            : String(code);
    throw new InputError(`can't read the ${what} "${file}": ${why}`);
  }
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
