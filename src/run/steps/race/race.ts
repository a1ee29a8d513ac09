import type { Model } from '../../../graph/types.ts';
import type { Method, Outcome } from '../../../methods/types.ts';
import type { TrainEvent } from '../../../runtime/training/trainer.ts';
import { raceRounds, racedImages, roundSettings } from '../../plan/race.ts';
import type { Round } from '../../plan/race.ts';
import type { ArmState, RaceState } from '../../store/state.ts';
import { drive } from '../drive.ts';
import type { Trained, Trainer } from '../ports.ts';
import { budgetsOf, cutFrom, networkOf, thawed } from '../run-context.ts';
import type { RunContext } from '../run-context.ts';
import { lossOf, settlingImages } from '../settle.ts';
import type { Candidate } from '../../../terms/candidates.ts';
import type { RunEvent } from '../../../terms/run-events.ts';
import type { Score } from '../../../terms/scores.ts';
import { baselineNetworks } from './contenders.ts';
import { foretoldBy, inLine, placed, result, survivors } from './decide.ts';
import type { Standing } from './decide.ts';

/** How a race ended. */
interface Won {
  readonly winner: Candidate;
  /** the plain rule whose network it is; absent where the method found it */
  readonly rule?: string;
}

/** Images that a rule's network is recalibrated on for the score that the method's candidates have. */
const PROXY_IMAGES = 1280;

type Events<T> = AsyncGenerator<RunEvent, T, void>;

/**
 * Whether an arm's choice is put to the test of a race: its method enters candidates, they are fine-tuned afterwards,
 * and from weights that a race can begin with: not fresh ones, nor a generator's that were asked for.
 */
export function races({ fineTuning, plan }: RunContext, { weights }: Method, arm: ArmState): boolean {
  if (!fineTuning?.epochs) return false;
  const joint = weights === 'joint' && arm.weights === 'generated' && plan.retrain !== 'generated';
  return arm.weights === 'source' || joint;
}

/** A race that has not begun. */
export function newRace({ race }: Outcome): RaceState | undefined {
  if (!race?.finalists.length) return undefined;
  // a method may come to one network in several ways
  const keys = race.finalists.map(({ kept }) => JSON.stringify(kept));
  const finalists = race.finalists.filter((_, i) => keys.indexOf(keys[i]) === i);
  return {
    contenders: structuredClone(finalists) as RaceState['contenders'],
    told: race.nextId,
    round: 0,
    field: [],
    scores: [],
  };
}

/**
 * The best of what a method found and the networks of plain rules, each cut and fine-tuned a little, in rounds of ever
 * fewer and ever longer: a score after training tells more than one straight after cutting, and no method's result is
 * worse than a rule that it could have followed, but for the noise of the validation images. Losses decide, on the whole
 * validation split, and what they can't tell apart goes to the plainest (decide.ts). Every round begins anew from the
 * weights that the network was cut with, so that each ends with its own rate fallen to 0, and what is trained here goes
 * no further.
 */
export async function* runRace(context: RunContext, arm: ArmState, race: RaceState): Events<Won> {
  const { session } = context;
  const { train } = context.trainer!.images.set;
  if (race.found === undefined) yield* enter(context, arm, race);
  const { contenders, found = 0 } = race;
  const rounds = raceRounds(contenders.length, train.size, context.fineTuning!);
  // nothing to race with
  const first = rounds.at(0);
  if (!first) return { winner: contenders[0] };
  if (race.field.length === 0) {
    race.field = placed(contenders.length, found, first.networks);
    const message = `${first.networks} networks race, ${race.field.filter((place) => place < found).length} of them found by ${arm.name}, the rest by plain rules: ${describeRounds(rounds)}`;
    yield await session.record({ type: 'stage', arm: arm.name, stage: 'race', message });
    await session.save();
  }
  const clock = new Clock(rounds);
  for (;;) {
    const round = rounds[race.round];
    while (race.scores.length < race.field.length) {
      session.checkStop();
      const candidate = contenders[race.field[race.scores.length]];
      const score = yield* turn(context, arm, candidate, round, clock.at(race));
      race.scores.push(structuredClone(score) as RaceState['scores'][number]);
      yield await session.record({
        type: 'raced',
        arm: arm.name,
        round: race.round + 1,
        of: rounds.length,
        id: candidate.id,
        images: round.images * round.epochs,
        rule: race.field[race.scores.length - 1] >= found || undefined,
        // single images are of use to the race alone
        score: { ...score, right: undefined, losses: undefined },
      });
      if (session.due()) await session.save();
    }
    const standing = standings(race, found);
    const foretold = race.round === 0 && foretoldBy(standing, contenders);
    if (foretold)
      yield await session.record({ type: 'stage', arm: arm.name, stage: 'race', message: foretold });
    const next = rounds.at(race.round + 1);
    if (!next) {
      const { winner, said } = result(standing, contenders);
      yield await session.record({ type: 'stage', arm: arm.name, stage: 'race', message: said });
      const rule = winner >= found ? contenders[winner].origin : undefined;
      return { winner: contenders[winner], rule };
    }
    race.field = survivors(standing, contenders, next.networks);
    race.scores = [];
    race.round++;
    await session.save();
  }
}

/** Adds the baselines' networks to the method's. */
async function* enter(context: RunContext, arm: ArmState, race: RaceState): Events<void> {
  const { session } = context;
  const found = race.contenders.length;
  const rivals: Candidate[] = [];
  for (const network of await baselineNetworks(context, arm, race.contenders)) {
    const candidate = { ...network, id: race.told + rivals.length };
    const cut = cutFrom(context, candidate);
    // a measured budget (latency, a script) is kept by these too
    if ((await context.missed(cut, budgetsOf(context, arm))) > 1) continue;
    rivals.push({ ...candidate, accuracies: { recalibrated: await untrainedAccuracy(context, cut) } });
  }
  for (const candidate of rivals) yield await session.record({ type: 'candidate', arm: arm.name, candidate });
  race.contenders.push(...(structuredClone(inLine(rivals)) as RaceState['contenders']));
  race.found = found;
}

/** In percent on the validation split, as the method's own candidates are scored. */
async function untrainedAccuracy({ trainer, session }: RunContext, network: Model): Promise<number> {
  const weights = await trainer!.recalibrate(network, session.signal, PROXY_IMAGES);
  return (await trainer!.score({ ...network, weights }, 'validation', session.signal)).accuracy;
}

/** One network's turn: cut, trained for this round, batch norms measured, scored. */
async function* turn(
  context: RunContext,
  arm: ArmState,
  candidate: Candidate,
  round: Round,
  passed: (event: TrainEvent) => TrainEvent | null,
): Events<Score> {
  const { session, plan } = context;
  const trainer = context.trainer!;
  const settings = roundSettings(context.fineTuning!, round);
  const kind = `race:${arm.name}:${candidate.id}`;
  const inner = session.takeInner(kind);
  const network = thawed(networkFor(context, arm, candidate), settings);
  const events = trainer.train(network, settings, {
    stage: 'race',
    seed: plan.seed,
    images: round.images,
    from: inner?.snapshot,
    signal: session.signal,
  });
  const { weights } = yield* drive(session, arm.name, kind, only(events, passed));
  return await settled(trainer, { ...network, weights }, round, session.signal);
}

/** The arm's own choice has the weights that its method gave it. */
function networkFor(context: RunContext, arm: ArmState, candidate: Candidate): Model {
  return candidate.id === arm.candidate!.id ? networkOf(context, arm) : cutFrom(context, candidate);
}

async function settled(
  trainer: Trainer,
  network: Model,
  { images, epochs }: Round,
  signal?: AbortSignal,
): Promise<Score> {
  const most = settlingImages(images, epochs);
  const weights = await trainer.recalibrate(network, signal, most);
  return await trainer.score({ ...network, weights }, 'validation', signal, true);
}

/** A training's events, changed or left out. */
async function* only(
  events: AsyncGenerator<TrainEvent, Trained, void>,
  passed: (event: TrainEvent) => TrainEvent | null,
): AsyncGenerator<TrainEvent, Trained, void> {
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    const event = passed(next.value);
    if (event) yield event;
  }
}

function standings({ field, scores }: RaceState, found: number): readonly Standing[] {
  return field.map((place, i) => ({
    place,
    rule: place >= found,
    score: scores[i],
    loss: lossOf(scores[i]),
  }));
}

function describeRounds(rounds: readonly Round[]): string {
  return rounds
    .map(
      ({ networks, images, epochs }) =>
        `${networks} on ${(images * epochs).toLocaleString('en-US')} images each`,
    )
    .join(', then ');
}

/** How far the whole race is, by its images; single epochs of it are of no interest. */
class Clock {
  private readonly total: number;

  constructor(private readonly rounds: readonly Round[]) {
    this.total = racedImages(rounds);
  }

  /** A training's progress as the race's. */
  at({ round, scores }: RaceState): (event: TrainEvent) => TrainEvent | null {
    const { rounds, total } = this;
    const { images, epochs } = rounds[round];
    const before = racedImages(rounds.slice(0, round)) + scores.length * images * epochs;
    return (event) => {
      if (event.type === 'loss') return null;
      if (event.type !== 'progress') return event;
      const done = before + event.done;
      return { ...event, done, total, secondsLeft: (total - done) / event.imagesPerSecond };
    };
  }
}
