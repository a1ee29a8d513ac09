import { InputError, Interrupted } from '../../graph/errors.ts';
import { consent, deedsOf, described, refusal, unconsented } from '../../run/plan/consent.ts';
import { makePlan } from '../../run/plan/make-plan.ts';
import { RunFolder } from '../../run/store/folder.ts';
import { readRun } from '../../run/store/run-data.ts';
import { inTheWay, refuseOverInputs } from '../../run/result/output-names.ts';
import type { Plan } from '../../run/plan/plan.ts';
import { defaultControls, trainedControls } from '../../protocol/controls.ts';
import { runPrune } from '../../run/prune.ts';
import { defaultPorts } from '../../run/steps/default-ports.ts';
import { parseGoals, parseTarget } from '../../run/plan/targets.ts';
import { POINTS } from '../../run/plan/points.ts';
import { DEAREST } from '../../terms/goals.ts';
import { ask } from '../ask.ts';
import type { Output } from '../output.ts';
import { settings } from '../options.ts';
import { namedRun } from '../named-run.ts';
import { mayOverwrite, shown } from '../overwrite.ts';
import { Progress } from '../progress.ts';
import { stopOnCtrlC } from '../stop.ts';
import { dataOptions } from './data-options.ts';
import type { DataFlags } from './data-options.ts';
import { curveLines, narrate, resultTable } from './narrate.ts';
import type { Effort, Rounding, WeightsFrom } from '../../terms/choices.ts';

interface PruneOptions extends DataFlags {
  readonly target?: string[];
  readonly method?: string;
  readonly seed?: number;
  readonly effort?: Effort;
  readonly accuracyCoefficient?: number;
  readonly efficiencyCoefficient?: number;
  readonly roundTo?: Rounding;
  readonly freeze?: string[];
  readonly interiorOutputs?: boolean;
  readonly checkpointSeconds?: number;
  readonly set?: string[];
  readonly withControls?: true | string;
  readonly epochs?: number;
  readonly retrain?: WeightsFrom;
  readonly fineTuneEpochs?: number;
  readonly points?: number;
  readonly explore?: number;
  readonly fineTuneRate?: number;
  readonly distillation?: number;
  readonly keepFrozen?: boolean;
  readonly measureLatency?: boolean;
  readonly out?: string;
  readonly report?: string;
  readonly resume?: true | string;
  readonly allowScript?: boolean;
  readonly allowWrite?: boolean;
  readonly force?: boolean;
}

/** `espalier prune MODEL` */
export async function prune(output: Output, args: string[], options: PruneOptions): Promise<number> {
  const workspace = process.cwd();
  if (!options.resume && (options.allowScript || options.allowWrite))
    throw new InputError(
      `${options.allowScript ? '--allow-script' : '--allow-write'} goes with --resume; a run that is planned here needs no leave`,
    );
  const { run, plan } = options.resume
    ? await resumed(workspace, args, options)
    : await started(workspace, args, options, output);
  const progress = new Progress();
  const again = `espalier prune --resume ${run.id}`;
  const stop = stopOnCtrlC(() => progress.say('Stopping… (Ctrl-C again to end at once)'));
  try {
    progress.hold();
    if (!output.json) progress.say(`run ${run.id}`);
    const events = runPrune(run, plan, defaultPorts, {
      signal: stop.signal,
      checkpointSeconds: options.checkpointSeconds,
      ...progress.opening,
    });
    for (;;) {
      const next = await events.next();
      if (!next.done) {
        if (!['opened', 'warning', 'budgets'].includes(next.value.type)) progress.release();
        output.data(next.value);
        narrate(progress, next.value);
        continue;
      }
      progress.clear();
      const { modelFile, configFile, reportFile, besideFiles, report, config } = next.value;
      const files = { model: modelFile, config: configFile, report: reportFile };
      output.data({ type: 'result', ...files, beside: besideFiles, config, configFile });
      output.print(resultTable(report));
      if ((plan.points ?? 1) > 1 && !output.json) output.print(curveLines(run.id, await readRun(run.folder)));
      if (report.latency && report.latency.after > 0.9 * report.latency.before && config.method.roundTo < 8)
        output.note('Hardly faster: runtimes work on blocks of channels; try --round-to 8.');
      for (const [name, file] of Object.entries(files)) output.print(`${name.padEnd(7)} ${shown(file)}`);
      for (const file of besideFiles) output.print(`labels  ${shown(file)}`);
      return 0;
    }
  } catch (error) {
    progress.clear();
    if (error instanceof InputError) progress.forget();
    else progress.release();
    // refused before anything was done: nothing to go on with
    if (error instanceof InputError && !options.resume) await run.discardEmpty();
    if (error instanceof Interrupted || stop.signal.aborted) {
      output.note(`Stopped; go on with: ${again}`);
      throw new Interrupted();
    }
    if (error instanceof InputError) throw error;
    // whatever it was: where the folder is gone, that is what to say
    await run.mustHold();
    output.note(`The run so far is kept; go on with: ${again}`);
    throw error;
  } finally {
    stop.release();
    await run.close();
  }
}

async function resumed(
  workspace: string,
  args: string[],
  options: PruneOptions,
): Promise<{ run: RunFolder; plan: Plan }> {
  // `prune --resume NAME` and `prune NAME --resume` mean the same
  const named = options.resume === true ? args[0] : options.resume;
  if (args.length > (options.resume === true ? 1 : 0))
    throw new InputError('--resume goes on with a run as it was planned; leave out the model');
  const others = Object.keys(options).filter(
    (key) =>
      !['resume', 'json', 'verbose', 'checkpointSeconds', 'allowScript', 'allowWrite', 'target'].includes(
        key,
      ),
  );
  if (others.length)
    throw new InputError(
      `--resume goes on with a run as it was planned; leave out --${others[0].replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`,
    );
  let folder: string | null;
  if (named === undefined) folder = await RunFolder.latest(workspace);
  else folder = await namedRun(workspace, named);
  if (!folder)
    throw new InputError(
      'there is no unfinished run here to go on with; start one with espalier prune MODEL',
    );
  const opened = await RunFolder.open(folder);
  try {
    await agreed(opened.run, opened.plan, options);
    return opened;
  } catch (error) {
    await opened.run.close();
    throw error;
  }
}

/** What the run would do beyond training is agreed to: it was before, on this command line, or when asked now. */
async function agreed(run: RunFolder, plan: Plan, options: PruneOptions): Promise<void> {
  const given = (options.target ?? []).map((text) => {
    const { metric, command } = parseTarget(text);
    if (metric !== 'script' || !plan.targets.some((target) => target.command === command))
      throw new InputError(
        `--resume goes on with a run as it was planned, which has no target ${JSON.stringify(text)}; leave it out`,
      );
    return command;
  });
  for (const deed of await unconsented(run, await deedsOf(run, plan))) {
    const allowed =
      deed.kind === 'script' ? options.allowScript || given.includes(deed.what) : options.allowWrite;
    if (!allowed && !(await ask(`The run ${run.id} was not planned here, and ${described(deed)}. Let it?`)))
      throw refusal(run, deed);
    await consent(run, [deed]);
  }
}

async function started(
  workspace: string,
  [named]: string[],
  options: PruneOptions,
  output: Output,
): Promise<{ run: RunFolder; plan: Plan }> {
  if (named === undefined)
    throw new InputError('name the model to prune: espalier prune MODEL --data PATH --target macs=50%');
  const data = dataOptions(options);
  const given = settings(options.set);
  const own: Record<string, unknown> = {
    accuracyCoefficient: options.accuracyCoefficient,
    efficiencyCoefficient: options.efficiencyCoefficient,
    epochs: options.epochs,
  };
  for (const [key, value] of Object.entries(own)) if (value !== undefined) given[key] = value;
  const asked = await makePlan(workspace, {
    model: named,
    data,
    ...(options.target ? parseGoals(options.target) : { targets: [DEAREST] }),
    method: options.method,
    settings: given,
    seed: options.seed ?? 1,
    effort: options.effort ?? 'standard',
    roundTo: options.roundTo ?? 'auto',
    freeze: options.freeze ?? [],
    interiorOutputs: options.interiorOutputs,
    controls: controlNames(options.withControls, data !== undefined),
    retrain: options.retrain,
    fineTuneEpochs: options.fineTuneEpochs,
    points: options.points ?? (options.target ? undefined : POINTS),
    explore: options.explore,
    fineTuneRate: options.fineTuneRate,
    distillation: options.distillation,
    keepFrozen: options.keepFrozen,
    backend: options.backend ?? 'auto',
    threads: options.threads,
    measureLatency: options.measureLatency ?? false,
    out: options.out,
    report: options.report,
  });
  await refuseOverInputs(workspace, asked);
  const { found, own: mine, earlier } = await inTheWay(workspace, asked);
  await mayOverwrite(found, { force: options.force, json: output.json });
  const replaces = [
    ...mine,
    ...(options.force ? earlier : []),
    ...found.flatMap(({ sha256 }) => sha256 ?? []),
  ];
  if (!options.target)
    output.note(
      `no target was given: the trade-off from ${DEAREST.value} % of the MACs downwards, in ${asked.points} points. The dearest is written; \`espalier write\` writes another`,
    );
  const plan = replaces.length ? { ...asked, replaces } : asked;
  return { run: await RunFolder.create(workspace, plan), plan };
}

function controlNames(given: true | string | undefined, data: boolean): string[] {
  if (given === undefined) return [];
  if (given === true) return [...defaultControls];
  const names = given.split(',').map((name) => name.trim());
  const lone = data ? undefined : trainedControls.find((name) => names.includes(name));
  if (lone !== undefined)
    throw new InputError(`the control "${lone}" trains on images: give some with --data PATH`);
  return names;
}
