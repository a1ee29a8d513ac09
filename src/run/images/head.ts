import type { Expected } from '../../data/sources/find-splits.ts';
import type { ImageSet } from '../../data/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { classCounts, oneUnitProblem } from '../../runtime/binary.ts';
import { asImage } from '../../graph/ops/rules/layout.ts';
import { inputShape } from '../../graph/shapes.ts';
import type { Graph } from '../../graph/types.ts';
import { headsOf, labelledHead } from '../../runtime/heads.ts';
import { opaqueProblem } from '../../runtime/opaque.ts';
import { othersOf } from '../../runtime/training/losses.ts';
import type { DataOptions } from '../../terms/choices.ts';

/** What a model says of the images that it is for. @param asked the output that labels are of, and whether there are none */
export function expectedBy(
  model: LoadedModel,
  { labelsOf, noLabels }: Pick<DataOptions, 'labelsOf' | 'noLabels'> = {},
): Expected {
  const { graph, labels, labelsFrom, labelsAsWritten } = model;
  const problem = oneUnitProblem(graph) ?? undefined;
  const named = headsOf(graph).find(({ name }) => name === labelsOf)?.classes;
  const counts = classCounts(graph);
  return {
    classes: named ?? (counts.length ? counts : undefined),
    labels,
    labelsFrom,
    labelsAsWritten,
    problem,
    unlabelled: noLabels ? 'asked' : 'may',
  };
}

/** Height, width and channels of the one image that a model takes, of however many channels; null where it takes else. */
export function takesOneImage({ graph }: Pick<LoadedModel, 'graph'>): ReturnType<typeof asImage> {
  return graph.inputs.length === 1 ? asImage(inputShape(graph) ?? []) : null;
}

/** The size of the images that a model can be given, or why it can't be given any. */
export function imageInput(
  model: Pick<LoadedModel, 'graph' | 'name'>,
): { height: number; width: number; channels: 1 | 3 } | { problem: string } {
  const problem = opaqueProblem(model.graph);
  if (problem !== null) return { problem };
  const image = takesOneImage(model);
  if (!image)
    return {
      problem: `${model.name} does not take images: it needs one input of height, width and channels`,
    };
  const { height, width, channels } = image;
  if (channels !== 1 && channels !== 3)
    return { problem: `${model.name} takes ${channels} channels; images have 1 or 3` };
  return { height, width, channels };
}

/** Which output a score is of, where labels say nothing of others; null where they are of all. */
export function unlabelled(graph: Graph): string | null {
  const others = othersOf(graph).map(({ name }) => name);
  if (others.length === 0) return null;
  return `That is of output ${labelledHead(graph).name}; the labels say nothing of ${others.join(', ')} (--labels-of names another).`;
}

/** What a person should know of a model and the images that it is given, whatever is done with them. */
export function remarksOn(model: Pick<LoadedModel, 'warnings'>, set: ImageSet): string[] {
  return [...model.warnings, ...remarksOnSet(set)];
}

/** The same of the images alone. */
export function remarksOnSet({ warnings = [], broken }: ImageSet): string[] {
  if (broken.length === 0) return [...warnings];
  const { file, reason } = broken[0];
  const message = `${broken.length} images can't be read and are left out, the first: ${file} (${reason})`;
  return [...warnings, message];
}

/** The order of the classes, where it is not that of the folders' names: "0 dog, 1 cat, by the names in labels.txt". */
export function orderOf({ classes, classesFrom }: Pick<ImageSet, 'classes' | 'classesFrom'>): string | null {
  if (classesFrom === undefined) return null;
  const shown = classes.slice(0, 10).map((name, i) => `${i} ${name}`);
  const more = classes.length > 10 ? ` and ${classes.length - 10} more` : '';
  return `${shown.join(', ')}${more} (${classesFrom})`;
}
