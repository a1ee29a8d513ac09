import { readConfig } from '../../config/files.ts';
import type { Bounds } from '../../config/paths.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import { compareFacts } from '../../graph/facts.ts';
import type { Accuracy, Facts, SideFacts, Step } from '../../graph/facts.ts';
import { compare } from './compare.ts';
import type { Compared, Comparison } from './compare.ts';
import { RunFolder } from '../store/folder.ts';
import { findCandidate, logOf } from '../store/event-log.ts';
import type { Models } from '../result/model-cache.ts';
import type { Plan } from '../plan/plan.ts';
import { withRevisions } from './revision.ts';
import type { AtRevision } from './revision.ts';
import { extraArm } from '../../terms/candidates.ts';
import type { CandidateRef } from '../../terms/candidates.ts';
import { titled } from '../../terms/images.ts';
import type { Preprocess } from '../../terms/images.ts';
import type { Scores } from '../../terms/run-data.ts';
import type { Score, Split } from '../../terms/scores.ts';

/** What is known of a side, and of the network that it was cut from. */
interface Known {
  readonly facts: SideFacts;
  readonly original: SideFacts;
}

const nothing: SideFacts = { accuracy: {}, about: {} };

/**
 * Compares two sides whole: their figures and how they came about, then channel by channel. A side may be a file as a git
 * revision has it.
 * @param bounds where the sources of configs may lie
 * @throws InputError where a side can't be read
 */
export async function compareWhole(
  a: Compared | AtRevision,
  b: Compared | AtRevision,
  models: Models,
  bounds: Bounds = {},
): Promise<Comparison & { readonly facts: Facts }> {
  return await withRevisions([a, b], async ([one, two]) => {
    const comparison = await compare(one, two, models, bounds);
    const [knownA, knownB] = [await knownOf(one), await knownOf(two)];
    // a model file says nothing of itself, but what was cut from it does
    const uncut = comparison.source !== null;
    const factsA = knownA?.facts ?? (uncut ? knownB?.original : undefined) ?? nothing;
    const factsB = knownB?.facts ?? (uncut ? knownA?.original : undefined) ?? nothing;
    return { ...comparison, facts: compareFacts(factsA, factsB, comparison.diff.total) };
  });
}

async function knownOf(side: Compared): Promise<Known | null> {
  switch (side.kind) {
    case 'model':
      return null;
    case 'config':
      return ofConfig(await readConfig(side.file));
    case 'original':
      return await ofRun(side.run, null);
    case 'candidate':
      return await ofRun(side.run, side);
  }
}

function ofConfig(config: PrunedConfig): Known {
  const { accuracy, latency, data, method, targets } = config;
  const about: SideFacts['about'] = data
    ? {
        images: data.path,
        digest: data.digest,
        preprocessing: words(data.preprocess),
        splits: splitWords(data),
        ...measured(accuracy.original?.measure),
      }
    : {};
  const { cut, recalibrated, fineTuned, test } = accuracy;
  return {
    facts: {
      accuracy: present({ cut, recalibrated, fineTuned, test }),
      ...(latency && { latency: { ms: latency.after, threads: latency.threads, machine: latency.machine } }),
      about: {
        ...about,
        method: `${method.name}${method.candidate === undefined ? '' : `, candidate ${method.candidate}`}`,
        seed: String(method.seed),
        effort: method.effort,
        goal: goalWords(targets),
      },
      settings: {
        ...config.settings,
        roundTo: method.roundTo,
        freeze: method.freeze,
        ...Object.fromEntries(
          Object.entries(config.fineTuning ?? {}).map(([name, value]) => [`fine-tuning ${name}`, value]),
        ),
      },
    },
    original: uncut(
      accuracy.original,
      accuracy.originalTest,
      about,
      latency && { ...latency, ms: latency.before },
    ),
  };
}

async function ofRun(folder: string, which: CandidateRef | null): Promise<Known> {
  const { run, plan } = await RunFolder.look(folder);
  const log = logOf(run.folder);
  await log.refresh();
  const { data, scores, latency, arms, budgets } = log.data;
  const own = scores.validation.original;
  const about: SideFacts['about'] = data
    ? {
        images: data.path,
        digest: data.digest,
        preprocessing: words(data.preprocess),
        splits: splitWords({ ...data, limit: plan.data?.limit }),
        ...measured(own?.measure),
      }
    : {};
  const original = uncut(
    own && { ...own, split: 'validation' },
    scores.test ? { ...scores.test, split: 'test' } : undefined,
    about,
    latency ? { ...latency, ms: latency.before } : undefined,
  );
  if (!which) return { facts: original, original };
  const { accuracies } = await findCandidate(run.folder, which.arm, which.id);
  const named = (name: string) => arms.find(({ arm }) => arm === name);
  const chooser = named(which.arm)?.chosen?.id === which.id ? named(which.arm) : undefined;
  const extra = named(extraArm(which.arm, which.id));
  const after = { ...factsOf(chooser?.scores), ...factsOf(extra?.scores) };
  const timed = extra?.latency ?? (chooser?.arm === plan.method ? latency : null);
  const searched = (accuracy: number | undefined): Accuracy | undefined =>
    accuracy === undefined ? undefined : { accuracy, split: 'validation' };
  return {
    facts: {
      accuracy: present({
        cut: after.cut ?? searched(accuracies.cut),
        recalibrated: after.recalibrated ?? searched(accuracies.recalibrated),
        fineTuned: after.fineTuned,
        test: after.test,
      }),
      ...(timed && { latency: { ms: timed.after, threads: timed.threads, machine: timed.machine } }),
      about: { ...about, ...planWords(plan, which), ...(budgets.length ? { goal: goalWords(budgets) } : {}) },
      settings: plan.settings,
    },
    original,
  };
}

/** An arm's accuracies by step. */
function factsOf(scores: Scores | undefined): SideFacts['accuracy'] {
  if (!scores) return {};
  const { cut, recalibrated, fineTuned } = scores.validation;
  const on = (split: Split, score: Score | null | undefined): Accuracy | undefined =>
    score ? { accuracy: score.accuracy, images: score.images, split } : undefined;
  return present({
    cut: on('validation', cut),
    recalibrated: on('validation', recalibrated),
    fineTuned: on('validation', fineTuned),
    test: on('test', scores.test),
  });
}

function planWords(plan: Plan, { arm, id }: CandidateRef): SideFacts['about'] {
  return {
    method: `${arm}, candidate ${id}`,
    seed: String(plan.seed),
    effort: plan.effort,
    goal: plan.targets
      .map(({ metric, value, relative, command }) => `${command ?? metric} ≤ ${value}${relative ? ' %' : ''}`)
      .join(', '),
  };
}

/** The same words for a config and for the run that wrote it, or they would differ where nothing does. */
function goalWords(
  targets: readonly {
    readonly metric: string;
    readonly limit: number;
    readonly command?: string | undefined;
  }[],
): string {
  return targets.map(({ metric, limit, command }) => `${command ?? metric} ≤ ${limit}`).join(', ');
}

/** A network as it is: nothing was cut, so it has the same accuracy on a split at every step. */
function uncut(
  validation: Accuracy | undefined,
  test: Accuracy | undefined,
  about: SideFacts['about'],
  latency: SideFacts['latency'],
): SideFacts {
  return {
    accuracy: present({ cut: validation, recalibrated: validation, fineTuned: validation, test }),
    ...(latency && { latency: { ms: latency.ms, threads: latency.threads, machine: latency.machine } }),
    about,
  };
}

function present(all: Record<Step, Accuracy | undefined>): SideFacts['accuracy'] {
  return Object.fromEntries(
    Object.entries(all).flatMap(([step, score]) =>
      score ? [[step, { accuracy: score.accuracy, split: score.split, images: score.images }]] : [],
    ),
  );
}

/** What accuracy is, where it isn't plain accuracy. */
const measured = (measure: string | undefined): { measure?: string } =>
  measure === undefined ? {} : { measure };

/** "unit" where that says it all; numbers where they were found on the images. */
function words(preprocess: Preprocess): string {
  const { name, scale, offset, bgr } = preprocess;
  const title = titled(preprocess);
  return name === 'standardise' ? `${title} ${JSON.stringify({ scale, offset, bgr })}` : title;
}

function splitWords(of: {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly limit?: number | undefined;
}): string {
  const limit = of.limit === undefined ? '' : `, at most ${of.limit} of each`;
  return `${of.train} to train on, ${of.validation} for validation, ${of.test} for the test${limit}`;
}
