import type { Model } from '../../graph/types.ts';
import { commonPreprocesses, findPreprocess } from '../../data/find-preprocess.ts';
import { parsePreprocess, standardise } from '../../data/pixels/preprocess.ts';
import type { Split } from '../../data/types.ts';
import { scalesPixels } from './own-scale.ts';
import type { DataOptions } from '../../terms/choices.ts';
import type { Preprocess } from '../../terms/images.ts';
import type { Score } from '../../terms/scores.ts';

/** The preprocessing that was asked for by name; null where it is to be found. */
export async function askedScale(data: DataOptions, train: Split): Promise<Preprocess | null> {
  const asked = parsePreprocess(data.preprocess);
  if (asked === 'standardise') return await standardise(train);
  return asked === 'auto' ? null : asked;
}

/**
 * The preprocessing that suits a network best.
 * @param score the network's accuracy with one
 * @param classes of the images
 */
export async function foundScale(
  score: (preprocess: Preprocess) => Promise<Score>,
  train: Split,
  classes: number,
  { graph, weights }: Model,
): Promise<{ preprocess: Preprocess; reason: string }> {
  const fallback = scalesPixels(graph, weights) ? 'raw' : 'unit';
  return await findPreprocess(score, await commonPreprocesses(train), classes, fallback);
}
