import { stat } from 'node:fs/promises';
import path from 'node:path';
import { engineVersion } from '../config/version.ts';
import { removeEmpty } from '../files/make-folder.ts';
import type { PrunedConfig } from '../config/schema.ts';
import { fullArchitecture } from '../graph/architecture.ts';
import { costModel } from '../graph/cost.ts';
import { markdownReport } from '../report/markdown.ts';
import { htmlReport } from '../report/html.ts';
import type { RunReport } from '../report/types.ts';
import { readEvents } from './store/folder.ts';
import { allowedScripts } from './plan/consent.ts';
import { hashFile, outputs } from '../formats/identity.ts';
import { labels, reportFiles } from './result/output-names.ts';
import { place } from './result/place.ts';
import { placeReport } from './result/place-report.ts';
import { probeFile, probeFolder, refuseLooseLink } from './store/disk-space.ts';
import type { RunFolder } from './store/folder.ts';
import type { Plan } from './plan/plan.ts';
import { reachAccuracy } from './steps/points/reach-accuracy.ts';
import { runArmOrLeave } from './steps/points/leave-out.ts';
import { networkOf } from './steps/run-context.ts';
import { buildConfig, dataFacts } from './result/config.ts';
import type { RunOptions, RunPorts } from './steps/ports.ts';
import { Session } from './steps/session.ts';
import { summarise } from './result/run-report.ts';
import { newArms, oneSearch } from './plan/points.ts';
import { scratchSettings } from './plan/fine-tune-settings.ts';
import { weightsOf } from './steps/weights.ts';
import { prepareRun } from './steps/context.ts';
import type { PreparedRun } from './steps/context.ts';
import type { RunEvent } from '../terms/run-events.ts';

export interface RunResult {
  readonly config: PrunedConfig;
  readonly configFile: string;
  readonly modelFile: string;
  readonly reportFile: string;
  /** files that belong to the model, written beside it */
  readonly besideFiles: readonly string[];
  readonly report: RunReport;
}

/**
 * The whole run, from wherever its folder stands to the pruned model, its config and its report. Knows nothing of
 * terminals, processes or windows. Stop it by the signal; going on later gives what it would have given at once.
 * @throws InputError (bad input, before anything runs), GoalMissed, Interrupted
 */
export async function* runPrune(
  run: RunFolder,
  plan: Plan,
  ports: RunPorts,
  options: RunOptions = {},
): AsyncGenerator<RunEvent, RunResult, void> {
  const session = new Session(run, options);
  await session.load();
  options.onLoaded?.();
  // before anything is written, be it a probe
  await allowedScripts(run, plan);
  const out = run.resolve(plan.out);
  const source = await stat(run.resolve(plan.model.path)).catch(() => null);
  const made: string[] = [];
  let context: PreparedRun | null = null;
  try {
    // room for the result, and for a few checkpoints
    made.push(...(await probeFolder(out, source?.size ?? 0)));
    const report = plan.report === undefined ? undefined : run.resolve(plan.report);
    for (const file of reportFiles({ report })) {
      await refuseLooseLink(file);
      made.push(...(await probeFile(file)));
    }
    await probeFolder(run.folder, 4 * (source?.size ?? 0));
    context = yield* prepareRun(run, plan, ports, session);
    if (!session.state.arms.length) {
      const method = await ports.method(plan.method);
      if (context.points.length && oneSearch(method, context.mainSettings, session.state.budgets))
        session.state.oneSearch = true;
      for (const arm of newArms(plan, context.points))
        session.state.arms.push({ ...arm, step: 'method', tries: 0, scores: {} });
      await session.save();
    }
    const [main] = session.state.arms;
    if (plan.accuracyDrop !== undefined) yield* reachAccuracy(context, main, plan.accuracyDrop);
    for (const arm of [...session.state.arms]) yield* runArmOrLeave(context, arm, main);
    return yield* finish(context, run);
  } catch (error) {
    await removeEmpty(made);
    throw error;
  } finally {
    await context?.trainer?.close();
  }
}

/** Writes the model, the config and the report. */
async function* finish(context: PreparedRun, run: RunFolder): AsyncGenerator<RunEvent, RunResult, void> {
  const { session, plan, model, ports, trainer } = context;
  session.checkStop();
  const [main] = session.state.arms;
  const before = { graph: model.graph, weights: model.weights };
  const after = networkOf(context, main);
  const asked = plan.measureLatency || plan.targets.some((target) => target.metric === 'latency');
  const latency = await ports.latency(before, after, plan.threads).catch((error: unknown) => {
    if (asked) throw error;
    return error instanceof Error ? error.message : String(error);
  });
  if (typeof latency === 'string')
    yield await session.record({ type: 'warning', message: `latency could not be measured: ${latency}` });
  else {
    yield await session.record({ type: 'latency', ...latency });
    const budget = session.state.budgets.find((one) => one.metric === 'latency');
    const now = budget && ((latency.after / latency.before) * budget.original) / budget.limit;
    if (now !== undefined && now > 1) {
      const noise =
        latency.spread === undefined
          ? ''
          : `, where half of all runs are within ${(100 * latency.spread).toFixed(1)} %`;
      const message = `measured afresh, the latency is ${(100 * now - 100).toFixed(1)} % over its budget${noise}`;
      yield await session.record({ type: 'warning', message });
    }
  }
  if (trainer) {
    const samples = await trainer.samples(before, after);
    yield await session.record({ type: 'samples', samples });
  }
  const weights = weightsOf(main, plan.retrain, (await ports.method(plan.method)).weights);
  const placed = await place({
    model,
    out: run.resolve(plan.out),
    labels: labels(plan.label, plan.method),
    replaces: plan.replaces,
    stage: run.folder,
    save: (file) => ports.saveModel(model, after.graph, after.weights, file),
    config: (files, sha256) =>
      buildConfig({
        plan,
        model,
        modelPath: run.resolve(plan.model.path),
        dependencies: context.dependencies,
        state: session.state,
        settings: context.mainSettings,
        weights,
        sha256,
        fineTuning:
          trainer && context.fineTuning && weights === 'scratch'
            ? scratchSettings(context.fineTuning, trainer.images.set.train.size, model.graph)
            : context.fineTuning,
        set: trainer ? dataFacts(trainer.images.set) : undefined,
        preprocess: trainer?.images.preprocess,
        latency: asked && typeof latency === 'object' ? latency : undefined,
        before: costModel(model.graph, context.dependencies)(fullArchitecture(context.dependencies)),
        files,
      }),
  });
  const planned = outputs(model, run.resolve(plan.out), plan.label).config;
  if (placed.config !== planned) {
    const message = `${path.basename(planned)} or its model is another's by now and was left alone: this run's result is ${path.basename(placed.config)}`;
    yield await session.record({ type: 'warning', message });
  }
  await run.flush();
  const { events } = await readEvents(run.folder);
  const report = summarise(plan, engineVersion, events);
  const html = Buffer.from(htmlReport(report));
  const markdown = Buffer.from(markdownReport(report));
  const reportFile = await placeReport(run, plan, html, markdown);
  yield await session.record({
    type: 'written',
    model: placed.model,
    config: placed.config,
    report: reportFile,
    beside: placed.beside.length ? placed.beside : undefined,
    sha256: { ...placed.sha256, report: await hashFile(reportFile) },
    stamp: placed.stamp,
  });
  yield await session.record({ type: 'done' });
  await session.save();
  return {
    config: placed.written,
    configFile: placed.config,
    modelFile: placed.model,
    reportFile,
    besideFiles: placed.beside,
    report,
  };
}
