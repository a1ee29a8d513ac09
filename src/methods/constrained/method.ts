import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { Random } from '../../graph/random.ts';
import type { RandomState } from '../../graph/random.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { searchImportance } from '../importance/search.ts';
import { imagesOf } from '../images.ts';
import { BudgetRange } from '../rl/budget-range.ts';
import type { Method, MethodContext, MethodEvent, Outcome } from '../types.ts';
import { Agent } from './agent.ts';
import type { UpdateStats } from './agent.ts';
import { Constraints } from './constraints.ts';
import { confirmed, fill } from './finish.ts';
import type { Choice } from './finish.ts';
import { networkJudge } from './judge.ts';
import { promising } from './promising.ts';
import { constrainedSettings, parseConstrained } from './settings.ts';
import type { ConstrainedSettings } from './settings.ts';
import { Space } from './space.ts';
import { keptSchema, Trials, trialsSchema } from './trials.ts';
import type { Trial } from './trials.ts';
import { constrainedWork } from './work.ts';
import type { Candidate, KeptChannels } from '../../terms/candidates.ts';
import { randomState } from '../random-state.ts';

const word = z.number().int().min(0);
const checkpointSchema = z.strictObject({
  kind: z.literal('constrained'),
  root: randomState,
  /** share of every group at which the budgets just hold */
  share: z.number(),
  /** settled once: gradients are slow, and backends differ in their last digits */
  importance: z.array(z.array(z.number())),
  agent: z.unknown(),
  trials: trialsSchema,
  /** at a cheaper point: what the goal's search has tried */
  elsewhere: trialsSchema.optional(),
  /** the networks that the end is chosen from, and how far that has come */
  ends: z
    .object({ entries: z.array(keptSchema), chosen: z.array(z.object({ id: word, kept: keptSchema })) })
    .nullable(),
  /** candidates in a row that could not be measured */
  failures: z.number().int().min(0),
});
type Checkpoint = z.infer<typeof checkpointSchema>;

/** Candidates in a row that a script may fail for before the run gives up. */
const MOST_FAILURES = 40;

/**
 * Pruning as a constrained Markov decision process (arXiv 2110.08558): PPO-Lagrangian from a trained network. Reward is
 * the accuracy after cutting and batch-norm recalibration; costs are whatever the budgets are on, measured one by one
 * and never differentiated; each has a multiplier of its own.
 */
export const constrained: Method<ConstrainedSettings> = {
  name: 'constrained',
  summary:
    'constrained reinforcement learning (PPO-Lagrangian): accuracy within any budgets that can be measured',
  needsImages: true,
  measures: true,
  raced: ({ raced }) => raced,
  serves: ({ onePolicy }) => onePolicy,
  settings: constrainedSettings,
  work: constrainedWork,
  run: (context) => search(context, networkJudge),
};

/** A whole run of the method. `judged` says what networks are worth: their accuracy, or a table of it (bench/search.ts). */
export async function* search(
  context: MethodContext,
  judged: typeof networkJudge,
): AsyncGenerator<MethodEvent, Outcome, void> {
  const images = imagesOf(context, 'constrained');
  if (images.set.validation.size === 0)
    throw new InputError('the method constrained needs validation images to score on');
  const settings = parseConstrained(context.settings);
  const resumed = context.resume && parseCheckpoint(context.resume);
  const constraints = new Constraints(context, settings.scriptSeconds);
  constraints.check();
  // what one policy serves, which of it is searched for, and what the goal's search has learned of it
  const curve = settings.onePolicy && !constraints.measuredAtAll ? context.curve : undefined;
  const range = BudgetRange.of(curve);
  const own = curve?.share ?? 1;
  const learned = resumed || !curve?.learned ? undefined : parseCheckpoint(curve.learned);
  const begun = resumed ?? learned;
  const root: RandomState = begun?.root ?? context.random.state;
  const importance = begun
    ? begun.importance.map((values) => Float64Array.from(values))
    : await searchImportance(context, images, settings.importance, root);
  const { graph, dependencies, roundTo } = context;
  const make = (at: ConstructorParameters<typeof Space>[5]) =>
    new Space(graph, dependencies, roundTo, importance, constraints.limits, at, settings, range);
  if (!begun) {
    const message = `${settings.updates * settings.episodesPerUpdate} episodes of ${make(1).decisions} decisions, a ${settings.granularity === 'ratio' ? 'ratio a group' : 'decision a channel'}; budgets: ${constraints.names.map((name, i) => `${name} at most ${constraints.limits[i].toFixed(1)} %`).join(', ')}`;
    yield { type: 'stage', stage: 'search', message };
  }
  const share = resumed?.share ?? (await uniformShare(make(1), constraints));
  const shareAt = range ? sharesOf(make(1), constraints, own) : () => share;
  const space = make(range ? shareAt : share);
  const elsewhere = resumed?.elsewhere ?? learned?.trials;
  const judge = judged(context, images, settings, root);
  const trials = new Trials(judge, constraints, settings, resumed?.trials, elsewhere);
  const agent = new Agent(space, settings, new Random(root).fork('agent'));
  const arrays = (context.resume ?? curve?.learned)?.arrays;
  if (begun) agent.restore({ json: begun.agent, arrays: arrays! });
  let ends = resumed?.ends ?? null;
  let failures = resumed?.failures ?? 0;
  // what has to be measured is brought to its budget by measuring, which is too dear for many
  const modelled = settings.surrogate !== 'none' && !constraints.measuredAtAll;
  const total = settings.updates * settings.episodesPerUpdate;

  const take = (): Snapshot => {
    const { json, arrays } = agent.snapshot();
    const state: Checkpoint = {
      kind: 'constrained',
      root: [...root],
      share,
      importance: importance.map((values) => [...values]),
      agent: json,
      trials: trials.state,
      ...(elsewhere ? { elsewhere } : {}),
      ends: structuredClone(ends),
      failures,
    };
    return { json: state, arrays };
  };
  const checkpoint = (): MethodEvent => ({ type: 'checkpoint', take });
  const stepsNow = (): number => {
    const { tuneSteps } = settings;
    return tuneSteps[Math.min(tuneSteps.length - 1, Math.floor(agent.progress * tuneSteps.length))];
  };
  async function* tried(
    choice: Choice,
    origin: string,
    steps: number,
  ): AsyncGenerator<MethodEvent, Trial, void> {
    const { trial, fresh } = await trials.run(choice, origin, steps);
    if (fresh) yield { type: 'candidate', candidate: trials.candidate(trial, choice.kept) };
    if (fresh && trial.failed !== undefined)
      yield { type: 'warning', message: `candidate ${trial.id} could not be measured: ${trial.failed}` };
    failures = trial.failed === undefined ? 0 : failures + 1;
    if (failures >= MOST_FAILURES)
      throw new InputError(
        `${failures} candidates in a row could not be measured, the last: ${trial.failed}`,
      );
    return trial;
  }

  // the uniform width is where the policy starts, and the one to beat
  if (!resumed) {
    yield* tried(space.uniform(share), 'uniform', stepsNow());
    yield checkpoint();
  }
  while (!agent.done) {
    const steps = stepsNow();
    const proposed = space.kept(agent.propose());
    const uniform = range && (yield* uniformAt(range, agent.budget, steps));
    const trial = yield* tried(proposed, 'policy', steps);
    const update = agent.tell({ reward: trial.accuracy ?? 0, costs: trial.costs, uniform });
    yield { type: 'progress', stage: 'search', done: agent.evaluatedEpisodes, total, unit: 'candidates' };
    if (update) yield* tell(update);
    yield checkpoint();
  }
  if (range && own === 1 && !ends) yield { type: 'learned', take };
  return yield* finish();

  /** What the uniform network of a budget comes to: of those of the points, which are tried once. */
  async function* uniformAt(
    points: BudgetRange,
    budget: number,
    steps: number,
  ): AsyncGenerator<MethodEvent, number, void> {
    const known: number[] = [];
    for (const one of points.shares)
      known.push((yield* tried(space.uniform(shareAt(one)), 'uniform', steps)).accuracy ?? 0);
    return points.between(known, budget);
  }

  function* tell(stats: UpdateStats): Generator<MethodEvent, void, void> {
    const step = stats.update;
    const metric = (name: string, value: number): MethodEvent => ({ type: 'metric', name, step, value });
    if (Number.isFinite(stats.reward)) {
      yield metric('reward', stats.reward);
      for (const [c, name] of constraints.names.entries())
        // a share of its limit: 1 is the budget, whatever it is on
        yield metric(`cost:${name}`, stats.costs[c] / constraints.limits[c]);
      yield metric('entropy', stats.entropy);
      yield metric('kl', stats.kl);
    } else {
      const message = `update ${step + 1}: no candidate could be measured, so nothing was learned from it`;
      yield { type: 'warning', message };
    }
    for (const [c, name] of constraints.names.entries())
      yield metric(`multiplier:${name}`, stats.multipliers[c]);
    yield { type: 'widths', step, architecture: space.kept(agent.greedy(own)).architecture };
    const [leader] = trials.leaders;
    if (leader)
      yield {
        type: 'generation',
        generation: step,
        best: leader.trial.id,
        reward: trials.rank(leader.trial),
      };
  }

  async function* finish(): AsyncGenerator<MethodEvent, Outcome, void> {
    const steps = settings.tuneSteps.at(-1)!;
    if (!ends) {
      const entries = entriesFor();
      ends = { entries: entries.map((kept) => kept.map((c) => [...c])), chosen: [] };
      const message = `bringing ${entries.length} of the best to the budgets`;
      yield { type: 'stage', stage: 'finalists', message };
    }
    while (ends.entries.length) {
      const kept = ends.entries[0];
      const choice = { architecture: kept.map((c) => c.length), kept };
      const filled = await fill(choice, space, constraints, settings);
      if (filled) {
        const trial = yield* tried(filled, 'finalist', steps);
        if (trial.accuracy !== null) ends.chosen.push({ id: trial.id, kept: filled.kept.map((c) => [...c]) });
      }
      ends.entries.shift();
      yield checkpoint();
    }
    const byId = trials.state.trials;
    const model = modelled ? trials.expected(space.sizes, steps) : null;
    const worth = ({ id }: { id: number }) =>
      model ? model(byId[id].architecture).mean : byId[id].accuracy!;
    const ranked = [...ends.chosen].sort(
      (a, b) =>
        worth(b) - worth(a) ||
        (constraints.excess(byId[a.id].costs) || 0) - (constraints.excess(byId[b.id].costs) || 0) ||
        a.id - b.id,
    );
    const finalists: Candidate[] = [];
    for (const { id, kept } of ranked) {
      if (finalists.length >= Math.max(1, settings.raced)) break;
      const choice = { architecture: byId[id].architecture, kept };
      const final = await confirmed(choice, space, constraints, settings);
      if (!final) continue;
      const trial = final === choice ? byId[id] : yield* tried(final, 'finalist', steps);
      if (trial.accuracy !== null) finalists.push(trials.candidate(trial, final.kept));
    }
    const [chosen] = finalists;
    if (!chosen)
      throw new InputError(
        'no network was measured within all budgets; ask for a little more, or raise the setting latencyMargin or scriptSeconds',
      );
    return { chosen, ...(settings.raced ? { race: { finalists, nextId: trials.state.trials.length } } : {}) };
  }

  /** Where the end is chosen from; the paper's is a single episode drawn from the policy. */
  function entriesFor(): KeptChannels[] {
    const drawn = (random: Random) => space.kept(agent.sample(random, own)).kept;
    if (settings.final === 'sample') return [drawn(new Random(root).fork('final'))];
    const greedy = space.kept(agent.greedy(own)).kept;
    if (settings.final === 'greedy') return [greedy];
    const draws = new Random(root).fork('finalists');
    const expected = modelled ? promising(space, constraints, trials, agent, settings, draws, own) : null;
    if (expected) return [...expected, greedy];
    // with nothing expected, and no search of its own, a cheaper point has the policy alone
    const more = elsewhere ? Array.from({ length: settings.finalists - 1 }, () => drawn(draws)) : [];
    return [...trials.leaders.map(({ kept }) => kept), ...more, greedy];
  }
}

/** Share of every group at which the uniform network just meets all budgets; the least where none is measured to. */
async function uniformShare(space: Space, constraints: Constraints): Promise<number> {
  if (!constraints.measuredAtAll) return sharesOf(space, constraints, 1)(1);
  let [low, high] = [0, 1];
  // a measurement is dear and noisy
  for (let i = 0; i < 7; i++) {
    const middle = (low + high) / 2;
    const choice = space.uniform(middle);
    const within = constraints.used(choice.architecture) <= 1 && (await constraints.holds(choice, 1, 0));
    if (within) low = middle;
    else high = middle;
  }
  return Math.max(low, 1e-3);
}

/**
 * The same within any share of the goal's budgets, which are functions of the widths; each is found once.
 * @param own what the constraints are of the goal's
 */
function sharesOf(space: Space, constraints: Constraints, own: number): (budget: number) => number {
  const found = new Map<number, number>();
  return (budget) => {
    let share = found.get(budget);
    if (share === undefined) {
      let [low, high] = [0, 1];
      for (let i = 0; i < 30; i++) {
        const middle = (low + high) / 2;
        if (constraints.used(space.uniform(middle).architecture) <= budget / own) low = middle;
        else high = middle;
      }
      found.set(budget, (share = Math.max(low, 1e-3)));
    }
    return share;
  };
}

function parseCheckpoint({ json }: Snapshot): Checkpoint {
  const parsed = checkpointSchema.safeParse(json);
  if (!parsed.success)
    throw new InputError('the checkpoint of the method constrained is damaged, or of another version');
  return parsed.data;
}
