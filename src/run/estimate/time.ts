import type { ImageWork, Work } from '../../methods/types.ts';
import { FORWARD } from '../plan/equal-cost.ts';
import { expectedRounds, racedImages } from '../plan/race.ts';
import type { Round } from '../plan/race.ts';
import type { Speed } from './speed.ts';
import { RECALIBRATION_IMAGES, settlingImages } from '../steps/settle.ts';
import type { TrainSettings } from '../../terms/training.ts';

export interface Images {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Seconds of every run: opening the backend, measuring latency, writing. */
const fixedSeconds = 4;
/** Images of the two latency measurements, and the runs that they are repeated for. */
const latencyRuns = 250;

/** What a run does with each arm after its method: cut, recalibrated, fine-tuned, tested. */
export function armWork(images: Images, share: number, fineTuning: TrainSettings): Work {
  const { epochs } = fineTuning;
  const { train, validation, test } = images;
  return {
    trained: [
      { images: epochs * train, share },
      // what the original answers
      ...(fineTuning.distillation ? [{ images: epochs * train * FORWARD, share: 1 }] : []),
    ],
    // once cut, and once trained
    recalibrated: [{ images: Math.min(RECALIBRATION_IMAGES, train) + settlingImages(train, epochs), share }],
    scored: [{ images: (2 + (epochs ? 2 + epochs : 0)) * validation + test, share }],
    opened: epochs ? 5 + epochs : 4,
  };
}

/**
 * What a race takes of so many of a method's candidates with the baselines' networks (src/run/steps/race).
 * @param share MACs of the networks, over the original's
 */
export function raceWork(images: Images, share: number, fineTuning: TrainSettings, found: number): Work {
  const rounds = expectedRounds(found, images.train, fineTuning);
  const sum = (each: (round: Round) => number) =>
    rounds.reduce((all, round) => all + round.networks * each(round), 0);
  const trained = racedImages(rounds);
  return {
    trained: [
      { images: trained, share },
      ...(fineTuning.distillation ? [{ images: trained * FORWARD, share: 1 }] : []),
    ],
    recalibrated: [{ images: sum((round) => settlingImages(round.images, round.epochs)), share }],
    scored: [{ images: sum(() => images.validation), share }],
    opened: sum(() => 1),
  };
}

/** Seconds of all the work, at this model's measured speed. */
export function predictSeconds(works: readonly Work[], images: Images, speed: Speed): number {
  const all = (key: 'trained' | 'recalibrated' | 'scored') =>
    works
      .flatMap((work) => work[key])
      .reduce((sum, one) => sum + secondsOf(one, speed, one.opByOp ? 'trainedOpByOp' : key), 0);
  const opened = works.reduce((sum, work) => sum + work.opened, 0) * speed.narrow.opened;
  const original = secondsOf({ images: images.validation + images.test, share: 1 }, speed, 'scored');
  const latency = latencyRuns * (speed.full.scored + speed.narrow.scored);
  const besides = works.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
  return (
    fixedSeconds +
    besides +
    original +
    latency +
    opened +
    all('trained') +
    all('recalibrated') +
    all('scored')
  );
}

/** A straight line through both measurements: a part of the time does not go with the MACs. */
function secondsOf(
  { images, share }: ImageWork,
  { full, narrow, share: at }: Speed,
  key: 'trained' | 'trainedOpByOp' | 'recalibrated' | 'scored',
): number {
  const slope = at < 1 ? Math.max(0, (full[key] - narrow[key]) / (1 - at)) : 0;
  const least = Math.min(full[key], narrow[key]) / 4;
  return images * Math.max(least, full[key] - slope * (1 - share));
}
