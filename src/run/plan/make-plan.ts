import path from 'node:path';
import { InputError } from '../../graph/errors.ts';
import { oddities } from '../../config/paths.ts';
import { engineVersion } from '../../config/version.ts';
import { visible } from '../../report/escape.ts';
import { parsePreprocess } from '../../data/pixels/preprocess.ts';
import { parseResize } from '../../data/pixels/resize.ts';
import { methodNamed } from '../../methods/index.ts';
import type { Method } from '../../methods/types.ts';
import { modelFile, hashModel } from '../../formats/identity.ts';
import type { Plan } from './plan.ts';
import { planVersion } from './plan.ts';
import { controlsOf, cutsBy } from '../../protocol/controls.ts';

/** What is chosen before a run, wherever it was chosen: the rest of the plan follows from it. Paths as given. */
export interface Wanted extends Omit<Plan, 'version' | 'engine' | 'model' | 'out' | 'method'> {
  readonly model: string;
  /** default: rewarded-meta with images, l1 without */
  readonly method?: string;
  /** default: beside the model */
  readonly out?: string;
}

/**
 * The plan of a run: complete, its paths relative to the workspace.
 * @param workspace the folder that holds `.espalier`; relative paths start here
 * @throws InputError where the model can't be read, a method or preprocessing is unknown, or images are missing
 */
export async function makePlan(workspace: string, wanted: Wanted): Promise<Plan> {
  const absolute = (file: string) => path.resolve(workspace, file);
  const inside = (file: string) => path.relative(workspace, absolute(file)).split(path.sep).join('/') || '.';
  const { data } = wanted;
  const model = await modelFile(absolute(wanted.model));
  const odd = oddities(path.basename(model));
  // the config of the result could not be read again
  if (odd)
    throw new InputError(
      `the name of ${visible(path.basename(model))} ${odd}, so no config may name it: rename it`,
    );
  if (data) parsePreprocess(data.preprocess);
  if (data?.resize !== undefined) parseResize(data.resize);
  if (!wanted.targets.length)
    throw new InputError('there is no target: say what the result may cost at most');
  const method = methodNamed(wanted.method ?? (data ? 'rewarded-meta' : 'l1'));
  if (method.needsImages && !data)
    throw new InputError(`the method ${method.name} learns from images: give some with --data PATH`);
  return {
    version: planVersion,
    engine: engineVersion,
    model: { path: inside(model), sha256: await hashModel(model) },
    data: data && { ...data, path: inside(data.path) },
    targets: wanted.targets,
    method: method.name,
    settings: wanted.settings,
    seed: wanted.seed,
    effort: wanted.effort,
    roundTo: wanted.roundTo,
    freeze: wanted.freeze,
    interiorOutputs: wanted.interiorOutputs,
    controls: controlArms(wanted.controls, method.name, data !== undefined),
    retrain: retrainFrom(wanted.retrain, method),
    fineTuneEpochs: wanted.fineTuneEpochs,
    fineTuneRate: wanted.fineTuneRate,
    distillation: wanted.distillation,
    keepFrozen: wanted.keepFrozen,
    backend: wanted.backend,
    threads: wanted.threads,
    measureLatency: wanted.measureLatency,
    out: inside(wanted.out ?? path.dirname(model)),
    report: wanted.report === undefined ? undefined : inside(wanted.report),
  };
}

/** @throws InputError where weights are asked for that the method doesn't make */
function retrainFrom(wanted: Plan['retrain'], { name, weights }: Method): Plan['retrain'] {
  if (wanted === 'generated' && !weights)
    throw new InputError(
      `the method ${name} makes no weights of its own, so there are no generated ones to train from; leave out --retrain`,
    );
  return wanted ?? 'auto';
}

/** The control arms that a run has of those that were asked for. @throws InputError where there is no such method */
export function controlArms(names: readonly string[], method: string, data: boolean): string[] {
  for (const name of names) {
    const method = cutsBy(name);
    if (method !== null) methodNamed(method);
  }
  return controlsOf(names, method, data);
}
