import { batches } from '../../data/batches.ts';
import { spread } from '../../data/splits/subset.ts';
import type { ImageSet, Split } from '../../data/types.ts';
import type { Model } from '../../graph/types.ts';
import { decideLabels } from '../../runtime/heads.ts';
import { taughtGraph } from '../../runtime/training/taught.ts';
import { Teacher } from '../../runtime/training/teacher.ts';
import type { Answer, Backend, Batch } from '../../runtime/types.ts';
import { scoringBatch } from './preprocess.ts';
import type { DataOptions } from '../../terms/choices.ts';
import type { Preprocess } from '../../terms/images.ts';

/** Images that outputs are looked at on: to weigh plain values, and to tell which of them are scores. */
const LOOKED_AT = 256;
/** Bytes of the original's answers that are kept rather than computed again each time a split is scored. */
const KEPT_BYTES = 256 * 2 ** 20;

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
  { labelsOf }: DataOptions,
  signal?: AbortSignal,
): Promise<Pick<ReturnType<typeof decideLabels>, 'graph' | 'doubt'>> {
  if (!set.unlabelled) return decideLabels(graph, set.classes.length, labelsOf);
  const images = lookedAt(set, preprocess);
  return { graph: await taughtGraph(backend, graph, weights, images, signal), doubt: null };
}

/** A set without labels as networks are scored on it: with the original's answers, computed once where they fit. */
export class TaughtSplits {
  private readonly kept = new Map<Split, (readonly Answer[])[]>();
  private bytes = 0;

  constructor(
    private readonly teacher: Pick<Teacher, 'answer'>,
    private readonly preprocess: Preprocess,
  ) {}

  async *batches(split: Split): AsyncGenerator<Batch, void, void> {
    const plain = batches(split, this.preprocess, { batchSize: scoringBatch, order: 'sequential' });
    const known = this.kept.get(split);
    if (known) {
      let next = 0;
      for await (const batch of plain) yield { ...batch, answers: known[next++] };
      return;
    }
    const keep: (readonly Answer[])[] = [];
    let bytes = 0;
    for await (const batch of this.teacher.answer(plain)) {
      const answers = batch.answers ?? [];
      for (const { values } of answers) bytes += values.byteLength;
      if (this.bytes + bytes <= KEPT_BYTES) keep.push(answers);
      yield batch;
    }
    if (this.bytes + bytes > KEPT_BYTES) return;
    this.bytes += bytes;
    this.kept.set(split, keep);
  }
}

/** The original as the teacher of a set without labels. Dispose it. @param graph as `decided` gave it */
export async function openTeacher(
  backend: Backend,
  { graph, weights }: Model,
  set: ImageSet,
  preprocess: Preprocess,
  signal?: AbortSignal,
): Promise<Teacher | null> {
  return await Teacher.open(backend, graph, weights, lookedAt(set, preprocess), signal);
}
