import { pointArm, pointOfArm } from '../../../terms/candidates.ts';
import { dropInWords, isWithinDrop, points } from '../../../terms/comparison/drop.ts';
import { metricWords } from '../../../terms/goals.ts';
import type { EventOf, RunEvent } from '../../../terms/run-events.ts';
import { accuracyNoun, furthest, splitOf } from '../../../terms/scores.ts';
import type { Score, Step } from '../../../terms/scores.ts';
import { nextShare } from '../../plan/accuracy-goal.ts';
import { pointsAsked } from '../../plan/points.ts';
import { ownWeights } from '../../store/arm-weights.ts';
import { readEvents } from '../../store/folder.ts';
import type { ArmState } from '../../store/state.ts';
import { GoalMissed } from '../arms.ts';
import type { PreparedRun } from '../context.ts';
import { budgetsOf, cutFrom, macsShare, proxyOf, tightenedOf } from '../run-context.ts';
import { notRebuilt } from '../weights.ts';
import { runArmOrLeave } from './leave-out.ts';

/**
 * Looks for the cheapest network that loses at most so many points of accuracy: one budget after another between the
 * goal and the cheapest of its range is searched, trained and scored as a point of the trade-off, and the run's own arm
 * becomes what was found. Its controls are then held to that network's budget.
 * @param drop points of accuracy, in percent, on the validation images
 */
export async function* reachAccuracy(
  context: PreparedRun,
  main: ArmState,
  drop: number,
): AsyncGenerator<RunEvent, void, void> {
  const { session, plan, cheapest } = context;
  const { state } = session;
  while (main.step !== 'done') {
    session.checkStop();
    const tried = state.arms.filter(({ name }) => pointOfArm(name)?.arm === main.name);
    const underWay = tried.find(({ step }) => step !== 'done');
    if (underWay) {
      const { name, share = 1 } = underWay;
      yield* runArmOrLeave(context, underWay, main);
      if (!state.arms.includes(underWay)) (state.unreached ??= []).push(share);
      else
        yield await session.record(
          said(name, `${beside(context, underWay)}: ${word(context, underWay, drop)}`),
        );
      await session.save();
      continue;
    }
    const known = [
      ...tried.map((arm) => ({ share: arm.share!, within: isWithin(context, arm, drop) })),
      ...(state.unreached ?? []).map((share) => ({ share, within: false })),
    ];
    const share = nextShare(known, cheapest, pointsAsked(plan)!);
    if (share === null) yield* adopt(context, main, tried, drop);
    else {
      const [{ limit, original }] = state.budgets;
      const percent = Number(((100 * share * limit) / original).toPrecision(3));
      // before the controls, so that they follow it in every list
      const place = 1 + tried.length;
      state.arms.splice(place, 0, {
        name: pointArm(main.name, percent),
        share,
        step: 'method',
        tries: 0,
        scores: {},
      });
    }
    await session.save();
  }
}

/** The run's own arm becomes the cheapest of these that is accurate enough, else the one that lost least. */
async function* adopt(
  context: PreparedRun,
  main: ArmState,
  tried: readonly ArmState[],
  drop: number,
): AsyncGenerator<RunEvent, void, void> {
  const { session, plan, model, dependencies } = context;
  const { state } = session;
  const good = tried.filter((arm) => isWithin(context, arm, drop)).sort((a, b) => a.share! - b.share!)[0];
  const found = good ?? [...tried].sort((a, b) => accuracyOf(b) - accuracyOf(a))[0];
  if (!found) throw new GoalMissed('no network could be reached at any of the costs that were tried');
  const { candidate, weights: from, computedBy, recalibrated, rule, scores } = structuredClone(found);
  Object.assign(main, { candidate, weights: from, computedBy, recalibrated, rule, scores });
  const weights = await ownWeights(session.run, found, cutFrom(context, found.candidate!).weights);
  if (weights) session.weights.set(main.name, weights as Map<string, Float32Array>);
  // what the controls are held to
  const proxy = proxyOf(context, found);
  const tightened = tightenedOf(context, found);
  state.range = state.budgets;
  state.budgets = [...budgetsOf(context, found)];
  if (proxy !== undefined) state.proxy = proxy;
  if (tightened !== 1) state.tightened = tightened;
  const method = await context.ports.method(plan.method);
  const reward = method.reward?.(context.mainSettings, { ...model, dependencies, budgets: state.budgets });
  const arm = main.name;
  yield await session.record({ type: 'budgets', budgets: state.budgets });
  yield await session.record({ type: 'arm', arm, control: false, reward });
  // who won it, for the report
  await session.run.flush();
  for (const event of (await readEvents(session.run.folder)).events)
    if (event.type === 'raced' && event.arm === found.name) yield await session.record(raceOf(event, arm));
  yield await session.record({ type: 'chosen', arm, candidate: main.candidate! });
  if (main.scores.fineTuned && context.fineTuning)
    yield await session.record({ type: 'fineTuning', arm, settings: context.fineTuning });
  for (const [step, score] of Object.entries(main.scores) as [Exclude<Step, 'original'>, Score][])
    yield await session.record({
      type: 'score',
      arm,
      step,
      split: splitOf(step),
      score,
    });
  if (main.weights === 'generated') yield await session.record({ type: 'warning', message: notRebuilt(arm) });
  const noun = accuracyNoun(session.state.original.validation?.measure);
  yield good
    ? await session.record(
        said(
          arm,
          `the cheapest of ${tried.length} networks that loses at most ${points(drop)} of ${noun}: ${beside(context, found)}`,
        ),
      )
    : await session.record({
        type: 'warning',
        message: `no network of ${tried.length} lost at most ${points(drop)} of ${noun}: the result is the one that lost least, ${beside(context, found)}; allow more, or a dearer network (another goal beside it, such as macs=95%)`,
      });
  main.step = 'done';
}

/** What it came to on the validation images. */
const accuracyOf = ({ scores }: ArmState): number => furthest(scores)?.accuracy ?? 0;

function isWithin({ session }: PreparedRun, arm: ArmState, drop: number): boolean {
  const original = session.state.original.validation;
  return original !== undefined && isWithinDrop(accuracyOf(arm), original.accuracy, drop);
}

function word(context: PreparedRun, arm: ArmState, drop: number): string {
  return isWithin(context, arm, drop) ? `within ${points(drop)}` : `more than ${points(drop)}`;
}

/** "a network of 40.0 % of the MACs loses 0.80 ± 0.62 points on 300 validation images". */
function beside(context: PreparedRun, arm: ArmState): string {
  const share = (100 * macsShare(context, arm)).toFixed(1);
  const drop = dropInWords(furthest(arm.scores)!, context.session.state.original.validation!);
  return `a network of ${share} % of the ${metricWords.macs} ${drop}`;
}

function raceOf({ seq: _, at: __, ...event }: EventOf<'raced'>, arm: string): RunEvent {
  return { ...event, arm };
}

function said(arm: string, message: string): RunEvent {
  return { type: 'stage', arm, stage: 'fine-tune', message };
}
