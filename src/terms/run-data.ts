import { candidateOfArm, isAtGoal } from './candidates.ts';
import type { ListedCandidate, RunCandidate } from './candidates.ts';
import type { Cost } from './cost.ts';
import type { ListedEvent, ListedOf, Sample } from './run-events.ts';
import type { Measure, OutputScore, Score, Step } from './scores.ts';
import type { TrainSettings } from './training.ts';

export interface Scores {
  /** by step, on the validation split; the original's own stand under `original` */
  readonly validation: Readonly<Partial<Record<Step, Score>>>;
  readonly test: Score | null;
}

/** One arm of a run: the method's own, or a control. `candidates` grows in place: look at `revision` too. */
export interface ArmData {
  readonly arm: string;
  readonly control: boolean;
  /** how the method ranks its candidates (RewardSpec of src/methods/rewarded-meta/reward.ts); null where it has none */
  readonly reward: unknown;
  /** in the order in which they were found; one that is reported again (fine-tuned) takes its old place */
  readonly candidates: readonly RunCandidate[];
  /** goes up with every change of `candidates` */
  readonly revision: number;
  readonly chosen: RunCandidate | null;
  readonly generations: readonly ListedOf<'generation'>[];
  /** by name, in the order of steps */
  readonly metrics: ReadonlyMap<string, readonly { readonly step: number; readonly value: number }[]>;
  readonly widths: readonly { readonly step: number; readonly architecture: readonly number[] }[];
  /** that its search ended before its time; null where it didn't */
  readonly stopped: ListedOf<'stopped'> | null;
  /** the turns of its candidates' race with the baselines' networks, in their order */
  readonly raced: readonly ListedOf<'raced'>[];
  /** how it is fine-tuned */
  readonly fineTuning: TrainSettings | null;
  readonly scores: Scores;
  readonly latency: ListedOf<'latency'> | null;
  /** of work, between its first event and its last */
  readonly seconds: number;
}

/**
 * What a run is at: read off its events so far, for its report, the lists of runs and the panel alike. New objects
 * at every batch of events; the long arrays inside grow in place.
 */
export interface RunData {
  /** folder */
  readonly run: string;
  readonly opened: ListedOf<'opened'> | null;
  /** of the original */
  readonly cost: Cost | null;
  readonly backend: ListedOf<'backend'> | null;
  readonly data: ListedOf<'data'> | null;
  readonly budgets: ListedOf<'budgets'>['budgets'];
  /** the method's own first */
  readonly arms: readonly ArmData[];
  readonly losses: readonly ListedOf<'loss'>[];
  /** of the original */
  readonly scores: Scores;
  /** what accuracies are, where they aren't plain accuracy */
  readonly measure: Measure | null;
  readonly latency: ListedOf<'latency'> | null;
  readonly warnings: readonly { readonly arm: string | undefined; readonly message: string }[];
  readonly samples: readonly Sample[];
  readonly written: readonly ListedOf<'written'>[];
  readonly stage: ListedOf<'stage'> | null;
  readonly progress: ListedOf<'progress'> | null;
  readonly done: boolean;
  /** seconds of work at the last event */
  readonly seconds: number;
}

const noScores: Scores = { validation: {}, test: null };

export function emptyRun(run: string): RunData {
  return {
    run,
    opened: null,
    cost: null,
    backend: null,
    data: null,
    budgets: [],
    arms: [],
    losses: [],
    scores: noScores,
    measure: null,
    latency: null,
    warnings: [],
    samples: [],
    written: [],
    stage: null,
    progress: null,
    done: false,
    seconds: 0,
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The run after these events. The long arrays of `before` are taken over and grow: don't use `before` again. */
export function withEvents(before: RunData, events: readonly ListedEvent[]): RunData {
  const after: Writable<RunData> = { ...before };
  const touched = new Map<string, Writable<ArmData>>();
  // copied once a batch, and found by name: a folder that somebody made may tell of any number
  let arms: ArmData[] | undefined;
  const places = new Map<string, number>();
  const arm = (name: string): Writable<ArmData> => {
    const known = touched.get(name);
    if (known) return known;
    if (!arms) {
      after.arms = arms = [...after.arms];
      arms.forEach((one, i) => places.set(one.arm, i));
    }
    const place = places.get(name) ?? arms.length;
    const copy: Writable<ArmData> =
      place === arms.length ? newArm(name, arms.length > 0) : { ...arms[place] };
    arms[place] = copy;
    places.set(name, place);
    touched.set(name, copy);
    return copy;
  };
  // a list is copied once a batch, then grows
  const fresh = new Set<unknown>();
  const grown = <T>(list: readonly T[], item: T): readonly T[] => {
    const mine = fresh.has(list) ? (list as T[]) : [...list];
    fresh.add(mine);
    mine.push(item);
    return mine;
  };
  for (const event of events) {
    if (event.at !== undefined) {
      after.seconds = event.at;
      // progress passes by several times a second, and no view is to be made anew for that
      if (event.type !== 'progress' && 'arm' in event && event.arm !== undefined)
        worked(arm(event.arm), event.at);
    }
    switch (event.type) {
      case 'opened':
        after.opened = event;
        after.cost = event.cost;
        break;
      case 'backend':
        after.backend = event;
        break;
      case 'data':
        after.data = event;
        break;
      case 'budgets':
        after.budgets = event.budgets;
        break;
      case 'arm': {
        const one = arm(event.arm);
        one.control = event.control;
        one.reward = event.reward ?? null;
        break;
      }
      case 'stage':
        after.stage = event;
        after.progress = null;
        break;
      case 'progress':
        after.progress = event;
        break;
      case 'loss':
        after.losses = grown(after.losses, event);
        break;
      case 'candidate':
        put(arm(event.arm), event.candidate);
        break;
      case 'chosen': {
        const one = arm(event.arm);
        one.chosen = put(one, event.candidate);
        break;
      }
      case 'generation': {
        const one = arm(event.arm);
        one.generations = grown(one.generations, event);
        break;
      }
      case 'stopped':
        arm(event.arm).stopped = event;
        break;
      case 'metric': {
        const one = arm(event.arm);
        const curve = grown<{ step: number; value: number }>(one.metrics.get(event.name) ?? [], event);
        one.metrics = new Map(one.metrics).set(event.name, curve);
        break;
      }
      case 'widths': {
        const one = arm(event.arm);
        one.widths = grown(one.widths, event);
        break;
      }
      case 'raced': {
        const one = arm(event.arm);
        one.raced = grown(one.raced, event);
        break;
      }
      case 'fineTuning':
        arm(event.arm).fineTuning = event.settings;
        break;
      case 'score':
        after.measure = event.score.measure ?? null;
        if (event.arm === undefined) after.scores = scored(after.scores, event);
        else {
          const one = arm(event.arm);
          one.scores = scored(one.scores, event);
        }
        break;
      case 'latency':
        if (event.arm === undefined) after.latency = event;
        else arm(event.arm).latency = event;
        break;
      case 'warning':
        after.warnings = grown(after.warnings, { arm: event.arm, message: event.message });
        break;
      case 'samples':
        after.samples = event.samples;
        break;
      case 'written':
        after.written = grown(after.written, event);
        break;
      case 'done':
        after.done ||= event.arm === undefined;
        after.progress = null;
        break;
    }
  }
  after.arms = [...after.arms].sort((a, b) => Number(a.control) - Number(b.control));
  return after;
}

/** Where candidates of an arm are, by id; an arm's array is never replaced, so this stays right. */
const places = new WeakMap<readonly RunCandidate[], Map<number, number>>();

/** @param later another arm was there before: the method's own comes first */
function newArm(arm: string, later: boolean): Writable<ArmData> {
  const candidates: RunCandidate[] = [];
  places.set(candidates, new Map());
  return {
    arm,
    // of training from scratch no event says that it is a control
    control: later && candidateOfArm(arm) === null,
    reward: null,
    candidates,
    revision: 0,
    chosen: null,
    generations: [],
    metrics: new Map(),
    widths: [],
    stopped: null,
    raced: [],
    fineTuning: null,
    scores: noScores,
    latency: null,
    seconds: 0,
  };
}

/** Adds a candidate, or what is new of one; gives it as it stands now. */
function put(arm: Writable<ArmData>, given: ListedCandidate): RunCandidate {
  const candidates = arm.candidates as RunCandidate[];
  const at = places.get(candidates)!;
  const place = at.get(given.id);
  const { id, origin, cost, accuracies, reward } = given;
  const reported: RunCandidate = { arm: arm.arm, id, origin, cost, accuracies, reward };
  arm.revision++;
  if (place === undefined) {
    at.set(id, candidates.length);
    candidates.push(reported);
    return reported;
  }
  const before = candidates[place];
  candidates[place] = {
    ...reported,
    accuracies: { ...before.accuracies, ...accuracies },
    reward: reward ?? before.reward,
  };
  return candidates[place];
}

/** When an arm had its first event, in seconds of the run's work. */
const began = new WeakMap<readonly RunCandidate[], number>();

function worked(arm: Writable<ArmData>, at: number): void {
  if (!began.has(arm.candidates)) began.set(arm.candidates, at);
  arm.seconds = at - began.get(arm.candidates)!;
}

/** A candidate by its id. */
export function candidateOf(arm: ArmData, id: number): RunCandidate | undefined {
  const place = places.get(arm.candidates)?.get(id);
  return place === undefined ? undefined : arm.candidates[place];
}

function scored(before: Scores, { split, step, score }: ListedOf<'score'>): Scores {
  if (split === 'test') return { ...before, test: score };
  return { ...before, validation: { ...before.validation, [step]: score } };
}

/** By step: how far the outputs without labels are from the original's answers, on validation but for the test. */
export function otherOutputs({
  validation,
  test,
}: Scores): Readonly<Partial<Record<Step, readonly OutputScore[]>>> {
  const found: Partial<Record<Step, readonly OutputScore[]>> = {};
  for (const [step, score] of Object.entries({ ...validation, ...(test && { test }) }))
    if (score.outputs) found[step as Step] = score.outputs;
  return found;
}

/** The method's own arm: the first that is neither a control, nor a cheaper point, nor another candidate's fine-tuning. */
export function mainArmOf({ arms }: RunData): ArmData | undefined {
  return arms.find(({ arm, control }) => !control && isAtGoal(arm));
}
