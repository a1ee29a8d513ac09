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
import type { Draft } from '../../protocol/plan.ts';
import { targetsOf } from './accuracy-goal.ts';
import type { Plan } from './plan.ts';
import { planVersion } from './plan.ts';
import { pointsAsked } from './points.ts';
import { controlsOf, cutsBy } from '../../protocol/controls.ts';

type MayBeLeftOut = 'data' | 'method' | 'interiorOutputs';

/**
 * What is asked of a run: a form's draft is one, and so are the command line's options, which may leave out more and say
 * more. The rest of the plan follows from it. Paths as given.
 */
export type PlanRequest = Omit<Draft, 'workspace' | MayBeLeftOut> &
  /** method: default rewarded-meta with images, l1 without */
  Partial<Pick<Draft, MayBeLeftOut>> &
  /** out: default beside the model */
  Partial<Pick<Plan, 'out' | 'report' | 'retrain'>>;

/**
 * The plan of a run: complete, its paths relative to the workspace.
 * @param workspace the folder that holds `.espalier`; relative paths start here
 * @throws InputError where the model can't be read, a method or preprocessing is unknown, or images are missing
 */
export async function makePlan(workspace: string, request: PlanRequest): Promise<Plan> {
  const absolute = (file: string) => path.resolve(workspace, file);
  const inside = (file: string) => path.relative(workspace, absolute(file)).split(path.sep).join('/') || '.';
  const data = request.data ?? undefined;
  const model = await modelFile(absolute(request.model));
  const odd = oddities(path.basename(model));
  // the config of the result could not be read again
  if (odd)
    throw new InputError(
      `the name of ${visible(path.basename(model))} ${odd}, so no config may name it: rename it`,
    );
  if (data) parsePreprocess(data.preprocess);
  if (data?.resize !== undefined) parseResize(data.resize);
  const targets = targetsOf(request.targets, request.accuracyDrop);
  if (request.accuracyDrop !== undefined && !data)
    throw new InputError('accuracy-drop is measured on images: give some with --data PATH');
  const method = methodNamed(request.method ?? (data ? 'rewarded-meta' : 'l1'));
  if (method.needsImages && !data)
    throw new InputError(`the method ${method.name} learns from images: give some with --data PATH`);
  return {
    version: planVersion,
    engine: engineVersion,
    model: { path: inside(model), sha256: await hashModel(model) },
    data: data && { ...data, path: inside(data.path) },
    targets,
    accuracyDrop: request.accuracyDrop,
    method: method.name,
    settings: request.settings,
    seed: request.seed,
    effort: request.effort,
    roundTo: request.roundTo,
    freeze: request.freeze,
    interiorOutputs: request.interiorOutputs || undefined,
    controls: controlArms(request.controls, method.name, data !== undefined),
    retrain: retrainFrom(request.retrain, method),
    fineTuneEpochs: request.fineTuneEpochs,
    points: pointsAsked(request),
    explore: request.explore,
    fineTuneRate: request.fineTuneRate,
    distillation: request.distillation,
    keepFrozen: request.keepFrozen || undefined,
    backend: request.backend,
    threads: request.threads,
    measureLatency: request.measureLatency,
    out: inside(request.out ?? path.dirname(model)),
    report: request.report === undefined ? undefined : inside(request.report),
  };
}

/** @throws InputError where weights are asked for that the method doesn't make */
function retrainFrom(asked: Plan['retrain'], { name, weights }: Method): Plan['retrain'] {
  if (asked === 'generated' && !weights)
    throw new InputError(
      `the method ${name} makes no weights of its own, so there are no generated ones to train from; leave out --retrain`,
    );
  return asked ?? 'auto';
}

/** The control arms that a run has of those that were asked for. @throws InputError where there is no such method */
export function controlArms(names: readonly string[], method: string, data: boolean): string[] {
  for (const name of names) {
    const method = cutsBy(name);
    if (method !== null) methodNamed(method);
  }
  return controlsOf(names, method, data);
}
