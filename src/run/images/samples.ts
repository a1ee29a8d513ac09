import { batches } from '../../data/batches.ts';
import { thumbnails } from '../../data/sample.ts';
import { subset } from '../../data/splits/subset.ts';
import type { ImageSet, Split } from '../../data/types.ts';
import { Random } from '../../graph/random.ts';
import type { Model } from '../../graph/types.ts';
import { labelledHead, tellsClasses } from '../../runtime/heads.ts';
import { Likeness } from '../../runtime/scoring/likeness.ts';
import { answerOf, openScorer } from '../../runtime/scoring/score.ts';
import type { ScorerOptions } from '../../runtime/scoring/score.ts';
import type { Teacher } from '../../runtime/training/teacher.ts';
import type { Batch } from '../../runtime/types.ts';
import type { Preprocess } from '../../terms/images.ts';
import type { Sample } from '../../terms/run-events.ts';

/** Images that are shown of a run. */
const SHOWN = 12;
/** Pixels of a picture's longer side. */
const SIDE = 112;

interface Shown {
  readonly set: ImageSet;
  readonly preprocess: Preprocess;
  /** the original, where there are no labels */
  readonly teacher: Pick<Teacher, 'answer'> | null;
  /** of the network's classes, where labels don't say them */
  readonly names: readonly string[];
  readonly scoring: ScorerOptions;
}

/** A few test images (validation where there is no test split) with both networks' answers. */
export async function samplesOf(before: Model, after: Model, shown: Shown): Promise<Sample[]> {
  const { set } = shown;
  const split = set.test ?? set.validation;
  const random = new Random(1);
  const indices = random.shuffle(Array.from({ length: split.size }, (_, i) => i)).slice(0, SHOWN);
  const enlarge = Math.max(1, Math.round(SIDE / Math.max(split.height, split.width)));
  const images = await thumbnails(split, indices, Math.min(enlarge, 2));
  const some = subset(split, indices);
  const answers = [await answersOf(before, some, shown), await answersOf(after, some, shown)];
  return images.map((image, k) => ({
    image,
    ...(set.unlabelled ? {} : { label: set.classes[split.labels[indices[k]]] }),
    before: answers[0][k],
    after: answers[1][k],
  }));
}

/** The class that a network says of each image, or how far it agrees with the original where it says none. */
async function answersOf(
  { graph, weights }: Model,
  split: Split,
  { set, preprocess, teacher, names, scoring }: Shown,
): Promise<string[]> {
  const head = labelledHead(graph);
  const own = names.length === head.classes ? names : [];
  const classes = set.unlabelled ? own : set.classes;
  const values = teacher && set.unlabelled && !tellsClasses(head, graph);
  const scorer = await openScorer(
    graph,
    weights,
    values ? { ...scoring, logits: true, others: true } : scoring,
  );
  const answers: string[] = [];
  try {
    const plain: AsyncIterable<Batch> = batches(split, preprocess, {
      batchSize: values ? 1 : 16,
      order: 'sequential',
    });
    for await (const batch of values ? teacher.answer(plain) : plain) {
      const { x, n } = batch;
      if (values) {
        const likeness = new Likeness(graph);
        likeness.add(batch.answers, await scorer.all(x, n), n);
        answers.push(`${likeness.agreement.toFixed(1)} % agreement`);
        continue;
      }
      const scores = await scorer.scores(x, n);
      const width = scores.length / n;
      for (let i = 0; i < n; i++) {
        const best = answerOf(scores.subarray(i * width, (i + 1) * width), scorer);
        answers.push(classes[best] ?? `class ${best}`);
      }
    }
  } finally {
    await scorer.release();
  }
  return answers;
}
