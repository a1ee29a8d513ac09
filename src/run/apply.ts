import { lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { recipeOf } from '../config/recipe.ts';
import type { PrunedConfig } from '../config/schema.ts';
import { outputFormat, saveModel } from '../formats/index.ts';
import { InputError } from '../graph/errors.ts';
import type { Bounds } from '../config/paths.ts';
import type { Cost, Weights } from '../graph/types.ts';
import type { TrainEvent } from '../runtime/trainer.ts';
import { travel } from './companions.ts';
import { hashModel, hashNetwork, modelFile } from './measure.ts';
import type { DataPlan } from './plan.ts';
import { refuseMixed } from './names.ts';
import { probeFile, probeFolder } from './probe.ts';
import { rebuild } from './rebuild.ts';
import type { Rebuilt } from './rebuild.ts';
import { outputs } from './result.ts';
import { retrain } from './retrain.ts';
import type { Opening } from './services.ts';
import { costOf } from './verify.ts';
import { notRebuilt } from './weights.ts';

export interface ApplyOptions extends Bounds, Opening {
  /** where to write the model; default where the run did */
  readonly out?: string;
  /** images to recalibrate and fine-tune on, as the config says */
  readonly data?: DataPlan;
  /** look for the preprocessing that `data` names, rather than take the config's */
  readonly ownPreprocess?: boolean;
  /** of fine-tuning; default as in the config */
  readonly epochs?: number;
  /** default: what the run computed by; so with threads */
  readonly backend?: 'auto' | 'tensorflow' | 'wasm';
  readonly threads?: number;
  /** cut from the source and not trained, whatever the config says of training */
  readonly cutOnly?: boolean;
  /** overwrite whatever model is there */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

/**
 * same: the bytes that the run wrote; there: the file held what would be written, and was left; cut: not trained, as
 * asked; other: not the bytes that the run wrote; unknown: nothing to compare with (a config of an older version, another
 * format)
 */
export type ApplyOutcome = 'same' | 'there' | 'cut' | 'other' | 'unknown';

export interface Applied {
  readonly outcome: ApplyOutcome;
  /** the file, a folder's model.json */
  readonly out: string;
  /** files that belong to the model, beside it */
  readonly beside: readonly string[];
  /** why some of them are not there, or not as the run wrote them */
  readonly note?: string;
  /** of the file, as it is */
  readonly cost: Cost;
  /** what was otherwise than the config records, in words: why the bytes may be other */
  readonly differences: readonly string[];
  readonly trained: boolean;
}

/** What the config doesn't hold (weights), or needs images for: exit 1, and nothing was done. */
export class CannotRebuild extends InputError {
  override name = 'CannotRebuild';
  constructor(
    readonly lacks: 'images' | 'weights',
    message: string,
  ) {
    super(message);
  }
}

/** Another file is where the model should go: exit 2, and nothing was done. */
export class Occupied extends InputError {}

/**
 * Rebuilds the pruned model of a config from its source, as the run made it: cut, and where it was, recalibrated and
 * trained on the same images. Compares what it wrote with what the run wrote. Another file is never overwritten, unless
 * that is asked for.
 * @throws CannotRebuild where the weights need what isn't there: images, or a training that the config doesn't hold;
 * InputError where the source or the images are not those of the config, or another file is in the way
 */
export async function applyConfig(file: string, options: ApplyOptions = {}): Promise<Applied> {
  const rebuilt = await rebuild(file, undefined, options);
  const { config, source, pruned } = rebuilt;
  if (!rebuilt.sameSource)
    throw new InputError(
      `${rebuilt.sourceFile} is not the model that ${file} was made from (its SHA-256 differs); get that one, or prune anew`,
    );
  const recipe = recipeOf(config);
  const cutOnly = recipe.trained && options.cutOnly === true;
  const trained = recipe.trained && !cutOnly;
  if (options.data && !recipe.trained)
    throw new InputError(
      `${file}: nothing was trained after cutting, so it needs no images; leave out --data (espalier train trains a model)`,
    );
  const out = await modelFile(options.out ? path.resolve(options.out) : destination(rebuilt, file));
  const format = await outputFormat(out, source);
  // not even by force: nothing could be made from the config any more
  if ((await realpath(out).catch(() => out)) === (await realpath(rebuilt.sourceFile)))
    throw new InputError(
      `${out} is the model before pruning, which the config needs; write elsewhere with --out FILE`,
    );
  const sameFormat =
    format === source.format && (format !== 'tfjs-layers' || path.extname(out).toLowerCase() === '.json');
  const recorded = cutOnly || !sameFormat ? undefined : config.pruned?.sha256;
  const held = await heldBy(out);
  if (held !== null && held === recorded) return await result('there', []);
  if (trained) {
    refuseUnknown(config, file, recipe.weights, options.data);
    if (held !== null && !options.force) throw inTheWay(out, cutOnly);
  }
  await refuseMixed(out);
  await probeFile(out);
  await probeFolder(path.dirname(out), config.cost.after.bytes);
  let weights: Weights = pruned.weights;
  let differences: string[] = [];
  if (trained) {
    const again = await retrain(rebuilt, recipe.weights, { ...options, data: options.data! });
    ({ weights, differences } = again);
  } else if (held !== null && !options.force) {
    if (held !== (await hashNetwork(source, pruned, path.basename(out)))) throw inTheWay(out, cutOnly);
    return await result('there', []);
  }
  await saveModel(source, pruned.graph, weights, out);
  if (recorded === undefined) return await result(cutOnly ? 'cut' : 'unknown', differences);
  return await result((await hashModel(out)) === recorded ? 'same' : 'other', differences);

  async function result(outcome: ApplyOutcome, differences: readonly string[]): Promise<Applied> {
    // what belongs to the model goes with it, also where the model was there already
    const { files, note } = await travel(source, out);
    const recorded = new Set(config.pruned?.beside?.map(({ sha256 }) => sha256));
    const other = files.filter(({ sha256 }) => recorded.size && !recorded.has(sha256));
    const changed = other.map(
      ({ file }) =>
        `${path.basename(file)} is not as the run wrote it: the one that belongs to the model before pruning is another by now`,
    );
    const notes = [...(note === undefined ? [] : [note]), ...changed];
    return {
      outcome,
      out,
      beside: files.map(({ file }) => file),
      note: notes.length ? notes.join('; ') : undefined,
      cost: await costOf(out),
      differences,
      trained,
    };
  }
}

/** Where the run wrote its model: beside the config, whatever that says. */
function destination({ source, prunedFile }: Rebuilt, file: string): string {
  const folder = path.dirname(path.resolve(file));
  if (!prunedFile) return outputs(source, folder).model;
  const inside = path.relative(folder, prunedFile);
  if (inside.startsWith('..') || path.isAbsolute(inside))
    throw new InputError(
      `${file}: names ${prunedFile}, outside its own folder, as the pruned model; say where to write it with --out`,
    );
  return prunedFile;
}

/** SHA-256 of the model that lies there; empty for anything else in its place; null: nothing is there. */
async function heldBy(out: string): Promise<string | null> {
  // a link that leads nowhere is somebody's, too
  if (!(await lstat(out).catch(() => null))) return null;
  const about = await stat(out).catch(() => null);
  return about?.isFile() ? await hashModel(out) : '';
}

function inTheWay(out: string, cutOnly: boolean): Occupied {
  const what = cutOnly ? 'another model than the cut alone, and may be the trained one' : 'another file';
  return new Occupied(`${out} is ${what}: write elsewhere with --out FILE, or overwrite it with --force`);
}

/** @throws CannotRebuild before any work is done */
function refuseUnknown(
  config: PrunedConfig,
  file: string,
  weights: 'source' | 'scratch' | 'generated',
  data: DataPlan | undefined,
): void {
  if (weights === 'generated')
    throw new CannotRebuild(
      'weights',
      `${file}: ${notRebuilt(config.method.name)} (--cut-only gives the cut alone)`,
    );
  if (data) return;
  const how = config.fineTuning ? 'trained' : 'recalibrated';
  const where = config.data?.path ?? 'PATH';
  throw new CannotRebuild(
    'images',
    `${file}: the network was ${how} on images after it was cut; give them with --data ${where}, or ask for the cut alone with --cut-only`,
  );
}
