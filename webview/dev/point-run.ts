import { pointArm } from '../../src/terms/candidates.ts';
import type { ListedEvent, ListedOf } from '../../src/terms/run-events.ts';

/** Shares of the goal, and how much accuracy each costs at most. */
const POINTS = [
  [0.71, 0.4],
  [0.5, 1.1],
  [0.35, 2.9],
  [0.25, 8],
] as const;
/** on so many images that errors are seen */
const IMAGES = 600;

/** A run that is over, with its method and two controls taken to several points of the trade-off, all fine-tuned. */
export function pointRun(events: readonly ListedEvent[]): ListedEvent[] {
  const arms = new Map(
    events
      .filter((event): event is ListedOf<'chosen'> => event.type === 'chosen')
      .map((event) => [event.arm, event.candidate] as const),
  );
  const [{ limit, original }] = events.find(
    (event): event is ListedOf<'budgets'> => event.type === 'budgets',
  )!.budgets;
  const made: ListedEvent[] = [];
  const end = (arm: string, accuracy: number) =>
    made.push({
      type: 'score',
      arm,
      step: 'fineTuned',
      split: 'validation',
      score: { accuracy, loss: 0.3, images: IMAGES },
    });
  [...arms]
    .filter(([arm]) => arm !== 'random')
    .forEach(([arm, candidate], place) => {
      const best = 91.6 - place;
      // of controls the list of candidates has it already
      end(arm, candidate.accuracies.fineTuned ?? best);
      for (const [share, loss] of POINTS) {
        const name = pointArm(arm, Number(((100 * share * limit) / original).toPrecision(3)));
        const part = (value: number) => Math.round(value * share);
        const { macs, params, bytes, peakActivationBytes } = candidate.cost;
        made.push(
          { type: 'arm', arm: name, control: place > 0 },
          {
            type: 'chosen',
            arm: name,
            candidate: {
              ...candidate,
              id: 0,
              cost: {
                macs: part(Math.min(macs, 0.99 * limit)),
                params: part(params),
                bytes: part(bytes),
                peakActivationBytes,
              },
              accuracies: { recalibrated: best - 3 - 2 * loss },
            },
          },
        );
        end(name, best - loss * (1 + place / 2));
      }
    });
  return [...events.filter(({ type }) => type !== 'done'), ...made, { type: 'done' }];
}
