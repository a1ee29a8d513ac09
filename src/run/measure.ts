import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import path from 'node:path';
import * as z from 'zod';
import { fileError, readRegular, streamRegular } from '../files/regular.ts';
import { temporaryFolder } from '../files/temporary.ts';
import { MAX_CONFIG } from '../formats/limits.ts';
import { findProgram, ownQuarters } from '../system/programs.ts';
import { InputError, Interrupted } from '../graph/errors.ts';
import { saveModel } from '../formats/index.ts';
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

/** SHA-256 of a file. @throws InputError where it can't be read */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await addFile(hash, file, 'file');
  return hash.digest('hex');
}

/**
 * SHA-256 of a network as it would be written, without writing it where anyone would see it.
 * @param name of the file that it would have; its ending names the format
 */
export async function hashNetwork(
  source: LoadedModel,
  { graph, weights }: Sized,
  name: string,
): Promise<string> {
  const folder = await temporaryFolder('hash');
  try {
    const file = path.join(folder, name);
    await saveModel(source, graph, weights, file);
    return await hashModel(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The files that a model is of: its one file, or a model.json and its shards. */
export async function modelParts(file: string): Promise<string[]> {
  return [file, ...(await shardsOf(file))];
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
    const text = new TextDecoder().decode(await readRegular(file, MAX_CONFIG));
    const { weightsManifest } = manifestSchema.parse(JSON.parse(text));
    return weightsManifest.flatMap(({ paths }) => paths.map((name) => path.join(path.dirname(file), name)));
  } catch {
    return [];
  }
}

async function addFile(hash: Hash, file: string, what: string): Promise<void> {
  try {
    for await (const chunk of await streamRegular(file)) hash.update(chunk as Buffer);
  } catch (error) {
    throw fileError(error, `can't read the ${what} "${file}"`);
  }
}

/** Writes the network to a temporary file and asks the user's script for its number. */
export async function measureScript(
  services: Services,
  command: string,
  model: LoadedModel,
  network: Sized,
  limits: ScriptLimits = {},
): Promise<number> {
  const folder = await temporaryFolder('measure');
  try {
    const file = outputs(model, folder).model;
    await services.saveModel(model, network.graph, network.weights, file);
    return await services.script(command, file, limits);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A user's script that gave no number for a network; another network may do better. */
export class ScriptFailed extends InputError {}

export interface ScriptLimits {
  /** seconds until the script is ended; default 600 */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /** the folder that it works in; default the current one */
  readonly cwd?: string;
}

/** How long a script may take that nobody set a limit for. */
const PATIENCE = 600;

/**
 * Runs a user's command in their shell, {model} in it replaced by the file (else put at its end); the number is the
 * last one that it prints. It is ended, with all that it started, when its time is up.
 * @throws ScriptFailed where it fails, takes too long or prints no number; Interrupted once the signal is aborted
 */
export async function runScript(
  command: string,
  modelFile: string,
  { seconds = PATIENCE, signal, cwd }: ScriptLimits = {},
): Promise<number> {
  const quoted = process.platform === 'win32' ? `"${modelFile}"` : `'${modelFile.replaceAll("'", `'\\''`)}'`;
  const line = command.includes('{model}')
    ? command.replaceAll('{model}', () => quoted)
    : `${command} ${quoted}`;
  let late = false;
  const { code, text } = await new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    // a process group of its own, so that what the shell starts ends with it
    const detached = process.platform !== 'win32';
    const child = spawn(line, { cwd, shell: true, detached, stdio: ['ignore', 'pipe', 'inherit'] });
    const end = (): void => {
      try {
        if (detached) process.kill(-child.pid!, 'SIGKILL');
        else
          spawn(findProgram('taskkill')!, ['/pid', String(child.pid), '/t', '/f'], {
            ...ownQuarters(),
            stdio: 'ignore',
          });
      } catch {
        // it ended by itself
      }
      // what it left behind may hold the pipe open
      child.stdout.destroy();
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, seconds * 1000);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (part: string) => (output = (output + part).slice(-65536)));
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    };
    child.on('error', (error) => {
      done();
      reject(new ScriptFailed(`the script "${command}" can't be started: ${error.message}`));
    });
    child.on('close', (status) => {
      done();
      resolve({ code: status, text: output });
    });
  });
  if (signal?.aborted) throw new Interrupted();
  if (late)
    throw new ScriptFailed(`the script "${command}" gave no answer within ${seconds} s and was ended`);
  if (code !== 0)
    throw new ScriptFailed(`the script "${command}" ended with ${code}; run it by hand to see why`);
  const numbers = text.match(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi);
  const value = Number(numbers?.at(-1));
  if (!numbers || !Number.isFinite(value))
    throw new ScriptFailed(`the script "${command}" printed no number; let its last word be the number`);
  return value;
}
