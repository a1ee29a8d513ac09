import { pointOfArm } from '../terms/candidates.ts';

/** Training from scratch in the shape that the run's own method found: a control arm that is no method. */
export const SCRATCH = 'scratch';

/** L1, fine-tuned for as long as the run's own method and its fine-tuning took in all: the other one. */
export const EQUAL_COST = 'equal-cost';
/** What that one cuts by. */
const PLAIN = 'l1';

/** The control arms of every claim (docs/methods/baselines.md, "Claims"), where images were given. */
export const defaultControls: readonly string[] = ['uniform', 'random', 'l1', SCRATCH, EQUAL_COST];

/** Control arms that are about training, so that there is none without images. */
export const trainedControls: readonly string[] = [SCRATCH, EQUAL_COST];

/**
 * The control arms that a run has of those that were asked for: each once, without the method itself, without those of
 * training where there are no images, and without the same for as long as itself.
 */
export function controlsOf(names: readonly string[], method: string, images: boolean): string[] {
  const own = method === PLAIN ? [PLAIN, EQUAL_COST] : [method];
  return [...new Set(names)].filter(
    (name) => !own.includes(name) && (images || !trainedControls.includes(name)),
  );
}

/** The method that an arm cuts by, be it at a smaller point; null where it takes the shape that the run's own found. */
export function cutsBy(name: string): string | null {
  const arm = pointOfArm(name)?.arm ?? name;
  if (arm === SCRATCH) return null;
  return arm === EQUAL_COST ? PLAIN : arm;
}
