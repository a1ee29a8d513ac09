import path from 'node:path';
import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';

const quantization = z.looseObject({
  dtype: z.enum(['uint8', 'uint16', 'float16']),
  scale: z.number().optional(),
  min: z.number().optional(),
});

const weightSpec = z.looseObject({
  name: z.string().min(1),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'uint8', 'bool']),
  quantization: quantization.optional(),
  /** "optimizer" where tfjs saved the optimizer's state too */
  group: z.string().optional(),
});

const weightsGroup = z.looseObject({
  paths: z.array(z.string().min(1)).min(1),
  weights: z.array(weightSpec),
});

const topology = z.record(z.string(), z.unknown());

const modelJson = z.looseObject({
  modelTopology: topology,
  weightsManifest: z.array(weightsGroup),
});

export type Quantization = z.infer<typeof quantization>;
export type WeightSpec = z.infer<typeof weightSpec>;
export type WeightsGroup = z.infer<typeof weightsGroup>;
export type ModelJson = z.infer<typeof modelJson>;

/** Whether a parsed JSON file is TensorFlow.js' in any way: also the kinds that parseModelJson refuses with a reason. */
export function looksLikeTfjs(json: unknown): boolean {
  return isRecord(json) && ('modelTopology' in json || 'weightsManifest' in json);
}

/**
 * Validates the parsed content of a model.json.
 * @param file for messages
 * @throws InputError for a frozen graph, weights or topology alone, other JSON, and shards outside the model's folder
 */
export function parseModelJson(json: unknown, file: string): ModelJson {
  if (!isRecord(json)) throw new InputError(`"${file}" is JSON, but not a model`);
  const graph = json.modelTopology;
  if (json.format === 'graph-model' || (isRecord(graph) && Array.isArray(graph.node)))
    throw new InputError(
      `"${file}" is a TensorFlow.js GraphModel (a frozen graph), which Espalier has no reader for yet; give the LayersModel or the Keras file that it was converted from`,
    );
  if (!looksLikeTfjs(json)) {
    if (typeof json.class_name === 'string' && json.config !== undefined)
      throw new InputError(
        `"${file}" is a Keras architecture without weights; save the whole model and give that`,
      );
    throw new InputError(`"${file}" is JSON, but not a TensorFlow.js model (it has no "modelTopology")`);
  }
  if (!isRecord(graph))
    throw new InputError(`"${file}" has weights but no "modelTopology": give the whole model.json`);
  if (json.weightsManifest === undefined)
    throw new InputError(
      `"${file}" has a topology but no "weightsManifest": the model's weights are missing`,
    );
  const parsed = modelJson.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InputError(`"${file}" is damaged: ${issue.path.join('.')}: ${issue.message}`);
  }
  for (const group of parsed.data.weightsManifest) for (const shard of group.paths) checkPath(shard, file);
  return parsed.data;
}

/** The Keras model configuration ({class_name, config}) inside modelTopology. */
export function modelConfigOf(json: ModelJson): unknown {
  return isRecord(json.modelTopology.model_config) ? json.modelTopology.model_config : json.modelTopology;
}

/** The same model.json around another configuration; all else as it was. */
export function withModelConfig(json: ModelJson, config: unknown): ModelJson {
  if (isRecord(json.modelTopology.model_config))
    return { ...json, modelTopology: { ...json.modelTopology, model_config: config } };
  return { ...json, modelTopology: { ...json.modelTopology, ...(config as object) } };
}

/** A shard must lie in the model's folder: reading elsewhere is a surprise, writing there would be damage. */
function checkPath(shard: string, file: string): void {
  const normal = path.posix.normalize(shard.replaceAll('\\', '/'));
  if (/^[a-z][a-z0-9+.-]+:/i.test(shard) || normal.startsWith('../') || path.posix.isAbsolute(normal))
    throw new InputError(
      `"${file}" names the weights file "${shard}", which is not in its own folder; put the files together first`,
    );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
