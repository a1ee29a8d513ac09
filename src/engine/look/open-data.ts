import { InputError } from '../../graph/errors.ts';
import type { LoadedModel } from '../../formats/types.ts';
import type { DataView } from '../../protocol/plan.ts';
import { labelledHead } from '../../runtime/heads.ts';
import type { Models } from '../../run/models.ts';
import { survey as take } from './survey.ts';
import type { Survey } from './survey.ts';

/** An image set as a run would split it for a model. @throws InputError where it is none */
export async function openData(
  models: Models,
  asked: {
    readonly path: string;
    readonly model: string;
    readonly limit?: number | undefined;
    readonly validationImages?: number | undefined;
  },
): Promise<DataView> {
  const { path, limit, validationImages } = asked;
  const { model } = await models.open(asked.model);
  const found = await take(path, { limit, validationImages });
  return {
    path,
    form: found.form,
    classes: [...found.classes],
    train: found.train,
    validation: found.validation,
    test: found.test,
    shape: [...found.shape],
    broken: found.broken,
    warnings: [...found.warnings, ...remarks(model, found), ...mismatches(model, found)],
  };
}

/** What keeps a model from learning from these images, one sentence each. */
export function mismatches(model: LoadedModel, { classes, path }: Survey): string[] {
  const input = inputOf(model);
  if (!input) return [`${model.name} does not take images: it needs one input of height, width and channels`];
  const channels = input[2];
  if (channels !== 1 && channels !== 3)
    return [`${model.name} takes ${channels} channels; images have 1 or 3`];
  const outputs = classesOf(model, classes.length);
  return outputs !== null && classes.length > outputs
    ? [
        `the network tells ${outputs} classes apart, but ${path} has ${classes.length}: it is the set of another network`,
      ]
    : [];
}

/** A word of warning where the network knows more classes than the images have; null where all is well. */
export function classesBeyond(model: LoadedModel, { classes, path }: Survey): string | null {
  const outputs = classesOf(model, classes.length);
  return outputs !== null && classes.length < outputs
    ? `the network tells ${outputs} classes apart and ${path} has ${classes.length}; unless these are its first ones, in order, accuracies mean nothing`
    : null;
}

/** What a person should know about the images. */
function remarks(model: LoadedModel, survey: Survey): string[] {
  const { shape, broken, sample } = survey;
  const input = inputOf(model);
  const [height, width, channels] = shape;
  const said: string[] = [];
  const beyond = classesBeyond(model, survey);
  if (beyond) said.push(beyond);
  if (broken) said.push(`${broken} of ${sample} images that were looked at can't be read`);
  if (input && height && (input[0] !== height || input[1] !== width))
    said.push(`the images are ${height}×${width}; they are fed at ${input[0]}×${input[1]}`);
  if (input && height && input[2] !== channels)
    said.push(
      input[2] === 1
        ? 'the images are in colour; they are fed in grey'
        : 'the images are grey; they are fed as RGB',
    );
  return said;
}

function inputOf({ graph }: LoadedModel): readonly number[] | null {
  const op = graph.nodes.find(({ id }) => id === graph.inputs[0])?.op;
  return graph.inputs.length === 1 && op?.kind === 'input' && op.shape.length === 3 ? op.shape : null;
}

/**
 * Classes that the output tells apart which labels are of; a single unit stands for two. Null where none is a row of
 * scores.
 * @param count of the images' classes, where they are known
 */
export function classesOf({ graph }: LoadedModel, count?: number): number | null {
  try {
    return labelledHead(graph, count).classes;
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
