import { cutsBy } from '../../protocol/controls.ts';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { architectureOf, fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import { findGroups } from '../../graph/channels.ts';
import { InputError } from '../../graph/errors.ts';
import { prune } from '../../graph/surgery.ts';
import { saveModel } from '../../formats/index.ts';
import { methodNamed } from '../../methods/index.ts';
import type { Graph, Model, Weights } from '../../graph/types.ts';
import { decideLabels, withoutLabels } from '../../runtime/heads.ts';
import { fits, ownWeights, unusable } from '../store/arm-weights.ts';
import { DamagedCheckpoint, readCheckpoint } from '../store/checkpoint.ts';
import { RunFolder } from '../store/folder.ts';
import { findCandidate, logOf } from '../store/event-log.ts';
import { scoresLikeGuessing, settingsContext } from '../plan/method-settings.ts';
import type { Models } from './model-cache.ts';
import type { Plan } from '../plan/plan.ts';
import { armTo } from './pick.ts';
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
import type { Candidate, CandidateRef } from '../../terms/candidates.ts';
import { costBy } from '../../terms/cost.ts';
import type { Cost } from '../../terms/cost.ts';
import type { RunData } from '../../terms/run-data.ts';
import { runFiles } from '../../terms/run-folder.ts';
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
  const { graph } = labelsAsRun(source, log.data.data, plan);
  const model = { ...source, graph };
  const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
  const snapshot = await readCheckpoint(run.folder).catch((error: unknown) => {
    throw error instanceof DamagedCheckpoint ? foreign(run, `is damaged (${error.why})`) : error;
  });
  const { state, weights: kept } = snapshot
    ? readState(snapshot)
    : { state: newState(), weights: new Map<string, Map<string, Float32Array>>() };
  const cut = ({ kept: channels }: Candidate) => prune(model.graph, model.weights, dependencies, channels);
  const found = await standing(run, which, { state, kept, record: log.data, cut });
  const { arm, narrow } = found;
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
        fineTuning: arm.scores.fineTuned ? tuning(state, log.data, from, graph) : null,
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
  /** as it is cut from the source */
  readonly narrow: Model;
  /** trained ones, where there are any */
  readonly weights?: Weights;
}

interface Holdings {
  readonly state: State;
  /** trained weights in the checkpoint, by arm */
  readonly kept: ReadonlyMap<string, Weights>;
  readonly record: RunData;
  cut(candidate: Candidate): Model;
}

/**
 * What a candidate has come to: an arm with the scores that its weights have.
 * @throws InputError where it was trained, and what it came to is gone or another's
 */
async function standing(
  run: RunFolder,
  which: CandidateRef,
  { state, kept, record, cut }: Holdings,
): Promise<Standing> {
  const { arm: name, id } = which;
  const [main] = state.arms;
  const method = cutsBy(name) ?? main?.name;
  const extra = state.extras?.find((one) => one.name === extraArm(name, id));
  const mine = state.arms.find((one) => one.name === name && one.candidate?.id === id);
  const recorded = await logOf(run.folder).candidate(name, id);
  for (const arm of [extra, mine])
    if (arm?.step === 'done' && recorded && !isDeepStrictEqual(arm.candidate!.kept, recorded.kept))
      throw foreign(run, "holds another run's");
  const own = mine && mine === main && mine.step === 'done' ? kept.get(name) : undefined;
  if (main && own) {
    const narrow = cut(main.candidate!);
    if (!fits(own, narrow.weights)) throw foreign(run, "holds another run's");
    return { arm: main, method, own: true, narrow, weights: own };
  }
  for (const arm of [extra, mine !== main ? mine : undefined]) {
    if (arm?.step !== 'done') continue;
    const narrow = cut(arm.candidate!);
    const weights = kept.get(arm.name) ?? (await ownWeights(run, arm, narrow.weights));
    if (weights) return { arm, method, own: false, narrow, weights };
    // runs of older versions kept none of a control's
    if (arm === extra || arm.share !== undefined || arm.filed !== undefined)
      throw unusable(run, arm.name, 'is gone');
  }
  if (record.done && !state.arms.length && armTo(record, which)) throw foreign(run, 'is gone');
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
    narrow: cut(bare),
  };
}

/** What is said where a finished run's checkpoint is not its own. @param why a clause about it */
function foreign(run: RunFolder, why: string): InputError {
  return new InputError(
    `the networks that the run ${run.id} trained can't be had: ${run.file(runFiles.checkpoint)} ${why}; put back what was there, or prune again in a new run`,
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
function tuning({ fineTuning }: State, { data, arms }: RunData, from: WeightsFrom, graph: Graph) {
  const settings = fineTuning ?? arms[0]?.fineTuning;
  if (!data || !settings) return null;
  return from === 'scratch' ? scratchSettings(settings, data.train, graph) : settings;
}

/** The network with the decision on labels that its run made. */
function labelsAsRun(
  { graph }: Pick<Model, 'graph'>,
  data: RunData['data'],
  plan: Plan,
): Pick<Model, 'graph'> {
  if (!data) return { graph };
  if (data.unlabelled) return { graph: withoutLabels(graph, data.taught ?? []) };
  return decideLabels(graph, data.classes.length, plan.data?.labelsOf);
}

function dataOf({ data }: RunData, run: RunFolder): DataFacts | undefined {
  if (!data?.digest) return undefined;
  const { form, digest, train, validation, test, recordedClasses: classes, unlabelled } = data;
  return { path: run.resolve(data.path), form, digest, train, validation, test, classes, unlabelled };
}
