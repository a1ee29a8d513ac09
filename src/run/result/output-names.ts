import { pointOfArm } from '../../terms/candidates.ts';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { readConfig } from '../../config/files.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import { describeFormat } from '../../formats/index.ts';
import { InputError } from '../../graph/errors.ts';
import { hashFile, hashModel, outputs } from '../../formats/identity.ts';
import { limitOf } from '../../protocol/reach.ts';
import { RunFolder } from '../store/folder.ts';
import { keepInputs } from './keep-inputs.ts';
import { lockOwner } from '../../files/lock.ts';
import { logOf } from '../store/event-log.ts';
import type { Plan } from '../plan/plan.ts';
import { espalierFolder, runFiles, runsFolder } from '../../terms/run-folder.ts';
import { fineTuningSchema } from '../../terms/training.ts';
import type { FormatName } from '../../terms/written.ts';

/** What a plan will write, absolute; `report` only where one was asked for. */
export interface Names {
  readonly model: string;
  readonly config: string;
  readonly report?: string;
}

/** Something that stands, or will stand, where a run would write. */
export interface InTheWay {
  readonly file: string;
  /** of what stands there; null where it can't be read as what it is in the place of */
  readonly sha256: string | null;
  /** the run that is about to write it; absent: it is there */
  readonly run?: string;
}

/** What of a plan decides its files' names. */
type Named = Pick<Plan, 'out' | 'label' | 'report'> & { readonly model: Pick<Plan['model'], 'path'> };

/** The files that a plan names. */
export async function namesOf(workspace: string, plan: Named): Promise<Names> {
  const model = path.resolve(workspace, plan.model.path);
  const format = await formatAt(model);
  const files = outputs({ path: model, format }, path.resolve(workspace, plan.out), plan.label);
  return {
    model: files.model,
    config: files.config,
    report: plan.report === undefined ? undefined : path.resolve(workspace, plan.report),
  };
}

/** A model's format by its content; by its name where it isn't there any more. */
async function formatAt(model: string): Promise<FormatName> {
  if (/\.json$/i.test(model)) return 'tfjs-layers';
  const byName = /\.keras$/i.test(model) ? 'keras' : /\.onnx$/i.test(model) ? 'onnx' : 'keras-h5';
  return await describeFormat(model).then(
    ({ format }) => format,
    () => byName,
  );
}

/**
 * The labels that are tried one after the other.
 * @param first undefined: none, the plain names
 * @param name what the files are called by where that isn't free, then with numbers
 */
export function* labels(first: string | undefined, name: string): Generator<string | undefined> {
  const base = labelOf(name);
  yield first;
  if (first !== base) yield base;
  for (let n = 2; ; n++) if (first !== `${base}-${n}`) yield `${base}-${n}`;
}

/** A name of a method or candidate as a part of a file's name. */
export function labelOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+/, '') || 'run';
}

/**
 * The plan with names of its own: where the plain ones stand already, or another run that hasn't ended will write them,
 * the method's name stands in them, with a number if need be.
 */
export async function withOwnNames(workspace: string, plan: Plan): Promise<Plan> {
  const { label } = await ownNames(workspace, plan);
  return label === undefined ? plan : { ...plan, label };
}

/** The names that are free for a run now, with the label in them. */
export async function ownNames(
  workspace: string,
  plan: Named & Pick<Plan, 'method'>,
): Promise<Names & { readonly label?: string }> {
  const claims = await claimed(workspace, 'unfinished');
  for (const label of labels(undefined, plan.method)) {
    const names = await namesOf(workspace, { ...plan, label });
    if (await taken(names)) continue;
    if (claims.some(({ files }) => files.has(names.model) || files.has(names.config))) continue;
    return { ...names, label };
  }
  throw new Error('there is always another name');
}

/** Whether something stands where a model or config would go: a folder that isn't empty counts too. */
async function taken({ model, config }: Names): Promise<boolean> {
  return (await standsAt(model)) || (await standsAt(config));
}

async function standsAt(file: string): Promise<boolean> {
  if (await there(file)) return true;
  return path.basename(file) === 'model.json' && (await isOccupied(path.dirname(file)));
}

/**
 * Whether a folder holds something already: that of a TensorFlow.js model is its own, but for what Espalier keeps there.
 */
export async function isOccupied(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.some((name) => name !== espalierFolder);
}

/**
 * Refuses a TensorFlow.js model whose files would mix with others: a model.json has its folder to itself, and one of
 * another name can't lie beside another model's weights, since theirs may have the same names.
 * @param target the file that the model goes to; one that is there is another's concern
 * @throws InputError
 */
export async function refuseMixed(target: string): Promise<void> {
  if (!/\.json$/i.test(target) || (await there(target))) return;
  const folder = path.dirname(target);
  const names = await readdir(folder).catch((): string[] => []);
  const whole = path.basename(target) === 'model.json';
  const other = names.find((name) => (whole ? name !== espalierFolder : /\.bin$/i.test(name)));
  if (other === undefined) return;
  throw new InputError(
    `can't write ${target}: ${folder} holds ${other} already, and a TensorFlow.js model is several files that would lie among what is there; name a new or an empty folder`,
  );
}

const isFile = (file: string) =>
  stat(file).then(
    (about) => about.isFile(),
    () => false,
  );

const there = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

/**
 * What a run would overwrite that isn't its own. A config of the very same plan, and what lies beside it, is no
 * obstacle: the run writes the same again, or finds at its end that it doesn't.
 * @returns what is found; the SHA-256 of what may be overwritten without asking: a report of the very same plan, which
 * says how long it took and so is never twice the same; and of what may be where overwriting was asked for: that plan's
 * result, which another processor may have come to otherwise
 */
export async function inTheWay(
  workspace: string,
  plan: Plan,
): Promise<{
  readonly found: readonly InTheWay[];
  readonly own: readonly string[];
  readonly earlier: readonly string[];
}> {
  const names = await namesOf(workspace, plan);
  const results: InTheWay[] = [];
  const found: InTheWay[] = [];
  const same = await readConfig(names.config).then(
    (config) => isOf(config, plan, path.dirname(names.config), workspace),
    () => false,
  );
  const reports: InTheWay[] = [];
  for (const file of reportFiles(names))
    // a folder in its place is a mistake, and reported as one
    if (await isFile(file)) reports.push({ file, sha256: await hashFile(file).catch(() => null) });
  if (await standsAt(names.config))
    results.push({ file: names.config, sha256: await hashFile(names.config).catch(() => null) });
  if (await standsAt(names.model))
    results.push({ file: names.model, sha256: await hashModel(names.model).catch(() => null) });
  if (!same) found.push(...results, ...reports);
  for (const { id, files, plan: other } of await claimed(workspace, 'live')) {
    if (alike(other, plan)) continue;
    const file = [names.config, names.model].find((one) => files.has(one));
    if (file && !found.some((one) => one.file === file)) found.push({ file, sha256: null, run: id });
  }
  const hashes = (files: readonly InTheWay[]) => files.flatMap(({ sha256 }) => sha256 ?? []);
  return { found, own: same ? hashes(reports) : [], earlier: same ? hashes(results) : [] };
}

/**
 * Refuses a plan whose files would take the place of what it reads, or its report that of its own result.
 * @throws InputError
 */
export async function refuseOverInputs(workspace: string, plan: Plan): Promise<void> {
  const names = await namesOf(workspace, plan);
  const reports = reportFiles(names);
  await keepInputs([names.model, names.config, ...reports], {
    models: [path.resolve(workspace, plan.model.path)],
    images: plan.data && path.resolve(workspace, plan.data.path),
  });
  const clash = reports.find((file) => file === names.model || file === names.config);
  if (clash !== undefined)
    throw new InputError(`${clash} is where the result goes; name another file for the report`);
}

/** The report's files: the page and its Markdown twin, whichever of the two is named. */
export function reportFiles({ report }: Pick<Names, 'report'>): string[] {
  if (report === undefined) return [];
  const markdown = /\.(md|markdown)$/i;
  if (markdown.test(report)) return [report.replace(markdown, '.html'), report];
  return [report, `${report.replace(/\.html?$/i, '')}.md`];
}

interface Claim {
  readonly id: string;
  readonly plan: Plan;
  readonly files: ReadonlySet<string>;
}

/** Runs of a workspace that will write still: those at work, or all that haven't ended or failed. */
async function claimed(workspace: string, which: 'live' | 'unfinished'): Promise<Claim[]> {
  const runs = path.join(workspace, espalierFolder, runsFolder);
  const found: Claim[] = [];
  for (const name of await readdir(runs).catch((): string[] => [])) {
    const folder = path.join(runs, name);
    try {
      const { plan } = await RunFolder.look(folder);
      const live = (await lockOwner(folder)) !== null;
      if (which === 'live' ? !live : !live && (await ended(folder))) continue;
      const { model, config } = await namesOf(workspace, plan);
      found.push({ id: name, plan, files: new Set([model, config]) });
    } catch {
      // no run of this version
    }
  }
  return found;
}

async function ended(folder: string): Promise<boolean> {
  const log = logOf(folder);
  await log.refresh();
  return log.data.done || (await there(path.join(folder, runFiles.failure)));
}

/** Whether two plans give the same, whatever their files are called. */
function alike(a: Plan, b: Plan): boolean {
  const essence = (plan: Plan) =>
    JSON.stringify({ ...plan, label: undefined, replaces: undefined, report: undefined });
  return essence(a) === essence(b);
}

/** Whether a config is what this plan gives, as far as a plan tells before it has run. */
function isOf(config: PrunedConfig, plan: Plan, folder: string, workspace: string): boolean {
  const { method, data, fineTuning } = config;
  const equal = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  // of an accuracy that was sought, the budgets and the number of networks that it took are what came of it
  const sought = plan.accuracyDrop !== undefined;
  const targets =
    sought ||
    (config.targets.length === plan.targets.length &&
      plan.targets.every((target, i) => {
        const { metric, limit, original, command } = config.targets[i];
        const wanted = limitOf(target, original);
        return (
          metric === target.metric && command === target.command && Math.abs(limit - wanted) <= 1e-9 * wanted
        );
      }));
  const images =
    (data === undefined) === (plan.data === undefined) &&
    (!data ||
      !plan.data ||
      (path.resolve(folder, data.path) === path.resolve(workspace, plan.data.path) &&
        data.limit === plan.data.limit &&
        data.validationImages === plan.data.validationImages &&
        (plan.data.labelsOf === undefined || data.labelsOf === plan.data.labelsOf) &&
        (!plan.data.noLabels || data.unlabelled === true) &&
        (plan.data.preprocess === 'auto' || plan.data.preprocess === data.preprocess.name) &&
        [undefined, 'auto', data.preprocess.resize ?? plan.data.resize].includes(plan.data.resize)));
  return (
    targets &&
    images &&
    config.engine === plan.engine &&
    config.source.sha256 === plan.model.sha256 &&
    method.name === plan.method &&
    method.candidate === undefined &&
    method.seed === plan.seed &&
    method.effort === plan.effort &&
    (plan.roundTo === 'auto' || plan.roundTo === method.roundTo) &&
    equal(method.freeze, plan.freeze) &&
    trainedFrom(method.weights, plan.retrain) &&
    (method.interiorOutputs ?? false) === (plan.interiorOutputs ?? false) &&
    (fineTuning?.frozen === undefined || (fineTuning.frozen === 'kept') === (plan.keepFrozen ?? false)) &&
    equal(
      (config.controls ?? []).map(({ name }) => name),
      plan.controls,
    ) &&
    method.accuracyDrop === plan.accuracyDrop &&
    (sought ||
      (config.front ?? []).filter(({ name }) => pointOfArm(name)?.arm === plan.method).length ===
        (plan.points ?? 1) - 1) &&
    (plan.fineTuneEpochs === undefined ||
      (fineTuning?.epochs ?? 0) === (plan.data ? plan.fineTuneEpochs : 0)) &&
    (plan.fineTuneRate === undefined || rateOf(fineTuning) === plan.fineTuneRate) &&
    (plan.distillation === undefined || (fineTuning?.distillation ?? 0) === plan.distillation) &&
    Object.entries(plan.settings).every(([key, value]) => equal(config.settings[key], value))
  );
}

function rateOf(fineTuning: PrunedConfig['fineTuning']): number | undefined {
  return fineTuningSchema.safeParse(fineTuning).data?.schedule.rate;
}

/** Whether a plan may lead to weights of this kind. */
function trainedFrom(weights: PrunedConfig['method']['weights'], retrain: Plan['retrain']): boolean {
  if (retrain === 'source' || retrain === 'scratch') return weights === retrain;
  // a method that makes no weights has its source's
  return retrain !== 'generated' || weights !== 'scratch';
}
