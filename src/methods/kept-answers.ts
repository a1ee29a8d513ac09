import { batches } from '../data/batches.ts';
import type { Split } from '../data/types.ts';
import type { Teacher } from '../runtime/training/teacher.ts';
import type { Answer, Batch } from '../runtime/types.ts';
import type { Preprocess } from '../terms/images.ts';
import { headsOf } from '../runtime/heads.ts';
import { type Graph } from '../graph/types.ts';

/** Bytes of answers that are kept, of all splits together. */
export const KEPT_BYTES = 256 * 2 ** 20;
/** Images that the original answers at once. */
const AT_ONCE = 64;

/** One output's answers for every image of a split. */
interface Kept extends Answer {
  /** values an image */
  readonly width: number;
}

/**
 * The original's answers without labels, which are all that is learned: for images as they are, each image is answered
 * once, where the answers of its split fit; augmented ones, and those of larger splits, batch by batch. What is kept does
 * not depend on who asks first, so that a resumed run goes on with the same bits.
 */
export class KeptAnswers {
  private readonly splits = new Map<Split, Promise<readonly Kept[]> | null>();
  private bytes = 0;

  /** @param width values an image, of all outputs together */
  constructor(
    private readonly teacher: Pick<Teacher, 'answer'>,
    private readonly preprocess: Preprocess,
    private readonly width: number,
  ) {}

  /** The same batches with answers. @param split that they are of, where they hold its images as they are */
  answer(images: AsyncIterable<Batch>, split?: Split): AsyncIterable<Batch> {
    const kept = split && this.of(split);
    return kept ? gathered(images, kept) : this.teacher.answer(images);
  }

  private of(split: Split): Promise<readonly Kept[]> | null {
    const known = this.splits.get(split);
    if (known !== undefined) return known;
    const bytes = 4 * split.size * this.width;
    const fits = this.bytes + bytes <= KEPT_BYTES;
    if (fits) this.bytes += bytes;
    const kept = fits ? this.ask(split) : null;
    this.splits.set(split, kept);
    return kept;
  }

  private async ask(split: Split): Promise<readonly Kept[]> {
    const all: (Answer & { readonly width: number; readonly values: Float32Array })[] = [];
    let done = 0;
    const images = batches(split, this.preprocess, { batchSize: AT_ONCE, order: 'sequential' });
    for await (const { n, answers = [] } of this.teacher.answer(images)) {
      answers.forEach((answer, i) => {
        const width = answer.values.length / n;
        all[i] ??= { ...answer, width, values: new Float32Array(width * split.size) };
        all[i].values.set(answer.values, done * width);
      });
      done += n;
    }
    return all;
  }
}

async function* gathered(
  images: AsyncIterable<Batch>,
  kept: Promise<readonly Kept[]>,
): AsyncGenerator<Batch, void, void> {
  const all = await kept;
  for await (const batch of images) {
    const answers = all.map(({ values, width, ...answer }): Answer => {
      const own = new Float32Array(batch.n * width);
      batch.of?.forEach((image, k) =>
        own.set(values.subarray(image * width, (image + 1) * width), k * width),
      );
      return { ...answer, values: own };
    });
    yield { ...batch, answers };
  }
}

/** The answers of this original. @param graph with its decision that there are no labels */
export function keptAnswers(
  teacher: Pick<Teacher, 'answer'>,
  graph: Graph,
  preprocess: Preprocess,
): KeptAnswers {
  const width = headsOf(graph).reduce((sum, { size }) => sum + size, 0);
  return new KeptAnswers(teacher, preprocess, width);
}
