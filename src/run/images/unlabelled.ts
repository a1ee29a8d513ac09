import { batches } from '../../data/batches.ts';
import { spread } from '../../data/splits/subset.ts';
import type { ImageSet } from '../../data/types.ts';
import type { Graph, Model } from '../../graph/types.ts';
import { keptAnswers } from '../../methods/kept-answers.ts';
import type { KeptAnswers } from '../../methods/kept-answers.ts';
import { decideLabels } from '../../runtime/heads.ts';
import { taughtGraph } from '../../runtime/training/taught.ts';
import { Teacher } from '../../runtime/training/teacher.ts';
import type { Backend, Batch } from '../../runtime/types.ts';
import type { DataOptions } from '../../terms/choices.ts';
import type { Preprocess } from '../../terms/images.ts';

/** Images that outputs are looked at on: to weigh plain values, and to tell which of them are scores. */
const LOOKED_AT = 256;

/** Some of the training images, always the same. */
export function lookedAt({ train }: ImageSet, preprocess: Preprocess): AsyncIterable<Batch> {
  return batches(spread(train, LOOKED_AT), preprocess, { batchSize: 64, order: 'sequential' });
}

/** What of a network its labels are of, or what it learns by without any. */
export async function decided(
  backend: Backend,
  { graph, weights }: Model,
  set: ImageSet,
  preprocess: Preprocess,
  { labelsOf }: Pick<DataOptions, 'labelsOf'>,
  signal?: AbortSignal,
): Promise<Pick<ReturnType<typeof decideLabels>, 'graph' | 'doubt'>> {
  if (!set.unlabelled) return decideLabels(graph, set.classes.length, labelsOf);
  const images = lookedAt(set, preprocess);
  return { graph: await taughtGraph(backend, graph, weights, images, signal), doubt: null };
}

/** The original, which gives the answers that labels don't. Dispose it. @param graph as `decided` gave it */
export async function openTeacher(
  backend: Backend,
  { graph, weights }: Model,
  set: ImageSet,
  preprocess: Preprocess,
  signal?: AbortSignal,
): Promise<Teacher | null> {
  return await Teacher.open(backend, graph, weights, lookedAt(set, preprocess), signal);
}

/** A network and the answers that others are compared with on a set without labels. Close it. */
export interface Original {
  /** with its decision on outputs, which is that of every network that is compared with it */
  readonly graph: Graph;
  readonly answers: KeptAnswers;
  readonly close: () => void;
}

/** Opens the original of a set without labels, for scoring alone. */
export async function openOriginal(
  backend: Backend,
  model: Model,
  set: ImageSet,
  preprocess: Preprocess,
  signal?: AbortSignal,
): Promise<Original> {
  const { graph } = await decided(backend, model, set, preprocess, {}, signal);
  const teacher = (await openTeacher(backend, { ...model, graph }, set, preprocess, signal))!;
  return { graph, answers: keptAnswers(teacher, graph, preprocess), close: () => teacher.dispose() };
}
