import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { fileError, readRegular, streamRegular } from '../files/regular.ts';
import { temporaryFolder } from '../files/temporary.ts';
import { InputError } from '../graph/errors.ts';
import type { Model } from '../graph/types.ts';
import { saveModel } from './index.ts';
import { inWords, MAX_CONFIG, MAX_HASHED } from './limits.ts';
import { externalFiles } from './onnx/external.ts';
import { checkShardNames } from './tfjs-layers/shards.ts';
import type { LoadedModel } from './types.ts';

// Which files a model is of, how they are named, and what identifies them.

/**
 * SHA-256 of a model: of its one file, or of that and then the weight files that it names (shards), in their order.
 * @throws InputError where it can't be read, or is more than anyone's model
 */
export async function hashModel(file: string): Promise<string> {
  const shards = await shardsOf(file);
  const sizes = await Promise.all([file, ...shards].map((part) => stat(part).catch(() => null)));
  const bytes = sizes.reduce((sum, one) => sum + (one?.size ?? 0), 0);
  if (bytes > MAX_HASHED)
    throw new InputError(
      `the model "${file}" has ${inWords(bytes)}, more than the ${inWords(MAX_HASHED)} that Espalier compares`,
    );
  const hash = createHash('sha256');
  await addFile(hash, file, 'model');
  for (const shard of shards) await addFile(hash, shard, 'weights of the model');
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
  { graph, weights }: Model,
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

/**
 * The files that a model is of: its one file, or a model.json and its shards.
 * @throws InputError where it names too many, or one twice
 */
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
  const ending = path.extname(file).toLowerCase();
  if (ending === '.onnx') return await weightFiles(file);
  if (ending !== '.json') return [];
  const names = await shardNames(file);
  checkShardNames(file, names);
  return names.map((name) => path.join(path.dirname(file), name));
}

/** Files of its own folder that an ONNX model keeps weights in; others aren't the model's. */
async function weightFiles(file: string): Promise<string[]> {
  const bytes = await readRegular(file).catch(() => null);
  const names = bytes ? externalFiles(bytes) : [];
  const inside = names.filter((name) => !path.isAbsolute(name) && !name.split(/[\\/]/).includes('..'));
  return inside.map((name) => path.join(path.dirname(file), name));
}

async function shardNames(file: string): Promise<string[]> {
  try {
    const text = new TextDecoder().decode(await readRegular(file, MAX_CONFIG));
    return manifestSchema.parse(JSON.parse(text)).weightsManifest.flatMap(({ paths }) => paths);
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

/**
 * Where a run's files go: all in one folder, named after the model.
 * @param label stands between the model's name and the endings, where the plain names belong to another run
 */
export function outputs(
  model: Pick<LoadedModel, 'path' | 'format'>,
  out: string,
  label?: string,
): { model: string; config: string; stem: string } {
  const base = path.basename(model.path);
  const tfjs = model.format === 'tfjs-layers' && !/\.zip$/i.test(base);
  // a TensorFlow.js model is a folder of files around a model.json
  const folderName = path.basename(path.dirname(path.resolve(model.path)));
  const stem = tfjs && base === 'model.json' && folderName ? folderName : base.replace(/\.[^.]*$/, '');
  const extension = endingFor(model);
  const part = label === undefined ? '' : `.${label}`;
  return {
    model: tfjs
      ? path.join(out, `${stem}${part}.pruned`, 'model.json')
      : path.join(out, `${stem}${part}.pruned${extension}`),
    config: path.join(out, `${base.replace(/\.[^.]*$/, '')}${part}.espalier.json`),
    stem,
  };
}

/**
 * The source's own ending, since its reader knows it by that name: but a file without any gets its format's, and a
 * Keras 3 zip file .keras, by which alone Keras loads it.
 */
function endingFor(model: Pick<LoadedModel, 'path' | 'format'>): string {
  const own = path.extname(model.path);
  if (model.format === 'keras') return own.toLowerCase() === '.keras' ? own : '.keras';
  return own || (model.format === 'onnx' ? '.onnx' : '.h5');
}
