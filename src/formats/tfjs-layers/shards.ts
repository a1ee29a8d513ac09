import { stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import { readInput } from '../files.ts';
import type { ModelJson, WeightSpec, WeightsGroup } from './model-json.ts';
import { byteLength, decode } from './values.ts';

/** Largest shard that is newly made: what TensorFlow.js' own converter uses, so that browsers cache it. */
const shardBytes = 4 * 1024 * 1024;

export interface StoredWeight {
  readonly spec: WeightSpec;
  readonly bytes: Uint8Array;
}

/**
 * Reads the shards beside model.json and cuts them into weights.
 * @param file the model.json
 * @throws InputError naming the shard that is missing, short or long, with the bytes expected and found
 */
export async function readShards(
  file: string,
  json: ModelJson,
): Promise<{ weights: Map<string, StoredWeight>; shards: Map<string, Uint8Array> }> {
  const weights = new Map<string, StoredWeight>();
  const shards = new Map<string, Uint8Array>();
  const folder = path.dirname(file);
  for (const group of json.weightsManifest) {
    const expected = group.weights.reduce((sum, spec) => sum + byteLength(spec), 0);
    await checkSizes(folder, group, expected);
    const parts: Uint8Array[] = [];
    for (const name of group.paths) {
      const bytes = await readInput(path.join(folder, name), 'weights shard');
      shards.set(name, bytes);
      parts.push(bytes);
    }
    const whole = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    let offset = 0;
    for (const spec of group.weights) {
      if (weights.has(spec.name)) throw new InputError(`"${file}" has the weight "${spec.name}" twice`);
      const length = byteLength(spec);
      weights.set(spec.name, { spec, bytes: whole.subarray(offset, offset + length) });
      offset += length;
    }
  }
  return { weights, shards };
}

/** Before anything is read, so that a manifest with huge shapes costs nothing. */
async function checkSizes(folder: string, group: WeightsGroup, expected: number): Promise<void> {
  let found = 0;
  for (const name of group.paths) {
    const file = path.join(folder, name);
    const info = await stat(file).catch(() => null);
    if (!info?.isFile())
      throw new InputError(
        `the weights shard "${file}" is missing (its group should have ${expected} bytes in ${group.paths.length} shard(s))`,
      );
    found += info.size;
  }
  if (found === expected) return;
  const shard = path.join(folder, group.paths[group.paths.length - 1]);
  const names =
    group.paths.length === 1
      ? `"${shard}"`
      : `"${group.paths[0]}" to "${group.paths[group.paths.length - 1]}" in "${folder}"`;
  throw new InputError(
    `the weights shard${group.paths.length === 1 ? '' : 's'} ${names} should have ${expected} bytes by the manifest, but ${found < expected ? 'only ' : ''}${found} were found`,
  );
}

/** Every weight's values by name. */
export function decodeAll(weights: ReadonlyMap<string, StoredWeight>): Map<string, Float32Array> {
  return new Map([...weights].map(([name, { spec, bytes }]) => [name, decode(spec, bytes)]));
}

/** One group's weights as shards: with the names that it had, about equally long, or new ones of 4 MB at most. */
export function splitGroup(
  weights: readonly StoredWeight[],
  names: readonly string[] | undefined,
  groupNumber: number,
): { group: WeightsGroup; files: [string, Uint8Array][] } {
  const whole = Buffer.concat(weights.map((w) => w.bytes));
  const count = names?.length ?? Math.max(1, Math.ceil(whole.length / shardBytes));
  const paths =
    names ?? Array.from({ length: count }, (_, i) => `group${groupNumber}-shard${i + 1}of${count}.bin`);
  const step = names ? Math.ceil(whole.length / count) : shardBytes;
  const files = paths.map((name, i): [string, Uint8Array] => [
    name,
    whole.subarray(Math.min(whole.length, i * step), Math.min(whole.length, (i + 1) * step)),
  ]);
  return { group: { paths: [...paths], weights: weights.map((w) => w.spec) }, files };
}
