import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findGroups } from '../../../graph/channels.ts';
import { InputError } from '../../../graph/errors.ts';
import type { Dependencies, Graph } from '../../../graph/types.ts';
import { decideLabels, withoutLabels } from '../../../runtime/heads.ts';
import { describeAims } from '../../../runtime/training/losses.ts';
import { frozenSentence } from '../../../run/plan/fine-tune-settings.ts';
import { methodNamed } from '../../../methods/index.ts';
import type { Method } from '../../../methods/types.ts';
import type { Assessment, Draft } from '../../../protocol/plan.ts';
import { MULTIPLES, reach } from '../../../protocol/reach.ts';
import { controlArms } from '../../../run/plan/make-plan.ts';
import { prepareTensorflow } from '../../../runtime/backend/prepare.ts';
import { isRestricted } from '../../../runtime/backend/restricted.ts';
import { armsOf, nothingPrunable, reachSentence, tableOf } from '../../../run/plan/feasibility.ts';
import { expectedBy } from '../../../run/images/head.ts';
import { modelFile } from '../../../formats/identity.ts';
import { settingsContext } from '../../../run/plan/method-settings.ts';
import { ownNames } from '../../../run/result/output-names.ts';
import type { Models, CachedModel } from '../../../run/result/model-cache.ts';
import { forecast } from './forecast.ts';
import type { Forecast } from './forecast.ts';
import { mismatches } from './open-data.ts';
import { survey } from './survey.ts';
import type { Survey } from './survey.ts';
import type { Budget } from '../../../terms/goals.ts';
import { agreementIs } from '../../../runtime/training/taught.ts';

/** What can be said of a draft before anything runs. @throws InputError only where the model can't be read */
export async function assess(
  models: Models,
  draft: Draft,
  measure: boolean,
  signal: AbortSignal,
): Promise<Assessment> {
  const opened = await models.open(draft.model);
  const { freeze, interiorOutputs } = draft;
  const dependencies = findGroups(opened.model.graph, { freeze, interiorOutputs });
  const problems: string[] = [];
  const nothing = nothingPrunable(dependencies);
  if (nothing) problems.push(nothing);
  const method = tried(problems, () => methodNamed(draft.method));
  tried(problems, () => controlArms(draft.controls, draft.method, draft.data !== null));
  const images = await imagesOf(opened, draft, problems);
  if (method?.needsImages && !draft.data)
    problems.push(
      `the method ${method.name} learns from images: choose some, or a method that reads the weights alone`,
    );
  if (!draft.targets.length) problems.push('there is no goal yet: say what the result may cost at most');
  if (draft.accuracyDrop !== undefined && !draft.data)
    problems.push('how much accuracy is lost is measured on images: choose some, or leave that goal out');
  const trains = images !== null && draft.fineTuneEpochs !== 0;
  const { graph } = opened.model;
  const frozen = trains ? tried(problems, () => frozenSentence(graph, draft.keepFrozen, keptHere)) : null;
  const learns = images && tried(problems, () => aims(graph, images, draft));
  const settings = method && settingsOf(method, draft, opened, dependencies, images, problems);
  const { roundTo, targets } = judged(draft, opened, dependencies);
  const unreachable = targets.some(({ reachable }) => reachable === false);
  let time: Forecast = { seconds: null, basis: 'the plan is not complete yet' };
  if (!problems.length && !unreachable)
    try {
      const budgets = budgetsOf(draft, targets);
      time = await forecast(opened, dependencies, draft, { budgets, roundTo }, images, { measure, signal });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.message);
    }
  const notes = [...(learns ?? []), ...(await remarks(draft, settings, images))];
  if (frozen) notes.unshift({ kind: draft.keepFrozen ? 'warning' : 'info', text: frozen });
  return { targets, problems, notes, roundTo, writes: await writes(draft), ...time };
}

/** What the run's files would be called by now. */
async function writes({ workspace, model, method }: Draft): Promise<Assessment['writes']> {
  const within = (file: string) => path.relative(workspace, file);
  const names = await ownNames(workspace, {
    model: { path: within(await modelFile(model)) },
    method,
    out: within(path.dirname(await modelFile(model))),
  });
  const [config, file] = [path.basename(names.config), path.basename(names.model)];
  // a TensorFlow.js model's own folder tells it from others
  return {
    config,
    model: file === 'model.json' ? `${path.basename(path.dirname(names.model))}/${file}` : file,
  };
}

/** What the one rule of src/protocol/reach.ts says, with its sentences. */
function judged(
  draft: Draft,
  { model }: CachedModel,
  dependencies: Dependencies,
): Pick<Assessment, 'roundTo' | 'targets'> {
  const arms = armsOf(draft);
  const multiples = draft.roundTo === 'auto' ? MULTIPLES : [draft.roundTo];
  const table = tableOf(model.graph, dependencies, arms, multiples);
  const names = arms.map(({ name }) => name);
  const { roundTo, targets } = reach(table, draft.targets, draft.roundTo, names)!;
  return {
    roundTo,
    targets: targets.map((said, i) => ({
      reachable: said.verdict === 'measured' ? null : said.verdict === 'reachable',
      message: reachSentence(draft.targets[i], said, roundTo),
      limit: said.limit,
      original: said.original,
      least: said.least,
    })),
  };
}

/** The goals as a method is given them: measured ones by MACs, which aren't known yet, so by none. */
function budgetsOf(draft: Draft, targets: Assessment['targets']): Budget[] {
  return draft.targets.flatMap(({ metric, command }, i) => {
    const { limit, original } = targets[i];
    return limit === null || original === null ? [] : [{ metric, limit, original, command }];
  });
}

/** Where the panel has the choice that the command line calls --keep-frozen. */
const keptHere = 'a choice under Advanced leaves';

/** What the network learns by, and what else the labels could be of. @throws InputError where no output is called so */
function aims(graph: Graph, images: Survey, { data }: Draft): Assessment['notes'] {
  if (images.unlabelled)
    return [
      {
        kind: 'info',
        text: `there are no labels: the original is the teacher, and accuracy is agreement with it, ${agreementIs(withoutLabels(graph, []))}`,
      },
    ];
  const decided = decideLabels(graph, images.classes.length, data?.labelsOf);
  const said = describeAims(decided.graph, true);
  return [
    ...(said ? [{ kind: 'info' as const, text: said }] : []),
    ...(decided.doubt ? [{ kind: 'warning' as const, text: decided.doubt }] : []),
  ];
}

/** What to know before starting. */
async function remarks(draft: Draft, settings: unknown, images: Survey | null): Promise<Assessment['notes']> {
  const said: Assessment['notes'][number][] = [];
  const warn = (text: string) => said.push({ kind: 'warning', text });
  for (const remark of images?.remarks ?? []) warn(remark);
  const chosen = settings as { generator?: unknown; generatorReason?: unknown } | null;
  if (typeof chosen?.generatorReason === 'string')
    said.push({ kind: 'info', text: `generator ${String(chosen.generator)}: ${chosen.generatorReason}` });
  const wasm = images && (await wasmReason(draft.backend));
  if (wasm) warn(`trains by wasm, about 5 times slower than by TensorFlow: ${wasm}`);
  if (!images)
    warn('without images it ends with cutting: no accuracy is measured, and nothing is fine-tuned');
  return said;
}

/** Why a run would train by wasm; null where it wouldn't, or where that isn't known: looking starts a Python. */
async function wasmReason(backend: Draft['backend']): Promise<string | null> {
  if (backend === 'wasm') return 'as asked';
  if (isRestricted()) return null;
  const looked = (tensorflow ??= prepareTensorflow({
    fetch: false,
    build: false,
    log: () => {},
  }));
  const prepared = await Promise.race([looked, sleep(timeout, null, { ref: false })]);
  if (!prepared) return null;
  const { addon, why, fix } = prepared;
  // setup may fix it meanwhile
  if (addon === null) tensorflow = null;
  // it is built when a run starts
  return addon !== null || why.endsWith('not built yet') ? null : `${why}${fix ? `; to fix it: ${fix}` : ''}`;
}

const timeout = 300;
let tensorflow: ReturnType<typeof prepareTensorflow> | null = null;

async function imagesOf({ model }: CachedModel, draft: Draft, problems: string[]): Promise<Survey | null> {
  if (!draft.data) return null;
  const { path, limit, validationImages, labelsOf, noLabels } = draft.data;
  try {
    const found = await survey(path, {
      limit,
      validationImages,
      expected: expectedBy(model, { labelsOf, noLabels }),
    });
    problems.push(...mismatches(model, found));
    return found;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(error.message);
    return null;
  }
}

/** The method's settings, complete; null where they are wrong, which is a problem then. */
function settingsOf(
  method: Method,
  draft: Draft,
  { model }: CachedModel,
  dependencies: Dependencies,
  images: Survey | null,
  problems: string[],
): unknown {
  const known = { trainImages: images?.train ?? 1, untrained: false };
  const context = settingsContext({ graph: model.graph, dependencies }, draft, known);
  return tried(problems, () => method.settings(draft.settings, draft.effort, context));
}

/** What is refused in words becomes a problem. */
function tried<T>(problems: string[], work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(error.message);
    return null;
  }
}
