/** Training from scratch in the shape that the run's own method found: the one control arm that is no method. */
export const SCRATCH = 'scratch';

/** The control arms of every claim (docs/methods/baselines.md, "Claims"), where images were given. */
export const defaultControls: readonly string[] = ['uniform', 'random', 'l1', SCRATCH];

/**
 * The control arms that a run has of those that were asked for: each once, without the method itself, and without
 * training from scratch where there are no images.
 */
export function controlsOf(names: readonly string[], method: string, images: boolean): string[] {
  return [...new Set(names)].filter((name) => name !== method && (images || name !== SCRATCH));
}
