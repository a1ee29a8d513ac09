import { stat } from 'node:fs/promises';
import path from 'node:path';
import { architectureOf, fullArchitecture } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import { findGroups } from '../../graph/channels.ts';
import type { Model } from '../../graph/types.ts';
import { loadModel } from '../../formats/index.ts';
import type { Bounds } from '../../config/paths.ts';
import type { ConfigScore } from '../../config/schema.ts';
import { hashFile, hashModel } from '../../formats/identity.ts';
import { differsHere } from '../../runtime/backend/numerics.ts';
import { remarksOnSet } from '../images/head.ts';
import { configData, rebuild, recordedClasses } from './rebuild.ts';
import type { Rebuilt } from './rebuild.ts';
import type { Opening } from '../steps/ports.ts';
import { judgeOnnx } from '../../runtime/scoring/agreement.ts';
import type { Judgement } from '../../runtime/scoring/agreement.ts';
import { labelledFor, openSet, scoreSplit } from '../steps/trainer.ts';
import { choosePreprocess } from '../images/preprocess.ts';
import type { DataOptions } from '../../terms/choices.ts';
import { costBy } from '../../terms/cost.ts';
import type { Cost } from '../../terms/cost.ts';
import { isStatic } from '../../terms/goals.ts';
import { furthest } from '../../terms/scores.ts';
import { openBackend } from '../../runtime/backend/open.ts';
import { openOriginal, type Original } from '../images/unlabelled.ts';
import { taughtLike } from '../../runtime/heads.ts';

const fileHash = 'pruned file, SHA-256';

export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly ok: boolean;
}

export interface VerifyOptions extends Bounds, Opening {
  /** images to measure the accuracies on again */
  readonly data?: DataOptions;
  /** look for the preprocessing that `data` names, rather than take the config's */
  readonly ownPreprocess?: boolean;
  readonly threads?: number;
  /** points by which an accuracy may differ; default 0.5 */
  readonly tolerance?: number;
}

/**
 * Whether what a pruned config says still holds: hashes, costs, targets, and with images the accuracies.
 * @throws InputError where the config or its source can't be read
 */
export async function verifyConfig(
  file: string,
  options: VerifyOptions = {},
): Promise<{ ok: boolean; checks: Check[]; notes: string[] }> {
  const { data } = options;
  const rebuilt = await rebuild(file, undefined, options);
  const { config, source, dependencies, kept, prunedFile } = rebuilt;
  const checks: Check[] = [];
  const notes: string[] = [];
  const same = (what: string, expected: unknown, found: unknown) =>
    checks.push({ what, expected: String(expected), found: String(found), ok: expected === found });
  same('source SHA-256', 'unchanged', rebuilt.sameSource ? 'unchanged' : 'another file');
  const there = prunedFile && (await stat(prunedFile).catch(() => null)) ? prunedFile : null;
  const recorded = config.pruned?.sha256;
  // its accuracy is asked for by giving images, and can't be said to hold
  if (!there && data) same('pruned model', 'there', 'not there');
  else if (!there) notes.push('the pruned model is not there, so it was not looked at');
  else if (recorded === undefined)
    notes.push('the config holds no hash of the pruned model: an older version of Espalier wrote it');
  else {
    const found = (await hashModel(there)) === recorded ? 'as written' : 'another file';
    same(fileHash, 'as written', found);
  }
  if (there)
    for (const { path: name, sha256 } of config.pruned?.beside ?? []) {
      const file = path.join(path.dirname(there), name);
      const found = await hashFile(file).catch(() => null);
      if (found === null) notes.push(`${name}, which belongs to the pruned model, is not there`);
      else same(`${name}, SHA-256`, 'as written', found === sha256 ? 'as written' : 'another file');
    }
  const other = config.computedBy ? differsHere(config.computedBy, options.threads) : [];
  if (other.length)
    notes.push(
      `the run computed otherwise than this machine would (here ${other.join(', ')}): apply may give other last bits`,
    );
  const cost = costModel(source.graph, dependencies);
  const before = cost(fullArchitecture(dependencies));
  const after = cost(architectureOf(dependencies, kept));
  for (const metric of ['macs', 'params'] as const) {
    same(`${metric} before`, config.cost.before[metric], before[metric]);
    same(`${metric} after`, config.cost.after[metric], after[metric]);
  }
  for (const target of config.targets) {
    if (!isStatic(target.metric)) continue;
    const value = costBy(after, target.metric);
    checks.push({
      what: `target ${target.metric}`,
      expected: `at most ${target.limit}`,
      found: String(value),
      ok: value <= target.limit,
    });
  }
  // another file may be no model at all, and has nothing to do with what the config says
  const pruned =
    there === null || checks.some(({ what, ok }) => what === fileHash && !ok) ? null : await loadModel(there);
  if (pruned) {
    const found = fullCost(pruned);
    same('pruned file, macs', config.cost.after.macs, found.macs);
    same('pruned file, params', config.cost.after.params, found.params);
  }
  if (data) {
    const plan = configData(config, data);
    const recorded = config.data?.preprocess;
    const { threads } = options;
    let judged: Promise<Judgement> | undefined;
    const judgement = () => (judged ??= judgeOnnx(source, { threads }));
    let teacher: Original | null = null;
    const set = await openSet(plan, source, {
      recorded: recordedClasses(config),
      preprocess: recorded,
      threads,
      onListed: options.onListed,
      onRead: options.onRead,
      onTried: options.onTried,
      trust: async () => (await judgement()).trust,
    });
    try {
      const { trust, said } = await judgement();
      if (said) notes.push(said);
      notes.push(...remarksOnSet(set));
      if (config.data) same('images, digest', config.data.digest, set.digest);
      const labelled = labelledFor(source, set, plan);
      const backend = set.unlabelled ? await openBackend({ threads }) : undefined;
      const preprocess =
        options.ownPreprocess || !recorded
          ? (await choosePreprocess(plan, set, labelled, { threads, trust, backend })).preprocess
          : recorded;
      teacher = backend ? await openOriginal(backend, source, set, preprocess) : null;
      const original = teacher ? { ...source, graph: teacher.graph } : labelled;
      for (const [what, bare, expected] of accuracies(rebuilt, pruned)) {
        const split = set[expected.split];
        if (!split) continue;
        const network = set.unlabelled
          ? { ...bare, graph: taughtLike(bare.graph, original.graph) }
          : labelledFor(bare, set, plan);
        const found = await scoreSplit(network, split, preprocess, {
          threads,
          trust,
          original: expected.outputs ? original : undefined,
          answers: teacher?.answers,
        });
        for (const { name, loss, value } of expected.outputs ?? []) {
          const now = found.outputs?.find((one) => one.name === name)?.value ?? NaN;
          checks.push({
            what: `${what}, ${name}: ${loss}`,
            expected: value.toPrecision(4),
            found: now.toPrecision(4),
            ok: Math.abs(now - value) <= 0.05 * value + 1e-6,
          });
        }
        checks.push({
          what,
          expected: `${expected.accuracy.toFixed(2)} %`,
          found: `${found.accuracy.toFixed(2)} %`,
          ok: Math.abs(found.accuracy - expected.accuracy) <= (options.tolerance ?? 0.5),
        });
      }
    } finally {
      teacher?.close();
      await set.close();
    }
  }
  return { ok: checks.every((check) => check.ok), checks, notes };
}

/** What a model file costs. @throws InputError where it can't be read */
export async function fileCost(file: string): Promise<Cost> {
  return fullCost(await loadModel(file));
}

function fullCost({ graph }: Model): Cost {
  const groups = findGroups(graph);
  return costModel(graph, groups)(fullArchitecture(groups));
}

/** What can be measured again: the original, and the pruned file as it was left. */
function accuracies({ config, source }: Rebuilt, pruned: Model | null): [string, Model, ConfigScore][] {
  const { original, originalTest, test } = config.accuracy;
  const all: [string, Model | null, ConfigScore | undefined][] = [
    ['original, validation', source, original],
    ['original, test', source, originalTest],
    ['pruned, validation', pruned, furthest(config.accuracy)],
    ['pruned, test', pruned, test],
  ];
  return all.filter((one): one is [string, Model, ConfigScore] => one[1] !== null && one[2] !== undefined);
}
