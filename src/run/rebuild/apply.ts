import { lstat, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { recipeOf } from '../../config/recipe.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import { containerFor, outputFormat, saveModel } from '../../formats/index.ts';
import { InputError } from '../../graph/errors.ts';
import type { Bounds } from '../../config/paths.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { Weights } from '../../graph/types.ts';
import type { TrainEvent } from '../../runtime/training/trainer.ts';
import { besideAgain, travel } from '../result/companions.ts';
import type { BesideAgain } from '../result/companions.ts';
import { hashNetwork, modelFile, hashModel, outputs } from '../../formats/identity.ts';
import { keepInputs } from '../result/keep-inputs.ts';
import { refuseMixed } from '../result/output-names.ts';
import { probeFile, probeFolder } from '../store/disk-space.ts';
import { rebuild } from './rebuild.ts';
import type { Rebuilt } from './rebuild.ts';
import { retrain } from './retrain.ts';
import type { Opening } from '../steps/ports.ts';
import { fileCost } from './verify.ts';
import { notRebuilt } from '../steps/weights.ts';
import type { BackendChoice, DataOptions, WeightsFrom } from '../../terms/choices.ts';
import type { Cost } from '../../terms/cost.ts';
import type { ApplyOutcome } from '../../protocol/look.ts';

export interface ApplyOptions extends Bounds, Opening {
  /** where to write the model; default where the run did */
  readonly out?: string;
  /** images to recalibrate and fine-tune on, as the config says */
  readonly data?: DataOptions;
  /** look for the preprocessing that `data` names, rather than take the config's */
  readonly ownPreprocess?: boolean;
  /** of fine-tuning; default as in the config */
  readonly epochs?: number;
  /** default: what the run computed by; so with threads */
  readonly backend?: BackendChoice;
  readonly threads?: number;
  /** cut from the source and not trained, whatever the config says of training */
  readonly cutOnly?: boolean;
  /** overwrite whatever model is there */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export interface Applied {
  readonly outcome: ApplyOutcome;
  /** the file, a folder's model.json */
  readonly out: string;
  /** files that belong to the model, beside it */
  readonly beside: readonly string[];
  /** those of them that were written now */
  readonly wrote: readonly string[];
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
  const out = await fileFor(options.out ? path.resolve(options.out) : destination(rebuilt, file), source);
  // not even by force: nothing could be made from the config any more
  if ((await realpath(out).catch(() => out)) === (await realpath(rebuilt.sourceFile)))
    throw new InputError(
      `${out} is the model before pruning, which the config needs; write elsewhere with --out FILE`,
    );
  const recorded = cutOnly ? undefined : config.pruned?.sha256;
  const runs = rebuilt.prunedFile ?? outputs(source, path.dirname(path.resolve(file))).model;
  const comparable = (await containerFor(out, source)) === (await containerFor(runs, source));
  const held = await heldBy(out);
  await keepInputs([out], {
    configs: [file],
    models: [rebuilt.sourceFile],
    images: options.data?.path,
  });
  const companions = await besideAgain(source, out, out === runs ? besideOfRun(config, runs) : []);
  if (held !== null && comparable && held === recorded) {
    if (!options.force) refuseChanged(companions);
    return await result('there', []);
  }
  if (trained) {
    refuseUnknown(config, file, recipe.weights, options.data);
    if (held !== null && !options.force) throw inTheWay(out, cutOnly);
    if (!options.force) refuseChanged(companions);
  }
  await refuseMixed(out);
  await probeFile(out);
  await probeFolder(path.dirname(out), config.cost.after.bytes);
  let weights: Weights = pruned.weights;
  let differences: string[] = [];
  if (trained) {
    const again = await retrain(rebuilt, recipe.weights, { ...options, data: options.data! });
    ({ weights, differences } = again);
  } else if (!options.force) {
    if (held !== null && held !== (await hashNetwork(source, pruned, path.basename(out))))
      throw inTheWay(out, cutOnly);
    refuseChanged(companions);
    if (held !== null) return await result('there', []);
  }
  await saveModel(source, pruned.graph, weights, out);
  if (recorded === undefined) return await result(cutOnly ? 'cut' : 'unknown', differences);
  if (comparable) return await result((await hashModel(out)) === recorded ? 'same' : 'other', differences);
  // the hash is of another container: held against the network as it would be in that
  const inThat = await hashNetwork(source, { graph: pruned.graph, weights }, path.basename(runs));
  return await result(inThat === recorded ? 'alike' : 'other', differences);

  async function result(outcome: ApplyOutcome, differences: readonly string[]): Promise<Applied> {
    // what belongs to the model goes with it, also where the model was there already
    const { files, note } = await travel(source, out, companions);
    const recorded = new Set(config.pruned?.beside?.map(({ sha256 }) => sha256));
    const other = files.filter(({ sha256 }) => recorded.size && !recorded.has(sha256));
    const changed = other.map(
      ({ file }) =>
        `${path.basename(file)} is not as the run wrote it: the one that belongs to the model before pruning is another by now`,
    );
    const lost = companions.lost.map(
      (name) =>
        `${name} is not as the run wrote it, and was not written: no such file belongs to the model before pruning by now`,
    );
    const notes = [...(note === undefined ? [] : [note]), ...changed, ...lost];
    return {
      outcome,
      out,
      beside: files.map(({ file }) => file),
      wrote: files.filter(({ there }) => !there).map(({ file }) => file),
      note: notes.length ? notes.join('; ') : undefined,
      cost: await fileCost(out),
      differences,
      trained,
    };
  }
}

/** The file that a model is written to, where a folder may be named. @throws InputError where the name tells no format */
async function fileFor(named: string, source: LoadedModel): Promise<string> {
  const out = await modelFile(named);
  const format = await outputFormat(out, source);
  return format === 'tfjs-layers' && path.extname(out) === '' ? path.join(out, 'model.json') : out;
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

/** The files that a config says its run wrote beside its model. */
function besideOfRun({ pruned }: PrunedConfig, model: string): { file: string; sha256: string }[] {
  return (pruned?.beside ?? []).map(({ path: name, sha256 }) => ({
    file: path.join(path.dirname(model), name),
    sha256,
  }));
}

/** @throws Occupied where a file beside the model holds something else than the run wrote there */
function refuseChanged({ changed }: BesideAgain): void {
  if (changed.length)
    throw new Occupied(
      `${changed.join(', ')} ${changed.length > 1 ? 'are' : 'is'} not as the run wrote ${changed.length > 1 ? 'them' : 'it'} beside the model: write elsewhere with --out FILE, or overwrite ${changed.length > 1 ? 'them' : 'it'} with --force`,
    );
}

/** @throws CannotRebuild before any work is done */
function refuseUnknown(
  config: PrunedConfig,
  file: string,
  weights: WeightsFrom,
  data: DataOptions | undefined,
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
