import { batches } from '../../data/batches.ts';
import { commonPreprocesses } from '../../data/find-preprocess.ts';
import { spread } from '../../data/splits/subset.ts';
import type { ImageSet } from '../../data/types.ts';
import type { Model } from '../../graph/types.ts';
import { openBackend } from '../../runtime/backend/open.ts';
import type { Trust } from '../../runtime/scoring/agreement.ts';
import { evaluate, openScorer } from '../../runtime/scoring/score.ts';
import type { Backend } from '../../runtime/types.ts';
import { scalesPixels } from './own-scale.ts';
import { withResize } from './resizing.ts';
import { askedScale, foundScale } from './scale.ts';
import { byStatistics } from './statistics.ts';
import type { DataOptions } from '../../terms/choices.ts';
import type { Preprocess } from '../../terms/images.ts';

/** Images that a network is scored on at once. */
export const scoringBatch = 256;
/** Images that the preprocessing is found on, at most. */
export const sampleImages = 1000;

/** How a network is scored. */
export interface Scoring {
  readonly threads?: number;
  /** how far ONNX Runtime is believed; default: as it is */
  readonly trust?: Trust;
  readonly signal?: AbortSignal;
}

/** The preprocessing that was asked for, or the one that suits the network best. */
export async function choosePreprocess(
  data: DataOptions,
  set: ImageSet,
  model: Model,
  options: Scoring & { readonly backend?: Backend } = {},
): Promise<{ preprocess: Preprocess; found: string }> {
  const { preprocess, found } = await chooseScale(data, set, model, options);
  const { resized } = set;
  return {
    preprocess: withResize(preprocess, set),
    found: resized ? `${found.replace(/\.$/, '')}; images of other sizes: ${resized.why}` : found,
  };
}

async function chooseScale(
  data: DataOptions,
  set: ImageSet,
  model: Model,
  { threads, trust, signal, backend }: Scoring & { readonly backend?: Backend },
): Promise<{ preprocess: Preprocess; found: string }> {
  const asked = await askedScale(data, set.train);
  if (asked) return { preprocess: asked, found: 'as asked' };
  if (set.unlabelled)
    return await withoutLabels(set, model, backend ?? (await openBackend({ threads })), signal);
  const split = spread(set.validation, sampleImages);
  const scorer = await openScorer(model.graph, model.weights, { threads, trust, logits: true });
  try {
    const scoreWith = (preprocess: Preprocess) =>
      evaluate(scorer, batches(split, preprocess, { batchSize: scoringBatch, order: 'sequential' }), {
        signal,
      });
    const { preprocess, reason } = await foundScale(scoreWith, set.train, set.classes.length, model);
    return { preprocess, found: reason };
  } finally {
    await scorer.release();
  }
}

/** No accuracy tells which one is right: the network's own statistics do, where it has any. */
async function withoutLabels(
  set: ImageSet,
  model: Model,
  backend: Backend,
  signal?: AbortSignal,
): Promise<{ preprocess: Preprocess; found: string }> {
  const candidates = await commonPreprocesses(set.train);
  if (scalesPixels(model.graph, model.weights)) {
    const raw = candidates.find(({ name }) => name === 'raw')!;
    return { preprocess: raw, found: 'raw, because the first layer scales pixels' };
  }
  const found = await byStatistics(backend, model, set.train, candidates, signal);
  if (found) return found;
  const unit = candidates.find(({ name }) => name === 'unit')!;
  return {
    preprocess: unit,
    found:
      'unit, the commonest: without labels or batch norms nothing tells how the network wants its pixels (--preprocess names another)',
  };
}
