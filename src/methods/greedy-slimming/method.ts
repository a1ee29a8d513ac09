import * as z from 'zod';
import { fullArchitecture } from '../../graph/architecture.ts';
import { InputError } from '../../graph/errors.ts';
import type { RandomState } from '../../graph/random.ts';
import type { Snapshot } from '../../runtime/types.ts';
import type { Architecture, Candidate } from '../../terms/candidates.ts';
import { costsOf, fitToBudgets } from '../budgets.ts';
import { imagesOf } from '../images.ts';
import { searchImportance } from '../importance/search.ts';
import { randomState } from '../random-state.ts';
import { Cutter } from '../sensitivity/cutter.ts';
import { openGroups } from '../sensitivity/levels.ts';
import { measured } from '../sensitivity/measured.ts';
import type { Measured } from '../sensitivity/measured.ts';
import type { Method, MethodContext, MethodEvent, Outcome } from '../types.ts';
import { greedySettings, parseGreedy } from './settings.ts';
import type { GreedySettings } from './settings.ts';
import { ranked, Slimming } from './slimming.ts';
import { greedyWork } from './work.ts';

const NAME = 'greedy-slimming';
const whole = z.number().int().min(0);
const checkpointSchema = z.strictObject({
  kind: z.literal(NAME),
  root: randomState,
  importance: z.array(z.array(z.number())),
  /** the network that the next slice goes from: what it came to; null: not measured yet */
  now: measured.nullable(),
  /** slices that went, in order */
  path: z.array(z.strictObject({ group: whole, from: whole, to: whole })),
  /** by how much the loss rose when a group's next slice was last measured, one a group */
  rises: z.array(z.number().nullable()),
  /** what the slices of this step that were measured already came to, in order */
  tried: z.array(measured),
  /** networks scored in all */
  scored: whole,
});
type Checkpoint = z.infer<typeof checkpointSchema>;

/**
 * AutoSlim's greedy slimming (Yu and Huang 2019, arXiv 1903.11728): from the whole network, slice by slice, whichever
 * group's next slice raises the validation loss least for what it saves (docs/methods/greedy-slimming.md).
 */
export const greedySlimming: Method<GreedySettings> = {
  name: NAME,
  summary: 'takes away, slice by slice, whatever hurts least for what it saves (AutoSlim)',
  needsImages: true,
  settings: greedySettings,
  work: greedyWork,
  run,
};

async function* run(context: MethodContext): AsyncGenerator<MethodEvent, Outcome, void> {
  const images = imagesOf(context, NAME);
  if (images.set.validation.size === 0)
    throw new InputError(`the method ${NAME} needs validation images to score on`);
  const settings = parseGreedy(context.settings);
  const { graph, dependencies, budgets } = context;
  const costs = costsOf(graph, dependencies, budgets);
  const full = fullArchitecture(dependencies);
  // says in words where no network is narrow enough
  fitToBudgets(context, costs, full);
  const state: Checkpoint = context.resume
    ? parseCheckpoint(context.resume)
    : await begin(context, images, settings, context.random.state);
  const importance = state.importance.map((values) => Float64Array.from(values));
  const cutter = new Cutter(context, images, settings, state.root, importance);
  const slimming = new Slimming(context, costs, settings.slices);
  const way = slimming.guess().map(costs.used);
  const checkpoint = (): MethodEvent => ({
    type: 'checkpoint',
    take: () => ({ json: structuredClone(state), arrays: new Map() }),
  });
  if (!context.resume) {
    const message = `slices of 1/${settings.slices} of a group, until every budget holds`;
    yield { type: 'stage', stage: 'search', message };
  }
  if (!state.now) {
    state.now = await score(full);
    yield checkpoint();
  }
  let at = state.path.reduce<Architecture>((a, { group, to }) => narrowed(a, group, to), full);
  while (!slimming.holds(at)) {
    const options = slimming.promising(slimming.options(at), state.rises, settings.scoredAStep);
    for (const { group, width } of options.slice(state.tried.length)) {
      state.tried.push(await score(narrowed(at, group, width)));
      const total = state.scored + left(at, options.length - state.tried.length);
      yield { type: 'progress', stage: 'search', done: state.scored, total, unit: 'candidates' };
      yield checkpoint();
    }
    options.forEach(({ group }, i) => (state.rises[group] = state.tried[i].loss - state.now!.loss));
    const [{ group, width }] = ranked(options, (g) => state.rises[g]!);
    state.now = state.tried[options.findIndex((one) => one.group === group)];
    state.tried = [];
    state.path.push({ group, from: at[group], to: width });
    at = narrowed(at, group, width);
    yield { type: 'candidate', candidate: candidate(state.path.length - 1, 'slimmed', at, state.now) };
    yield { type: 'widths', step: state.path.length - 1, architecture: at };
    yield checkpoint();
  }
  const filled = slimming.refill(at, state.path);
  const same = filled.every((width, g) => width === at[g]);
  if (same && state.path.length)
    return { chosen: candidate(state.path.length - 1, 'slimmed', at, state.now) };
  const came = same ? state.now : await score(filled);
  const chosen = candidate(state.path.length, 'filled', filled, came);
  yield { type: 'candidate', candidate: chosen };
  return { chosen };

  async function score(architecture: Architecture): Promise<Measured> {
    state.scored++;
    return await cutter.score(architecture);
  }

  /** Networks still to be scored, as far as that can be guessed. */
  function left(from: Architecture, inThisStep: number): number {
    const used = costs.used(from);
    const steps = way.filter((one) => one < used).length;
    return inThisStep + steps * Math.min(settings.scoredAStep, openGroups(dependencies).length) + 1;
  }

  function candidate(
    id: number,
    origin: string,
    architecture: Architecture,
    { accuracy }: Measured,
  ): Candidate {
    return {
      id,
      origin,
      architecture,
      kept: cutter.kept(architecture),
      cost: costs.cost(architecture),
      accuracies: { recalibrated: accuracy },
    };
  }
}

async function begin(
  context: MethodContext,
  images: NonNullable<MethodContext['images']>,
  settings: GreedySettings,
  root: RandomState,
): Promise<Checkpoint> {
  const importance = await searchImportance(context, images, settings.importance, root);
  return {
    kind: NAME,
    root: [...root],
    importance: importance.map((values) => [...values]),
    now: null,
    path: [],
    rises: context.dependencies.groups.map(() => null),
    tried: [],
    scored: 0,
  };
}

function narrowed(architecture: Architecture, group: number, width: number): Architecture {
  return architecture.map((w, g) => (g === group ? width : w));
}

function parseCheckpoint({ json }: Snapshot): Checkpoint {
  const parsed = checkpointSchema.safeParse(json);
  if (!parsed.success)
    throw new InputError(`the checkpoint of the method ${NAME} is damaged, or of another version`);
  return parsed.data;
}
