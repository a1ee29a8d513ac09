import { batches } from '../../data/batches.ts';
import type { Resizing } from '../../data/pixels/decode.ts';
import { findResize } from '../../data/find-resize.ts';
import type { FoundResize } from '../../data/find-resize.ts';
import { COMMONEST, parseResize } from '../../data/pixels/resize.ts';
import type { Sizes } from '../../data/sample-sizes.ts';
import type { ImageSet } from '../../data/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { Trust } from '../../runtime/scoring/agreement.ts';
import { decideLabels } from '../../runtime/heads.ts';
import { evaluate, openScorer } from '../../runtime/scoring/score.ts';
import { askedScale, foundScale } from './scale.ts';
import type { DataOptions } from '../../terms/choices.ts';
import type { Preprocess } from '../../terms/images.ts';

export interface ResizeOptions {
  /** what a config or an earlier part of a run says; what was made before resizing had names says nothing of it */
  readonly preprocess?: Preprocess;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** asked before any image is scored: how far ONNX Runtime is believed */
  readonly trust?: () => Promise<Trust>;
}

const scoringBatch = 256;

/** How images of another size are resized: as asked, as recorded, or by how well the network does. */
export function resizeFor(
  data: DataOptions,
  model: LoadedModel,
  options: ResizeOptions,
): Resizing | ((sizes: Sizes) => Promise<FoundResize>) {
  const asked = data.resize === undefined ? undefined : parseResize(data.resize);
  if (asked !== undefined && asked !== 'auto') return asked;
  if (asked === undefined && options.preprocess) return options.preprocess.resize ?? 'as-before';
  return (sizes) => measured(data, model, sizes, options);
}

async function measured(
  data: DataOptions,
  model: LoadedModel,
  sizes: Sizes,
  { preprocess: recorded, threads, signal, ...options }: ResizeOptions,
): Promise<FoundResize> {
  if (sizes.classes.length === 0)
    return { by: COMMONEST, why: 'the commonest way, since without labels nothing tells them apart' };
  const trust = await options.trust?.();
  const { graph } = decideLabels(model.graph, sizes.classes.length, data.labelsOf);
  const scorer = await openScorer(graph, model.weights, { threads, trust, logits: true });
  const score = (validation: ImageSet['validation'], preprocess: Preprocess) =>
    evaluate(scorer, batches(validation, preprocess, { batchSize: scoringBatch, order: 'sequential' }), {
      signal,
    });
  try {
    // the numbers first: pixels at another scale tell nothing of how they were made
    const { train, validation } = sizes.sample('keras');
    const network = { graph, weights: model.weights };
    const preprocess =
      (await askedScale(data, train)) ??
      recorded ??
      (await foundScale((one) => score(validation, one), train, sizes.classes.length, network)).preprocess;
    const scoreWith = (resize: FoundResize['by']) => score(sizes.sample(resize).validation, preprocess);
    return await findResize(scoreWith, sizes, sizes.classes.length);
  } finally {
    await scorer.release();
  }
}

/** The preprocessing with the resizing of this set in it. */
export function withResize(preprocess: Preprocess, { resized }: ImageSet): Preprocess {
  const { name, scale, offset, bgr } = preprocess;
  const numbers = { name, scale, offset, bgr };
  return !resized || resized.by === 'as-before' ? numbers : { ...numbers, resize: resized.by };
}
