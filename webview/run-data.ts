import type { RewardSpec } from '../src/methods/rewarded-meta/reward.ts';
import type { CandidateView, PanelEvent, ScoreView } from '../src/protocol/events.ts';
import type { CostView } from '../src/protocol/views.ts';

type Of<T extends PanelEvent['type']> = Extract<PanelEvent, { type: T }>;

export interface Scores {
  /** percent by step and split: `fineTuned`, `test`; key `step` alone where the split is validation */
  readonly validation: Readonly<Partial<Record<Of<'score'>['step'], number>>>;
  readonly test: number | null;
  /** by step: how far the outputs without labels are from the original's answers, on validation but for the test */
  readonly others: Readonly<Partial<Record<Of<'score'>['step'], NonNullable<ScoreView['outputs']>>>>;
}

/** One arm of a run: the method's own, or a control. `candidates` grows in place: look at `revision` too. */
export interface ArmData {
  readonly arm: string;
  readonly control: boolean;
  readonly reward: RewardSpec | null;
  /** in the order in which they were found; one that is told again (fine-tuned) takes its old place */
  readonly candidates: readonly CandidateView[];
  /** goes up with every change of `candidates` */
  readonly revision: number;
  readonly chosen: CandidateView | null;
  readonly generations: readonly Of<'generation'>[];
  /** by name, in the order of steps */
  readonly metrics: ReadonlyMap<string, readonly { readonly step: number; readonly value: number }[]>;
  readonly widths: readonly { readonly step: number; readonly architecture: readonly number[] }[];
  readonly scores: Scores;
  readonly latency: Of<'latency'> | null;
}

/** What a run has told so far. New objects at every batch of events; the long arrays inside grow in place. */
export interface RunData {
  /** folder */
  readonly run: string;
  readonly cost: CostView | null;
  readonly backend: Of<'backend'> | null;
  readonly data: Of<'data'> | null;
  readonly budgets: Of<'budgets'>['budgets'];
  /** the method's own first */
  readonly arms: readonly ArmData[];
  readonly losses: readonly Of<'loss'>[];
  /** of the original */
  readonly scores: Scores;
  /** what accuracies are, where they aren't plain accuracy */
  readonly measure: Of<'score'>['score']['measure'] | null;
  readonly latency: Of<'latency'> | null;
  readonly warnings: readonly { readonly arm: string | undefined; readonly message: string }[];
  readonly written: readonly Of<'written'>[];
  readonly stage: Of<'stage'> | null;
  readonly progress: Of<'progress'> | null;
  readonly done: boolean;
  /** seconds of work at the last event */
  readonly seconds: number;
}

const noScores: Scores = { validation: {}, test: null, others: {} };

export function emptyRun(run: string): RunData {
  return {
    run,
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
    written: [],
    stage: null,
    progress: null,
    done: false,
    seconds: 0,
  };
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** The run after these events. The long arrays of `before` are taken over and grow: don't use `before` again. */
export function told(before: RunData, events: readonly PanelEvent[]): RunData {
  const after: Draft<RunData> = { ...before };
  const touched = new Map<string, Draft<ArmData>>();
  const arm = (name: string): Draft<ArmData> => {
    const known = touched.get(name);
    if (known) return known;
    const index = after.arms.findIndex((one) => one.arm === name);
    const copy: Draft<ArmData> = index < 0 ? newArm(name) : { ...after.arms[index] };
    const arms = [...after.arms];
    if (index < 0) arms.push(copy);
    else arms[index] = copy;
    after.arms = arms;
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
    if (event.at !== undefined) after.seconds = event.at;
    switch (event.type) {
      case 'opened':
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
        one.reward = (event.reward as RewardSpec | undefined) ?? null;
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
        put(arm(event.candidate.arm), event.candidate);
        break;
      case 'chosen': {
        const one = arm(event.candidate.arm);
        put(one, event.candidate);
        one.chosen = event.candidate;
        break;
      }
      case 'generation': {
        const one = arm(event.arm);
        one.generations = grown(one.generations, event);
        break;
      }
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
      case 'written':
        after.written = grown(after.written, event);
        break;
      case 'done':
        after.done = true;
        after.progress = null;
        break;
    }
  }
  after.arms = [...after.arms].sort((a, b) => Number(a.control) - Number(b.control));
  return after;
}

/** Where candidates of an arm are, by id; an arm's array is never replaced, so this stays right. */
const places = new WeakMap<readonly CandidateView[], Map<number, number>>();

function newArm(arm: string): Draft<ArmData> {
  const candidates: CandidateView[] = [];
  places.set(candidates, new Map());
  return {
    arm,
    control: false,
    reward: null,
    candidates,
    revision: 0,
    chosen: null,
    generations: [],
    metrics: new Map(),
    widths: [],
    scores: noScores,
    latency: null,
  };
}

function put(arm: Draft<ArmData>, given: CandidateView): void {
  const candidates = arm.candidates as CandidateView[];
  const at = places.get(candidates)!;
  const place = at.get(given.id);
  arm.revision++;
  if (place === undefined) {
    at.set(given.id, candidates.length);
    candidates.push(given);
  } else candidates[place] = { ...candidates[place], ...given };
}

/** A candidate by its id. */
export function candidateOf(arm: ArmData, id: number): CandidateView | undefined {
  const place = places.get(arm.candidates)?.get(id);
  return place === undefined ? undefined : arm.candidates[place];
}

function scored(before: Scores, event: Of<'score'>): Scores {
  const { outputs } = event.score;
  const scores = outputs ? { ...before, others: { ...before.others, [event.step]: outputs } } : before;
  if (event.split === 'test') return { ...scores, test: event.score.accuracy };
  return { ...scores, validation: { ...scores.validation, [event.step]: event.score.accuracy } };
}
