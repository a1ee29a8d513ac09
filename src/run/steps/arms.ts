import { isDeepStrictEqual } from 'node:util';
import { EQUAL_COST, SCRATCH, cutsBy, trainedControls } from '../../protocol/controls.ts';
import { equalEpochs } from '../plan/equal-cost.ts';
import { expectedRounds, racedImages } from '../plan/race.ts';
import { adviceAfter } from './advice.ts';
import { drive } from './drive.ts';
import { architectureOf } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import type { Model } from '../../graph/types.ts';
import { InputError } from '../../graph/errors.ts';
import { initialise } from '../../formats/networks/initialise.ts';
import type { Method, Outcome } from '../../methods/types.ts';
import { differences } from '../../runtime/backend/numerics.ts';
import { broken } from '../plan/feasibility.ts';
import {
  armRandom,
  budgetsOf,
  dearerPoints,
  macsShare,
  methodContext,
  networkOf,
  proxyOf,
  thawed,
  tightenedOf,
} from './run-context.ts';
import type { RunContext } from './run-context.ts';
import { newRace, races, runRace } from './race/race.ts';
import { settle } from './settle.ts';
import { useSpared } from './spared.ts';
import { fileWeights } from '../store/arm-weights.ts';
import { steps } from '../store/state.ts';
import type { ArmState } from '../store/state.ts';
import { scratchSettings } from '../plan/fine-tune-settings.ts';
import { notRebuilt, weightsFor } from './weights.ts';
import type { StaticMetric } from '../../terms/goals.ts';
import type { RunEvent } from '../../terms/run-events.ts';
import { splitOf } from '../../terms/scores.ts';
import type { Score, Step } from '../../terms/scores.ts';
import type { TrainSettings } from '../../terms/training.ts';
import { pointOfArm } from '../../terms/candidates.ts';
import { costBy } from '../../terms/cost.ts';

type Events<T> = AsyncGenerator<RunEvent, T, void>;

/** Most tries of a method where a measured budget is missed. */
const mostTries = 4;

/** Takes one arm through all its steps, from wherever it stands. */
export async function* runArm(context: RunContext, arm: ArmState, main: ArmState): Events<void> {
  const { session } = context;
  const work: Record<
    Exclude<ArmState['step'], 'done'>,
    (s: RunContext, a: ArmState, m: ArmState) => Events<void>
  > = {
    method: propose,
    race,
    cut,
    recalibrate,
    'fine-tune': fineTune,
    test,
  };
  while (arm.step !== 'done') {
    session.checkStop();
    const step = arm.step;
    noteNumerics(context, arm);
    yield* work[step](context, arm, main);
    if (arm.step === step) arm.step = steps[steps.indexOf(step) + 1];
    const { arms } = session.state;
    if (arms.includes(arm) && !arms.some((one) => one.step === 'method' && isOwn(one, main)))
      session.learned = null;
    if (arm.step === 'done' && arm !== main) {
      // so that it can still be written; how those of training alone were trained is in no config
      if (!trainedControls.includes(arm.name))
        arm.filed = await fileWeights(session.run, arm.name, session.weights.get(arm.name)!);
      session.weights.delete(arm.name);
    }
    await session.save();
  }
}

/** Whether it is what the run is about: its method, at the goal or at a cheaper point. */
function isOwn(arm: ArmState, main: ArmState): boolean {
  return arm === main || pointOfArm(arm.name)?.arm === main.name;
}

/** Keeps what an arm's weights are computed by, for its config: from where they begin, and whether it changed since. */
function noteNumerics({ numerics }: RunContext, arm: ArmState): void {
  if (!numerics || arm.step === 'cut' || arm.step === 'test') return;
  const begins = arm.step === 'recalibrate' && arm.weights !== 'generated';
  if (begins || !arm.computedBy) arm.computedBy = structuredClone(numerics) as ArmState['computedBy'];
  else if (differences(arm.computedBy, numerics).length) arm.computedBy.mixed = true;
}

async function* propose(context: RunContext, arm: ArmState, main: ArmState): Events<void> {
  const { session, model, dependencies, plan } = context;
  const cuts = cutsBy(arm.name);
  if (cuts === null) {
    arm.candidate = { ...main.candidate!, id: 0, origin: SCRATCH, accuracies: {}, reward: undefined };
    arm.weights = 'scratch';
  } else {
    const method = await context.ports.method(cuts);
    const outcome = yield* runMethod(context, method, arm, isOwn(arm, main));
    const architecture = architectureOf(dependencies, outcome.chosen.kept);
    const cost = costModel(model.graph, dependencies)(architecture);
    const budgets = budgetsOf(context, arm);
    const over = broken(budgets, cost)[0];
    if (over)
      throw new Error(
        `${method.name} gave a network of ${costBy(cost, over.metric as StaticMetric)} ${over.metric}, over the budget of ${over.limit}`,
      );
    arm.candidate = {
      ...outcome.chosen,
      architecture: [...architecture],
      kept: outcome.chosen.kept.map((channels) => [...channels]),
      cost,
    };
    arm.weights = weightsFor(method.weights, plan.retrain, {
      untrained: context.untrained,
      trains: isOwn(arm, main) && Boolean(context.fineTuning?.epochs),
      made: outcome.weights !== undefined,
    });
    if (outcome.weights && arm.weights !== 'source')
      session.weights.set(arm.name, outcome.weights as Map<string, Float32Array>);
    else session.weights.delete(arm.name);
    arm.race = isOwn(arm, main) && races(context, method, arm) ? newRace(outcome) : undefined;
    if (!arm.race && isOwn(arm, main) && outcome.race && context.fineTuning?.epochs) {
      const message = `no race with plain rules: theirs begin with the original's weights, and this network's are ${arm.weights}`;
      yield await session.record({ type: 'stage', arm: arm.name, stage: 'race', message });
    }
    const miss = await context.missed(networkOf(context, arm), budgets);
    if (miss > 1) {
      const share = `${(miss * 100 - 100).toFixed(1)} % over`;
      if (++arm.tries >= mostTries) {
        const why = `${method.name} did not meet the measured budget in ${mostTries} tries (${share})`;
        if (arm === main)
          throw new GoalMissed(`${why}; ask for a little more, or measure on a quieter machine`);
        // a control or a cheaper point over its budget is still worth seeing; the result is another's
        yield await session.record({
          type: 'warning',
          arm: arm.name,
          message: `${why}; it is shown as it is`,
        });
        yield await session.record({ type: 'chosen', arm: arm.name, candidate: arm.candidate });
        return;
      }
      const aims = arm.share === undefined ? session.state : arm;
      if (method.measures) aims.tightened = (tightenedOf(context, arm) / miss) * 0.98;
      else aims.proxy = Math.floor((proxyOf(context, arm)! / miss) * 0.97);
      yield await session.record({
        type: 'warning',
        arm: arm.name,
        message: `measured ${share} the budget; trying again with ${method.measures ? 'a tighter one' : 'fewer MACs'}`,
      });
      arm.candidate = undefined;
      arm.step = 'method';
      await session.save();
      yield* propose(context, arm, main);
      return;
    }
    if (outcome.stopped) yield await useSpared(context, arm, main, outcome.stopped);
  }
  if (!arm.race) yield* choose(context, arm, main);
}

/** Lets the best of what the method found race with the baselines' networks. */
async function* race(context: RunContext, arm: ArmState, main: ArmState): Events<void> {
  if (!arm.race) return;
  const { winner, rule } = yield* runRace(context, arm, arm.race);
  // what the method trained belongs to its own choice
  if (winner.id !== arm.candidate!.id && arm.weights === 'generated') {
    arm.weights = 'source';
    context.session.weights.delete(arm.name);
  }
  arm.candidate = structuredClone(winner) as ArmState['candidate'];
  arm.race = undefined;
  arm.rule = rule;
  yield* choose(context, arm, main);
}

/**
 * Says what an arm has come to.
 * @throws InputError where it is a dearer point's network, which would be trained to the same bytes again
 */
async function* choose(context: RunContext, arm: ArmState, main: ArmState): Events<void> {
  const { session } = context;
  const { kept } = arm.candidate!;
  const same = dearerPoints(context, arm).find(
    (one) =>
      arm.weights !== 'generated' &&
      one.weights === arm.weights &&
      isDeepStrictEqual(one.candidate?.kept, kept),
  );
  if (same) throw new InputError(`its network is that of ${same.name}`);
  yield await session.record({ type: 'chosen', arm: arm.name, candidate: arm.candidate! });
  if (arm === main && arm.weights === 'generated')
    yield await session.record({ type: 'warning', message: notRebuilt(arm.name) });
}

/** A goal that was not reached: exit 1. */
export class GoalMissed extends Error {
  override name = 'GoalMissed';
}

async function* runMethod(
  context: RunContext,
  method: Method,
  arm: ArmState,
  main: boolean,
): Events<Outcome> {
  const { session, dependencies } = context;
  const random = armRandom(context, arm.name, arm.tries);
  const kind = `method:${arm.name}`;
  const inner = session.takeInner(kind);
  const settings = context.settings(method, main);
  if (!inner && arm.tries === 0) {
    const reward = method.reward?.(settings, {
      ...context.model,
      dependencies,
      budgets: budgetsOf(context, arm),
    });
    yield await session.record({ type: 'arm', arm: arm.name, control: !main, reward });
  }
  if (inner?.random) random.state = inner.random;
  const generator = method.run(
    methodContext(context, arm, method, { random, settings, resume: inner?.snapshot }),
  );
  return yield* drive(session, arm.name, kind, generator, random);
}

async function* cut(context: RunContext, arm: ArmState): Events<void> {
  const { session, plan } = context;
  const network = networkOf(context, arm);
  const weights =
    arm.name === SCRATCH ? initialise(network.graph, plan.seed, network.weights) : network.weights;
  session.weights.set(arm.name, weights as Map<string, Float32Array>);
  if (arm.name !== SCRATCH) yield* score(context, arm, 'cut', network);
}

async function* recalibrate(context: RunContext, arm: ArmState): Events<void> {
  const { session, trainer } = context;
  if (!trainer || arm.name === SCRATCH) return;
  yield await session.record({
    type: 'stage',
    arm: arm.name,
    stage: 'recalibrate',
    message: 'batch-norm recalibration',
  });
  const network = networkOf(context, arm);
  const weights = await trainer.recalibrate(network, session.signal);
  session.weights.set(arm.name, weights as Map<string, Float32Array>);
  yield* score(context, arm, 'recalibrated', { graph: network.graph, weights });
}

async function* fineTune(context: RunContext, arm: ArmState, main: ArmState): Events<void> {
  const { session, trainer, plan, fineTuning } = context;
  if (!trainer || !fineTuning?.epochs) return;
  // the winner itself may be trained from nothing too, as in the papers
  const restart = isOwn(arm, main) && arm.weights === 'scratch';
  const scratch = restart || arm.name === SCRATCH;
  const settings = scratch
    ? scratchSettings(fineTuning, trainer.images.set.train.size, context.model.graph)
    : arm.name === EQUAL_COST
      ? await atEqualCost(context, fineTuning, arm, main)
      : fineTuning;
  const kind = `train:${arm.name}`;
  const inner = session.takeInner(kind);
  if (!inner) {
    const message = `${scratch ? `training ${restart ? 'it' : 'the same shape'} from scratch` : 'fine-tuning'}, ${settings.epochs} ${settings.epochs === 1 ? 'epoch' : 'epochs'}`;
    yield await session.record({ type: 'stage', arm: arm.name, stage: 'fine-tune', message });
    yield await session.record({ type: 'fineTuning', arm: arm.name, settings });
  }
  const { graph, weights: given } = thawed(networkOf(context, arm), settings);
  const network = { graph, weights: restart ? initialise(graph, plan.seed, given) : given };
  const generator = trainer.train(network, settings, {
    stage: 'fine-tune',
    seed: plan.seed,
    from: inner?.snapshot,
    signal: session.signal,
  });
  const { weights, ...trained } = yield* drive(session, arm.name, kind, generator);
  const settled = await settle(trainer, { graph, weights }, settings.epochs, session.signal);
  session.weights.set(arm.name, settled.weights as Map<string, Float32Array>);
  arm.recalibrated = settled.recalibrated || undefined;
  if (settled.said !== undefined)
    yield await session.record({
      type: 'stage',
      arm: arm.name,
      stage: 'fine-tune',
      message: settled.said,
    });
  yield await scored(context, arm, 'fineTuned', settled.score);
  const advice =
    arm === main &&
    adviceAfter(session.state.original.validation, settled.score, trained, trainer.images.set.train.size);
  if (advice) yield await session.record({ type: 'warning', message: advice });
}

/** The same training, for as many epochs as cost what the run's own method and its training cost in all. */
async function atEqualCost(
  context: RunContext,
  fineTuning: TrainSettings,
  arm: ArmState,
  main: ArmState,
): Promise<TrainSettings> {
  const { model, dependencies, roundTo, session, trainer } = context;
  const method = await context.ports.method(main.name);
  const { train, validation } = trainer!.images.set;
  const images = { train: train.size, validation: validation.size };
  const { budgets } = session.state;
  const settings = context.settings(method, true);
  const work = method.work?.(settings, {
    graph: model.graph,
    dependencies,
    budgets,
    roundTo,
    images,
  });
  if (!work) return fineTuning;
  const { epochs: tuned } = fineTuning;
  // as long as a race would be: there is none where, say, fresh weights are trained, which is rare
  const raced = racedImages(expectedRounds(method.raced?.(settings) ?? 0, train.size, fineTuning));
  const epochs = equalEpochs(work, {
    tuned,
    raced,
    share: macsShare(context, main),
    own: macsShare(context, arm),
    images: train.size,
    spared: main.spared,
  });
  return { ...fineTuning, epochs };
}

async function* test(context: RunContext, arm: ArmState): Events<void> {
  if (!context.trainer?.images.set.test) return;
  yield* score(context, arm, 'test', networkOf(context, arm));
}

async function* score(
  context: RunContext,
  arm: ArmState,
  step: Exclude<Step, 'original'>,
  network: Model,
): Events<void> {
  const { session, trainer } = context;
  if (!trainer) return;
  yield await scored(context, arm, step, await trainer.score(network, splitOf(step), session.signal));
}

/** Records a score; which images were right only where arms are compared: of what each ended with. */
async function scored(
  { session }: RunContext,
  arm: ArmState,
  step: Exclude<Step, 'original'>,
  { right, ...rest }: Score,
): Promise<RunEvent> {
  const ended = step === 'fineTuned' || step === 'test';
  const score: Score = ended && right !== undefined ? { ...rest, right } : rest;
  arm.scores[step] = structuredClone(score) as ArmState['scores'][typeof step];
  return await session.record({ type: 'score', arm: arm.name, step, split: splitOf(step), score });
}
