import { hasStatistics } from '../../graph/op-facts.ts';
import { fullArchitecture, leadingChannels } from '../../graph/architecture.ts';
import { costModel, layerCosts } from '../../graph/cost.ts';
import { findGroups, producersOf } from '../../graph/channels.ts';
import { InputError } from '../../graph/errors.ts';
import { thaw } from '../../graph/frozen.ts';
import { prune } from '../../graph/surgery.ts';
import type { Dependencies, Graph, Model } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { Evaluate, Method, SettingsContext } from '../../methods/types.ts';
import { differences, goesOnOtherwise, goOnAlike, numericsOf } from '../../runtime/backend/numerics.ts';
import type { RunContext } from './run-context.ts';
import { decideTuning } from './decide-tuning.ts';
import type { DecidedTuning } from './decide-tuning.ts';
import { sameImages, sameNames, samePlan } from '../store/same-inputs.ts';
import { allowedScripts } from '../plan/consent.ts';
import { armsOf, feasible } from '../plan/feasibility.ts';
import { remarksOnSet } from '../images/head.ts';
import type { RunFolder } from '../store/folder.ts';
import { scoresLikeGuessing, settingsContext } from '../plan/method-settings.ts';
import type { Plan } from '../plan/plan.ts';
import { cheapestShare, pointsOf } from '../plan/points.ts';
import { multipleOf } from '../plan/rounding.ts';
import type { RunPorts, Trainer } from './ports.ts';
import type { State } from '../store/state.ts';
import type { Session } from './session.ts';
import { measureScript } from './measure-script.ts';
import { ScriptFailed } from '../plan/script.ts';
import { withoutLabels } from '../../runtime/heads.ts';
import { hashModel } from '../../formats/identity.ts';
import type { ScriptLimits } from '../plan/script.ts';
import { frozenSetting, frozenSentence } from '../plan/fine-tune-settings.ts';
import { cutsBy } from '../../protocol/controls.ts';
import type { Architecture } from '../../terms/candidates.ts';
import type { Budget, Target } from '../../terms/goals.ts';
import type { GroupSummary, LayerSummary, RunEvent } from '../../terms/run-events.ts';
import { split as splits } from '../../terms/scores.ts';

/** The commands that this run may start. */
type Scripts = ReadonlySet<string>;

export interface PreparedRun extends RunContext {
  readonly mainSettings: unknown;
  /** where an accuracy is sought: the cheapest network that may be tried, as a share of the budgets; else 1 */
  readonly cheapest: number;
  /** how every arm is to be fine-tuned; needs images */
  decideTuning(): Promise<DecidedTuning>;
}

/**
 * Opens what a run works with: the model, its groups, the images, the settings; and where the run has just begun, measures the
 * original and checks that the budgets can be reached.
 */
export async function* prepareRun(
  run: RunFolder,
  plan: Plan,
  ports: RunPorts,
  session: Session,
): AsyncGenerator<RunEvent, PreparedRun, void> {
  const { state } = session;
  const scripts = await allowedScripts(run, plan);
  samePlan(state, plan, run.folder);
  const modelPath = run.resolve(plan.model.path);
  if ((await hashModel(modelPath)) !== plan.model.sha256)
    throw new InputError(`${modelPath} has changed since the run was planned; start a new run`);
  const opened = await ports.loadModel(modelPath);
  sameNames(state, opened, modelPath);
  const frozen = frozenSetting(opened.graph, plan.keepFrozen);
  let model = frozen === 'trained' ? { ...opened, graph: thaw(opened.graph) } : opened;
  const dependencies = findGroups(model.graph, {
    freeze: plan.freeze,
    interiorOutputs: plan.interiorOutputs,
  });
  const cost = costModel(model.graph, dependencies);
  const arms = armsOf(plan);
  const roundTo = multipleOf(plan, model.graph, dependencies);
  const network = { graph: model.graph, dependencies, roundTo, arms };
  if (!state.prepared) {
    yield await session.record({
      type: 'opened',
      model: { name: model.name, path: plan.model.path, format: model.format },
      cost: cost(fullArchitecture(dependencies)),
      groups: summariseGroups(dependencies),
      layers: summariseLayers(model.graph, dependencies),
    });
    for (const message of model.warnings) yield await session.record({ type: 'warning', message });
    const said = plan.data && plan.fineTuneEpochs !== 0 && frozenSentence(opened.graph, plan.keepFrozen);
    if (said) yield await session.record({ type: 'warning', message: said });
    const found = await feasible(
      model.graph,
      dependencies,
      plan.targets,
      roundTo,
      arms,
      measurer(model, dependencies, plan, ports, scripts),
    );
    Object.assign(state, found);
    yield await session.record({ type: 'budgets', budgets: found.budgets, roundTo });
  }
  // a range that can't be reached is refused before any image is read
  const sought = plan.accuracyDrop !== undefined;
  const points = sought ? [] : pointsOf(plan, state.budgets, network);
  const cheapest = sought ? cheapestShare(plan, state.range ?? state.budgets, network) : 1;
  const method = await ports.method(plan.method);
  if (method.needsImages && !plan.data)
    throw new InputError(`the method ${method.name} learns from images: give some with --data PATH`);
  const about = (trainImages: number, untrained: boolean): SettingsContext =>
    settingsContext({ graph: model.graph, dependencies }, plan, { trainImages, untrained });
  // a mistake in the settings is said before any image is read
  method.settings(plan.settings, plan.effort, about(1, looksUntrained(model)));
  // and so is a control arm that this network can't have
  for (const name of plan.controls.flatMap((one) => cutsBy(one) ?? []))
    (await ports.method(name)).settings({}, plan.effort, about(1, looksUntrained(model)));
  session.checkStop();
  const began = state.computedBy;
  if (began && plan.data) goOnAlike(began, plan.threads, { what: 'run', anew: 'start a new run' });
  const trainer = plan.data
    ? await ports.openTrainer({ ...plan.data, path: run.resolve(plan.data.path) }, model, {
        backend: began?.backend ?? plan.backend,
        threads: plan.threads ?? began?.threads,
        seed: plan.seed,
        preprocess: state.preprocess,
        recorded: state.prepared ? (state.classes ?? 'images') : undefined,
        signal: session.signal,
        ...session.opening,
      })
    : null;
  // the same network, and which of its outputs the labels are of
  if (trainer?.labelled) model = { ...model, graph: { ...model.graph, labelled: trainer.labelled } };
  if (trainer?.taught) model = { ...model, graph: withoutLabels(model.graph, trainer.taught) };
  const numerics = trainer && numericsOf(trainer.images.backend);
  if (trainer)
    try {
      sameImages(state, trainer.images.set, session.earlier);
    } catch (error) {
      await trainer.close();
      throw error;
    }
  const trainImages = trainer?.images.set.train.size ?? 0;
  const settings = (one: Method, main: boolean): unknown =>
    one.settings(main ? plan.settings : {}, plan.effort, about(trainImages, isUntrained(trainer, state)));
  // what is timed computes what is scored
  const timing: RunPorts = {
    ...ports,
    latency: (before, after, threads) => ports.latency(before, after, threads, trainer?.images.trust),
  };
  const context: PreparedRun = {
    plan,
    model,
    dependencies,
    roundTo,
    ports: timing,
    session,
    trainer,
    get fineTuning() {
      return state.fineTuning ?? null;
    },
    numerics,
    points,
    cheapest,
    get untrained() {
      return isUntrained(trainer, state);
    },
    settings,
    get mainSettings() {
      return settings(method, true);
    },
    decideTuning: () =>
      decideTuning(plan, trainer!, {
        macs: cost(fullArchitecture(dependencies)).macs,
        graph: model.graph,
        frozen,
        untrained: isUntrained(trainer, state),
        signal: session.signal,
      }),
    missed: (network, budgets) => missed(network, budgets, model, plan, timing, scripts),
    evaluate: evaluator(model, dependencies, plan, timing, scripts, session.signal),
  };
  try {
    if (!state.prepared) yield* prepare(context);
    // a run of an older version decided it anew each time
    else if (trainer && !state.fineTuning) state.fineTuning = (await context.decideTuning()).settings;
    const other = began && numerics ? differences(began, numerics) : [];
    if (other.length) {
      yield await session.record({ type: 'warning', message: goesOnOtherwise(other) });
    }
  } catch (error) {
    await trainer?.close();
    throw error;
  }
  return context;
}

/** Whether the network does no better than guessing, so that its weights are worth nothing. */
function isUntrained(trainer: Trainer | null, state: State): boolean {
  if (!trainer) return false;
  return scoresLikeGuessing(state.original.validation?.accuracy, trainer.images.set.classes.length);
}

async function* prepare(context: PreparedRun): AsyncGenerator<RunEvent, void, void> {
  const { session, trainer, model } = context;
  const { state } = session;
  if (trainer) {
    const { set, preprocess, backend } = trainer.images;
    const { name, why, threads } = backend;
    state.preprocess = { ...preprocess, scale: [...preprocess.scale], offset: [...preprocess.offset] };
    state.classes = set.recordedClasses ? [...set.recordedClasses] : 'images';
    state.computedBy = structuredClone(context.numerics!) as State['computedBy'];
    yield await session.record({ type: 'backend', name, why, threads, computedBy: context.numerics! });
    yield await session.record({
      type: 'data',
      path: context.plan.data!.path,
      form: set.form,
      classes: set.classes,
      classesFrom: set.classesFrom,
      recordedClasses: set.recordedClasses,
      unlabelled: set.unlabelled,
      taught: trainer.taught && [...trainer.taught],
      train: set.train.size,
      validation: set.validation.size,
      test: set.test?.size ?? 0,
      preprocess,
      found: trainer.found,
      digest: set.digest,
    });
    for (const message of [...(trainer.learns ?? []), ...remarksOnSet(set)])
      yield await session.record({ type: 'warning', message });
    yield await session.record({
      type: 'stage',
      stage: 'original',
      message: 'measuring the network as it is',
    });
    for (const split of splits.options) {
      if (split === 'test' && !set.test) continue;
      const score = await trainer.score(model, split, session.signal);
      state.original[split] = structuredClone(score) as State['original'][typeof split];
      yield await session.record({ type: 'score', step: 'original', split, score });
    }
  }
  if (trainer) {
    const { settings, said } = await context.decideTuning();
    state.fineTuning = settings;
    if (said !== undefined) yield await session.record({ type: 'stage', stage: 'original', message: said });
  }
  state.prepared = true;
  await session.save();
}

/** Whether every batch norm still has the statistics that it was made with; without one there is no telling. */
function looksUntrained({ graph, weights }: LoadedModel): boolean {
  const norms = graph.nodes.filter((node) => hasStatistics(node.op));
  const all = (param: string, value: number) => weights.get(param)?.every((v) => v === value) ?? false;
  return norms.length > 0 && norms.every(({ params }) => all(params.mean, 0) && all(params.variance, 1));
}

/** Groups as events show them. */
function summariseGroups(dependencies: Dependencies): GroupSummary[] {
  return dependencies.groups.map((group) => ({
    id: group.id,
    size: group.size,
    frozen: group.frozen,
    producers: producersOf(group),
  }));
}

/** Layers that make channels, in execution order, at full width. */
function summariseLayers(graph: Graph, dependencies: Dependencies): LayerSummary[] {
  const costs = layerCosts(graph, dependencies, fullArchitecture(dependencies));
  const groupOf = new Map<string, number>();
  for (const group of dependencies.groups)
    for (const member of group.members)
      if (member.role === 'producer' && !groupOf.has(member.node)) groupOf.set(member.node, group.index);
  return graph.nodes.flatMap((node, i) => {
    const group = groupOf.get(node.id);
    if (group === undefined) return [];
    const { macs, params } = costs[i];
    return [{ layer: node.layer, type: node.layerType, group, macs, params }];
  });
}

function measurer(
  model: LoadedModel,
  dependencies: Dependencies,
  plan: Plan,
  ports: RunPorts,
  scripts: Scripts,
) {
  return async (target: Target, architecture: Architecture): Promise<number> => {
    const kept = leadingChannels(dependencies, architecture);
    const narrow = prune(model.graph, model.weights, dependencies, kept);
    return await measureOne(narrow, target, model, plan, ports, scripts);
  };
}

/** What a method measures its candidates by: a script that fails is the candidate's fault, not the run's. */
function evaluator(
  model: LoadedModel,
  dependencies: Dependencies,
  plan: Plan,
  ports: RunPorts,
  scripts: Scripts,
  signal: AbortSignal | undefined,
): Evaluate {
  return async (budget, { kept }, options) => {
    const narrow = prune(model.graph, model.weights, dependencies, kept);
    try {
      return await measureOne(narrow, budget, model, plan, ports, scripts, { ...options, signal });
    } catch (error) {
      if (error instanceof ScriptFailed) return { failed: error.message };
      throw error;
    }
  };
}

/**
 * A latency is measured beside the original's, turn by turn, and given as a share of it: whatever else the machine does
 * by now slows both.
 */
async function measureOne(
  network: Model,
  target: { metric: string; command?: string; original?: number },
  model: LoadedModel,
  plan: Plan,
  ports: RunPorts,
  scripts: Scripts,
  limits: ScriptLimits = {},
): Promise<number> {
  if (target.metric === 'script') {
    const { command = '' } = target;
    // a checkpoint may name another command than its plan
    if (!scripts.has(command))
      throw new InputError(`the run would start ${JSON.stringify(command)}, which its plan doesn't name`);
    return await measureScript(ports, command, model, network, limits);
  }
  const { before, after } = await ports.latency(model, network, plan.threads);
  return target.original === undefined ? after : (after / before) * target.original;
}

/** Times a script is asked about the result before its failure counts. */
const PATIENT_TRIES = 3;

/** The largest ratio of a measured budget's value to its limit; 0 where there is none. */
async function missed(
  network: Model,
  budgets: readonly Budget[],
  model: LoadedModel,
  plan: Plan,
  ports: RunPorts,
  scripts: Scripts,
): Promise<number> {
  let worst = 0;
  for (const budget of budgets) {
    if (budget.metric !== 'latency' && budget.metric !== 'script') continue;
    for (let tries = 1; ; tries++)
      try {
        worst = Math.max(
          worst,
          (await measureOne(network, budget, model, plan, ports, scripts)) / budget.limit,
        );
        break;
      } catch (error) {
        if (!(error instanceof ScriptFailed) || tries >= PATIENT_TRIES) throw error;
      }
  }
  return worst;
}
