import { cutsBy } from '../../protocol/controls.ts';
import path from 'node:path';
import { architectureOf, fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import { findGroups } from '../../graph/channels.ts';
import { InputError } from '../../graph/errors.ts';
import { prune } from '../../graph/surgery.ts';
import { saveModel } from '../../formats/index.ts';
import { methodNamed } from '../../methods/index.ts';
import type { Weights } from '../../graph/types.ts';
import { decideLabels } from '../../runtime/heads.ts';
import { readWeights } from '../store/arm-weights.ts';
import { readCheckpoint } from '../store/checkpoint.ts';
import { RunFolder } from '../store/folder.ts';
import { findCandidate, logOf } from '../store/event-log.ts';
import { scoresLikeGuessing, settingsContext } from '../plan/method-settings.ts';
import type { Models } from './model-cache.ts';
import type { Plan } from '../plan/plan.ts';
import { labelOf, labels } from './output-names.ts';
import { place } from './place.ts';
import type { Placed } from './place.ts';
import { probeFolder } from '../store/disk-space.ts';
import { buildConfig } from './config.ts';
import type { DataFacts } from './config.ts';
import { newState, readState } from '../store/state.ts';
import type { ArmState, State } from '../store/state.ts';
import { scratchSettings } from '../plan/fine-tune-settings.ts';
import { weightsOf } from '../steps/weights.ts';
import { extraArm } from '../../terms/candidates.ts';
import type { CandidateRef } from '../../terms/candidates.ts';
import { costBy } from '../../terms/cost.ts';
import type { Cost } from '../../terms/cost.ts';
import type { RunData } from '../../terms/run-data.ts';
import { isStatic } from '../../terms/goals.ts';
import type { Budget } from '../../terms/goals.ts';
import type { WeightsFrom } from '../../terms/choices.ts';

/**
 * Writes a candidate's model and config into a folder. The run's own result gives the bytes that the run wrote; one that
 * was fine-tuned since gives its fine-tuned weights; any other is cut from the source, and its config says nothing of
 * accuracies that these weights don't have. What stands there of others stays: the files take another name then.
 * @throws InputError where the run, the candidate or the source model is not there, or the folder can't be written
 */
export async function writeCandidate(
  folder: string,
  which: CandidateRef,
  out: string,
  models: Models,
): Promise<Pick<Placed, 'model' | 'config' | 'sha256'>> {
  const { run, plan } = await RunFolder.look(folder);
  // the model is written there first, and then moved
  await run.refuseLinks();
  const { model: source, sha256, file } = await models.open(run.resolve(plan.model.path));
  if (sha256 !== plan.model.sha256)
    throw new InputError(
      `${file} has changed since the run was planned; candidates of the old one can't be cut from it`,
    );
  const { freeze, interiorOutputs } = plan;
  const log = logOf(run.folder);
  await log.refresh();
  const classes = log.data.data?.classes.length;
  const { graph } = classes === undefined ? source : decideLabels(source.graph, classes, plan.data?.labelsOf);
  const model = { ...source, graph };
  const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
  const snapshot = await readCheckpoint(run.folder);
  const { state, weights: kept } = snapshot
    ? readState(snapshot)
    : { state: newState(), weights: new Map<string, Map<string, Float32Array>>() };
  const found = await standing(run, which, state, kept);
  const { arm } = found;
  const narrow = prune(model.graph, model.weights, dependencies, arm.candidate!.kept);
  const weights = found.weights ?? narrow.weights;
  const cost = costModel(model.graph, dependencies);
  await probeFolder(path.resolve(out), arm.candidate!.cost.bytes);
  const own = found.own;
  const after = cost(architectureOf(dependencies, arm.candidate!.kept));
  const mainMethod = found.method === plan.method;
  const context = settingsContext({ graph, dependencies }, plan, {
    trainImages: log.data.data?.train ?? 0,
    untrained:
      classes !== undefined && scoresLikeGuessing(log.data.scores.validation.original?.accuracy, classes),
  });
  const settings = methodNamed(found.method).settings(mainMethod ? plan.settings : {}, plan.effort, context);
  const made = own ? methodNamed(plan.method).weights : undefined;
  const from = found.weights ? weightsOf(arm, plan.retrain, made) : 'source';
  // the run's own result keeps the run's names, and no other candidate takes them from it
  const name = own ? plan.method : `${which.arm.replace('%', '')}-${which.id}`;
  const placed = await place({
    model,
    out: path.resolve(out),
    labels: labels(own ? plan.label : labelOf(name), name),
    stage: run.folder,
    save: (file) => saveModel(model, narrow.graph, weights, file),
    config: (files, sha256) =>
      buildConfig({
        plan: { ...plan, method: found.method },
        candidate: own ? undefined : arm.candidate!.id,
        model,
        modelPath: file,
        dependencies,
        state: {
          ...state,
          budgets: own ? state.budgets : holding(state.budgets, after),
          arms: [arm, ...(own ? state.arms.slice(1) : [])],
        },
        settings,
        weights: from,
        sha256,
        fineTuning: arm.scores.fineTuned ? tuning(state, log.data, from) : null,
        set: dataOf(log.data, run),
        preprocess: log.data.data?.preprocess,
        latency: own && asked(plan) ? (log.data.latency ?? undefined) : undefined,
        before: cost(fullArchitecture(dependencies)),
        files,
      }),
  });
  return { model: placed.model, config: placed.config, sha256: placed.sha256 };
}

interface Standing {
  readonly arm: ArmState;
  /** the method that proposed it */
  readonly method: string;
  /** the run's own result, finished */
  readonly own: boolean;
  /** trained ones, where there are any */
  readonly weights?: Weights;
}

/** What a candidate has come to: an arm with the scores that its weights have. */
async function standing(
  run: RunFolder,
  { arm: name, id }: CandidateRef,
  state: State,
  kept: ReadonlyMap<string, Weights>,
): Promise<Standing> {
  const [main] = state.arms;
  const method = cutsBy(name) ?? main?.name;
  const weights = main && kept.get(main.name);
  if (main?.name === name && main.step === 'done' && main.candidate?.id === id && weights)
    return { arm: main, method, own: true, weights };
  const extra = state.extras?.find((one) => one.name === extraArm(name, id));
  if (extra?.step === 'done') {
    const filed = kept.get(extra.name) ?? (await readWeights(run, extra.name));
    if (filed) return { arm: extra, method, own: false, weights: filed };
    throw broken(run, extra.name);
  }
  const other = state.arms.find((one) => one.name === name && one !== main);
  if (other?.step === 'done' && other.candidate?.id === id) {
    const filed = await readWeights(run, name);
    if (filed) return { arm: other, method, own: false, weights: filed };
    // runs of older versions kept none of a control's
    if (other.share !== undefined) throw broken(run, name);
  }
  const candidate = await findCandidate(run.folder, name, id);
  const bare = {
    ...candidate,
    kept: candidate.kept.map((c) => [...c]),
    architecture: [...candidate.architecture],
  };
  return {
    arm: { name, step: 'cut', tries: 0, candidate: { ...bare, accuracies: {} }, scores: {} },
    method,
    own: false,
  };
}

function broken(run: RunFolder, name: string): InputError {
  return new InputError(
    `the weights that ${name} was trained to are gone from ${run.folder}, or broken: run it again to have them`,
  );
}

/** The budgets that a network is known to keep. */
function holding(budgets: readonly Budget[], cost: Cost): State['budgets'] {
  return budgets.filter(
    ({ metric, limit }) => isStatic(metric) && costBy(cost, metric) <= limit,
  ) as State['budgets'];
}

function asked(plan: Plan): boolean {
  return plan.measureLatency || plan.targets.some(({ metric }) => metric === 'latency');
}

/** How its weights were trained: as the run decided, or, in one of an older version, as its events say. */
function tuning({ fineTuning }: State, { data, arms }: RunData, from: WeightsFrom) {
  const settings = fineTuning ?? arms[0]?.fineTuning;
  if (!data || !settings) return null;
  return from === 'scratch' ? scratchSettings(settings, data.train) : settings;
}

function dataOf({ data }: RunData, run: RunFolder): DataFacts | undefined {
  if (!data?.digest) return undefined;
  const { form, digest, train, validation, test, recordedClasses: classes } = data;
  return { path: run.resolve(data.path), form, digest, train, validation, test, classes };
}
