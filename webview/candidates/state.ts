import { batch, computed, effect, signal, untracked } from '@preact/signals';
import * as z from 'zod';
import { host } from '../host.ts';
import { remembered, rememberRun, runView } from '../persist.ts';
import { candidateRef, run, selected } from '../state.ts';
import type { RunData } from '../../src/terms/run-data.ts';
import { bestWithin } from '../../src/terms/comparison/front.ts';
import { costPart } from '../../src/terms/cost.ts';
import { board, marks, scoresOf } from './board.ts';
import type { Board } from './board.ts';
import { paretoFront } from './front.ts';
import { choose, rank } from './rank.ts';
import { coefficientsOf, withCoefficients } from './spec.ts';
import type { Coefficients } from './spec.ts';
import type { CandidateOfRun, CandidateRef } from '../../src/terms/candidates.ts';
import { costChoice } from '../../src/protocol/panel.ts';
import type { HeldTarget } from '../../src/protocol/panel.ts';
import { accuracyKeys } from '../../src/terms/scores.ts';

/** What the trade-off view knows beyond the panel's state; nothing here goes to the host but stars. */

export const costChoices = costChoice.options;
export type CostChoice = (typeof costChoices)[number];

/** How the chart is set; null: as suits the run. */
export const view = remembered(
  'tradeoff',
  z.object({
    cost: costChoice.nullable(),
    accuracy: z.enum(accuracyKeys).nullable(),
    log: z.boolean(),
  }),
  { cost: null, accuracy: null, log: false },
);

/** The coefficients under which candidates are ranked; null: the run's own. Remembered with the run. */
export const moved = signal<Coefficients | null>(null);

/** What a board is made of: where none of it changed (progress, losses), the board before is the board now. */
function parts(of: RunData): readonly unknown[] {
  return [
    of.run,
    of.cost,
    of.budgets,
    ...of.arms.flatMap(({ arm, control, candidates, revision, scores, chosen, reward }) => [
      arm,
      control,
      candidates,
      revision,
      scores,
      chosen,
      reward,
    ]),
  ];
}
let made: { readonly of: readonly unknown[]; readonly board: Board } | null = null;
export const boardNow = computed(() => {
  if (!run.value) return null;
  const of = parts(run.value);
  if (made?.of.length !== of.length || of.some((part, i) => part !== made!.of[i]))
    made = { of, board: board(run.value) };
  return made.board;
});
export const marksNow = computed(() => (run.value ? marks(run.value) : []));

/** The reward under which candidates are ranked now. */
export const spec = computed(() => {
  const now = boardNow.value;
  const cost = run.value?.cost;
  if (!now) return null;
  return moved.value && cost ? withCoefficients(now.spec, moved.value, cost) : now.spec;
});

export const coefficients = computed<Coefficients>(
  () =>
    moved.value ?? (boardNow.value ? coefficientsOf(boardNow.value.spec) : { accuracy: 2, efficiency: 1 }),
);

let lastOrder: readonly number[] = [];
let lastSize = 0;
export const ranking = computed(() => {
  const now = boardNow.value;
  if (!now || !spec.value) return null;
  // an order of other candidates would only be a slow start, but never a wrong end
  const made = rank(now.columns, spec.value, now.columns.size >= lastSize ? lastOrder : []);
  lastOrder = made.order;
  lastSize = made.order.length;
  return made;
});

/** Index of the best candidate of the method's own arm, within the budgets where one is; -1 for none. */
export const best = computed(() => {
  const now = boardNow.value;
  if (!now || !ranking.value) return -1;
  const { control } = now.columns;
  const own = choose(ranking.value, (i) => control[i] === 0 && now.within[i] === 1);
  return own >= 0 && control[own] ? -1 : own;
});

/** The accuracy that the chart shows: as chosen, else the search's own. */
export const accuracyKey = computed(() => {
  if (view.value.accuracy) return view.value.accuracy;
  const table = boardNow.value?.columns;
  return table &&
    table.size > 0 &&
    !table.recalibrated.some((value) => !Number.isNaN(value)) &&
    table.cut.some((value) => !Number.isNaN(value))
    ? 'cut'
    : 'recalibrated';
});

/** The cost that the chart shows: as chosen, else the first budget's, else MACs. */
export const costKey = computed<CostChoice>(
  () =>
    view.value.cost ?? boardNow.value?.budgets.map(({ metric }) => costPart(metric)).find(Boolean) ?? 'macs',
);

/** Candidates' costs on the chart's axis: latency is known of those that were measured alone. */
export const xs = computed(() => {
  const now = boardNow.value;
  if (!now) return new Float64Array();
  const key = costKey.value;
  if (key !== 'latency') return now.columns[key];
  const made = new Float64Array(now.columns.size).fill(NaN);
  for (const arm of run.value!.arms) {
    if (!arm.chosen) continue;
    const after = (arm.latency ?? (arm.control ? null : run.value!.latency))?.after;
    const at = now.indexOf(arm.chosen);
    if (at >= 0 && after !== undefined) made[at] = after;
  }
  return made;
});

/** Candidates' accuracies on the chart's axis; control arms stand there by name instead. */
export const ys = computed(() => {
  const now = boardNow.value;
  if (!now) return new Float64Array();
  const { control } = now.columns;
  return now.columns[accuracyKey.value].map((value, i) => (control[i] ? NaN : value));
});

export const front = computed(() => paretoFront(xs.value, ys.value));

/** The candidate that the panel is about, and the one that it is compared with. */
export const chosenIndex = computed(() => boardNow.value?.indexOf(candidateRef.value) ?? -1);
export const second = signal<CandidateOfRun | null>(null);
/** The next candidate that is picked is the second of a comparison. */
export const comparing = signal(false);
export const secondIndex = computed(() => boardNow.value?.indexOf(second.value) ?? -1);
export const hovered = signal(-1);

export const chosenScores = computed(() =>
  run.value && candidateRef.value ? scoresOf(run.value, candidateRef.value) : null,
);

/** A candidate of the board as the host knows it. */
export function refOf(index: number): CandidateOfRun | null {
  const one = boardNow.value?.columns.candidates[index];
  return one && run.value ? { run: run.value.run, arm: one.arm, id: one.id } : null;
}

/** A candidate without its run, which is this one. */
function partOf(ref: CandidateOfRun | null, folder: string | null | undefined): CandidateRef | null {
  return ref && ref.run === folder ? { arm: ref.arm, id: ref.id } : null;
}

/** Whether the choice follows the ranking: until the user picks a point. */
const following = signal(false);

/** Ranks by these coefficients (null: the run's own); the choice moves to what is best under them. */
export function moveCoefficients(to: Coefficients | null): void {
  moved.value = to;
  following.value = to !== null;
  held.value = null;
  selected.value = to === null ? null : refOf(best.value);
}

/** The user picks a candidate (null: lets go). */
export function pick(index: number, asSecond = false): void {
  if (asSecond || comparing.value) {
    comparing.value = false;
    second.value = index === chosenIndex.value ? null : refOf(index);
    return;
  }
  following.value = false;
  held.value = null;
  selected.value = refOf(index);
}

/** A target that the user has moved (or taken hold of): while it is held, what fits under it is chosen. */
export const held = signal<HeldTarget | null>(null);

/** The candidate that a limit on the cost means: of the front of the chart's axes; -1 where none is so cheap. */
export function under(limit: number): number {
  const [costs, accuracies] = [xs.value, ys.value];
  const found = bestWithin(
    front.value,
    limit,
    (i) => costs[i],
    (i) => accuracies[i],
  );
  return found ?? -1;
}

/**
 * Holds a target of the axis at a cost.
 * @param limit where it rests
 */
export function hold(limit: number, at: number): void {
  const before = held.peek()
    ? held.peek()!.before
    : following.peek()
      ? null
      : partOf(selected.peek(), run.peek()?.run);
  batch(() => {
    following.value = false;
    held.value = { cost: costKey.peek(), limit, at, before };
  });
}

/** Puts the target that is held back to where it rests, and takes again what was chosen before. */
export function putBack(): void {
  const now = held.peek();
  const folder = run.peek()?.run;
  if (!now || folder === undefined) return;
  batch(() => {
    held.value = null;
    following.value = moved.peek() !== null && !now.before;
    selected.value = now.before && { run: folder, ...now.before };
  });
}

// the choice follows what is held, also while candidates arrive
effect(() => {
  const now = held.value;
  if (now?.cost === costKey.value) follow(under(now.at));
});

// the choice follows while candidates arrive
effect(() => {
  if (following.value) follow(best.value);
});

function follow(index: number): void {
  const ref = refOf(index);
  const now = selected.peek();
  if (ref && (now?.arm !== ref.arm || now.id !== ref.id || now.run !== ref.run)) selected.value = ref;
}

const nameOf = ({ arm, id }: CandidateRef) => `${id}@${arm}`;
/** Starred candidates of the run, by `id@arm`. */
export const stars = signal<ReadonlySet<string>>(new Set());
let starsOf: string | null = null;
const folderNow = computed(() => run.value?.run ?? null);
effect(() => {
  const folder = folderNow.value;
  if (folder === starsOf) return;
  starsOf = folder;
  stars.value = new Set();
  comparing.value = false;
  untracked(() => leftAs(folder));
  if (folder === null) return;
  host.request('stars', { run: folder }).then(
    ({ starred }) => {
      if (starsOf === folder) stars.value = new Set(starred.map(nameOf));
    },
    () => {}, // stars are a convenience: without them nothing is starred
  );
});

/** Takes a run up as it was left: ranked by these coefficients, with this candidate chosen and that one beside it. */
function leftAs(folder: string | null): void {
  const left = folder === null ? null : runView(folder);
  const refTo = (one: CandidateRef | null | undefined) =>
    one && folder !== null ? { run: folder, ...one } : null;
  batch(() => {
    moved.value = left?.coefficients ?? null;
    following.value = moved.value !== null && !left?.picked;
    selected.value = refTo(left?.picked);
    second.value = refTo(left?.second);
    held.value = left?.held ?? null;
  });
}
effect(() => {
  const folder = folderNow.value;
  const coefficients = moved.value;
  const picked = following.value ? null : partOf(selected.value, folder);
  const other = partOf(second.value, folder);
  if (folder !== null && folder === starsOf)
    rememberRun(folder, { coefficients, picked, second: other, held: held.value });
});

export function isStarred(one: CandidateRef): boolean {
  return stars.value.has(nameOf(one));
}

/** Stars a candidate, or takes its star; shown at once, put back if the host refuses. */
export async function toggleStar(ref: CandidateOfRun): Promise<void> {
  const set = (starred: boolean) => {
    const next = new Set(stars.value);
    if (starred) next.add(nameOf(ref));
    else next.delete(nameOf(ref));
    stars.value = next;
  };
  const starred = !stars.value.has(nameOf(ref));
  set(starred);
  try {
    await host.request('star', { ...ref, starred });
  } catch (error) {
    if (starsOf === ref.run) set(!starred);
    throw error;
  }
}

export const starredIndices = computed(() => {
  const now = boardNow.value;
  if (!now || stars.value.size === 0) return [];
  return now.columns.candidates.flatMap((one, i) => (stars.value.has(nameOf(one)) ? [i] : []));
});
