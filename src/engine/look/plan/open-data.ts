import type { LoadedModel } from '../../../formats/types.ts';
import type { DataView } from '../../../protocol/plan.ts';
import { expectedBy, imageInput, takesOneImage } from '../../../run/images/head.ts';
import type { Models } from '../../../run/result/model-cache.ts';
import { decideLabels, headsOf } from '../../../runtime/heads.ts';
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
    readonly labelsOf?: string | undefined;
    readonly noLabels?: true | undefined;
  },
): Promise<DataView> {
  const { path, limit, validationImages, labelsOf, noLabels } = asked;
  const { model } = await models.open(asked.model);
  const found = await take(path, {
    limit,
    validationImages,
    expected: expectedBy(model, { labelsOf, noLabels }),
  });
  const heads = headsOf(model.graph);
  return {
    path,
    form: found.form,
    classes: [...found.classes],
    unlabelled: found.unlabelled,
    train: found.train,
    validation: found.validation,
    test: found.test,
    shape: [...found.shape],
    broken: found.broken,
    warnings: [...found.warnings, ...remarks(model, found), ...mismatches(model, found)],
    outputs:
      heads.length === 1 || found.unlabelled
        ? undefined
        : {
            able: heads.filter(({ classes }) => classes !== null).map(({ name }) => name),
            best: decideLabels(model.graph, found.classes.length).head.name,
          },
  };
}

/** What keeps a model from learning from these images, one sentence each. */
export function mismatches(model: LoadedModel, { problem }: Survey): string[] {
  const input = imageInput(model);
  if ('problem' in input) return [input.problem];
  return problem === undefined ? [] : [problem];
}

/** What a person should know about the images. */
function remarks(model: LoadedModel, survey: Survey): string[] {
  const { shape, broken, sample } = survey;
  const input = takesOneImage(model);
  const [height, width, channels] = shape;
  const said: string[] = [...survey.remarks];
  if (broken) said.push(`${broken} of ${sample} images that were looked at can't be read`);
  if (input && height && (input.height !== height || input.width !== width))
    said.push(`the images are ${height}×${width}; they are fed at ${input.height}×${input.width}`);
  if (input && height && input.channels !== channels)
    said.push(
      input.channels === 1
        ? 'the images are in colour; they are fed in grey'
        : 'the images are grey; they are fed as RGB',
    );
  return said;
}
