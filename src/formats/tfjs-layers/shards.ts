import { stat } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import { readInput } from '../files.ts';
import { MAX_SHARDS, MAX_WEIGHTS } from '../limits.ts';
import type { ModelJson, WeightSpec, WeightsGroup } from './model-json.ts';
import { byteLength } from './values.ts';

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
  checkCounts(file, json);
  for (const group of json.weightsManifest) {
    const expected = group.weights.reduce((sum, spec) => sum + byteLength(spec), 0);
    await checkSizes(folder, group, expected);
    const parts: Uint8Array[] = [];
    for (const name of group.paths) {
      const bytes = await readInput(path.join(folder, name), 'weights shard');
      shards.set(name, bytes);
      parts.push(bytes);
    }
    const cut = new Cutter(parts);
    for (const spec of group.weights) {
      if (weights.has(spec.name)) throw new InputError(`"${file}" has the weight "${spec.name}" twice`);
      weights.set(spec.name, { spec, bytes: cut.next(byteLength(spec)) });
    }
  }
  return { weights, shards };
}

/** Cuts parts that follow one another, in order; what lies in one part isn't copied. */
class Cutter {
  private part = 0;
  private at = 0;

  constructor(private readonly parts: readonly Uint8Array[]) {}

  next(length: number): Uint8Array {
    while (this.part < this.parts.length - 1 && this.at === this.parts[this.part].length) this.skip();
    const { part, at } = this;
    if (at + length <= this.parts[part].length) {
      this.at += length;
      return this.parts[part].subarray(at, at + length);
    }
    const out = new Uint8Array(length);
    for (let have = 0; have < length && this.part < this.parts.length;) {
      const piece = this.parts[this.part].subarray(this.at, this.at + length - have);
      out.set(piece, have);
      have += piece.length;
      this.at += piece.length;
      if (have < length) this.skip();
    }
    return out;
  }

  private skip(): void {
    this.part++;
    this.at = 0;
  }
}

/** What a manifest lists, before anything of it is looked for. */
function checkCounts(file: string, json: ModelJson): void {
  checkShardNames(
    file,
    json.weightsManifest.flatMap(({ paths }) => paths),
  );
  const weights = json.weightsManifest.reduce((sum, group) => sum + group.weights.length, 0);
  if (weights > MAX_WEIGHTS)
    throw new InputError(
      `"${file}" lists ${weights} weights; Espalier reads models of at most ${MAX_WEIGHTS}`,
    );
}

/** The weights files that a model.json names, in their order. @throws InputError for one named twice, and too many */
export function checkShardNames(file: string, names: readonly string[]): void {
  const named = new Set<string>();
  for (const name of names) {
    const normal = path.normalize(name);
    if (named.has(normal)) throw new InputError(`"${file}" names the weights file "${name}" twice`);
    named.add(normal);
  }
  if (named.size > MAX_SHARDS)
    throw new InputError(
      `"${file}" names ${named.size} weights files; Espalier reads models of at most ${MAX_SHARDS}`,
    );
}

/** Before anything is read, so that a manifest with huge shapes costs nothing. */
async function checkSizes(folder: string, group: WeightsGroup, expected: number): Promise<void> {
  let found = 0;
  for (const name of group.paths) {
    const file = path.join(folder, name);
    const info = await stat(file).catch(() => null);
    if (info && !info.isFile())
      throw new InputError(`the weights shard "${file}" is not a file; put the model's own files there`);
    if (!info)
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
