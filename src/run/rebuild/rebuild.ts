import path from 'node:path';
import { readConfig } from '../../config/files.ts';
import { prunedFile, sourceFile as sourceOf } from '../../config/paths.ts';
import type { Bounds } from '../../config/paths.ts';
import { parseRanges } from '../../config/ranges.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import type { Recorded } from '../../data/classes.ts';
import { findGroups, producersOf } from '../../graph/channels.ts';
import { architectureOf } from '../../graph/architecture.ts';
import { InputError } from '../../graph/errors.ts';
import { prune } from '../../graph/surgery.ts';
import type { Dependencies, Model } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { loadModel } from '../../formats/index.ts';
import { modelFile, hashModel } from '../../formats/identity.ts';
import type { KeptChannels } from '../../terms/candidates.ts';
import type { DataOptions } from '../../terms/choices.ts';

/** A pruned config with the model that it is of. */
export interface Rebuilt {
  readonly config: PrunedConfig;
  readonly source: LoadedModel;
  readonly sourceFile: string;
  /** whether the source's hash is the config's */
  readonly sameSource: boolean;
  readonly dependencies: Dependencies;
  readonly kept: KeptChannels;
  /** cut from the source, not trained */
  readonly pruned: Model;
  /** where the run wrote the pruned model */
  readonly prunedFile: string | null;
}

/**
 * Reads a pruned config and cuts the network that it describes out of its source model.
 * @param at where its relative paths start, if not where it lies
 * @param bounds where its source may lie
 * @throws InputError where a path leads astray, the source is missing, or has other channels than the config says
 */
export async function rebuild(file: string, at?: string, bounds: Bounds = {}): Promise<Rebuilt> {
  const config = await readConfig(file);
  const folder = at ?? path.dirname(path.resolve(file));
  const pruned = config.pruned ? await prunedFile(folder, config.pruned.path, file) : null;
  const sourceFile = await modelFile(await sourceOf(folder, config.source.path, file, bounds));
  const sha256 = await hashModel(sourceFile);
  const source = await loadModel(sourceFile);
  const dependencies = findGroups(source.graph, {
    freeze: config.method.freeze,
    interiorOutputs: config.method.interiorOutputs,
  });
  const sameSource = sha256 === config.source.sha256;
  const kept = ofThisSource(
    () => keptOf(config, dependencies, file),
    sameSource
      ? null
      : `${sourceFile} has SHA-256 ${short(sha256)}, the config's source ${short(config.source.sha256)}`,
  );
  architectureOf(dependencies, kept);
  return {
    config,
    source,
    sourceFile,
    sameSource,
    dependencies,
    kept,
    pruned: prune(source.graph, source.weights, dependencies, kept),
    prunedFile: pruned,
  };
}

/** Adds to a refusal that the files' hashes differ: that is the cause, the channels only show it. */
function ofThisSource(work: () => KeptChannels, otherwise: string | null): KeptChannels {
  try {
    return work();
  } catch (error) {
    if (otherwise !== null && error instanceof InputError)
      throw new InputError(`${error.message} (${otherwise})`);
    throw error;
  }
}

function short(sha256: string): string {
  return `${sha256.slice(0, 12)}…`;
}

/** The kept channels of every group, in the order of the groups. */
export function keptOf(config: PrunedConfig, dependencies: Dependencies, name: string): KeptChannels {
  const known = new Map(config.groups.map((group) => [group.id, group]));
  if (known.size < config.groups.length) throw new InputError(`${name}: lists a channel group twice`);
  if (known.size !== dependencies.groups.length)
    throw new InputError(
      `${name}: has ${known.size} channel groups, but the model has ${dependencies.groups.length}; it is of another model`,
    );
  return dependencies.groups.map((group) => {
    const entry = known.get(group.id);
    if (!entry || entry.channels !== group.size)
      throw new InputError(
        `${name}: group "${group.id}" has ${group.size} channels in the model, but ${entry ? entry.channels : 'is not'} in the config; it is of another model`,
      );
    const [layers, listed] = [producersOf(group), new Set(entry.layers)];
    const strange = entry.layers.find((layer) => !layers.includes(layer));
    const left = layers.find((layer) => !listed.has(layer));
    if (strange !== undefined || left !== undefined)
      throw new InputError(
        `${name}: group "${group.id}" ${strange === undefined ? `leaves out the layer "${left}"` : `has the layer "${strange}"`}, but its channels are made by ${layers.length ? layers.map((layer) => `"${layer}"`).join(', ') : 'no layer'} in the model; it is of another model`,
      );
    return parseRanges(entry.kept, group.size);
  });
}

/** The order of the classes that a config's run had; undefined where it had no images. */
export function recordedClasses({ data }: PrunedConfig): Recorded | undefined {
  return data && (data.classes ?? 'images');
}

/** How the images of a config are opened again, from a path that the user gives. */
export function configData(config: PrunedConfig, data: DataOptions): DataOptions {
  return {
    ...data,
    limit: data.limit ?? config.data?.limit,
    validationImages: data.validationImages ?? config.data?.validationImages,
    labelsOf: data.labelsOf ?? config.data?.labelsOf,
    ...(data.noLabels || config.data?.unlabelled ? { noLabels: true as const } : {}),
  };
}
