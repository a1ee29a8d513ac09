import * as z from 'zod';
import { rangesPattern } from './ranges.ts';
import { effort, MAX_IMAGES, weightsFrom } from '../terms/choices.ts';
import type { Frozen } from '../terms/frozen.ts';
import { metric } from '../terms/goals.ts';
import { preprocess } from '../terms/images.ts';
import { numerics } from '../terms/numerics.ts';
import { measure, outputLoss, split } from '../terms/scores.ts';
import { learnsBy } from '../terms/training.ts';
import { formatName } from '../terms/written.ts';

/** Version of the config format; a reader refuses what is newer. */
export const configVersion = 1;

const count = z.number().int().nonnegative();
const images = count.max(MAX_IMAGES);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'should be 64 hex digits');
const relativePath = z.string().min(1).describe("Relative to this file's folder, with forward slashes.");

const cost = z.strictObject({
  macs: count.describe('Multiply-accumulates of convolution and dense layers, batch 1.'),
  params: count,
  bytes: count.describe('Parameters as float32.'),
  peakActivationBytes: count,
});

const score = z.strictObject({
  split,
  accuracy: z.number().min(0).max(100).describe('Percent.'),
  loss: z
    .number()
    .describe(
      'Mean cross-entropy; of several sigmoids mean binary cross-entropy; without labels what learns says.',
    ),
  images,
  measure: measure
    .optional()
    .describe(
      "What accuracy is here: whether a multi-label network's likeliest label is the image's class; without labels the images of which the original says the same class, or 100 times one minus the relative error towards its answers.",
    ),
  outputs: z
    .array(
      z.strictObject({
        name: z.string(),
        loss: outputLoss,
        value: z.number(),
      }),
    )
    .optional()
    .describe("How far the outputs without labels are from the original's answers."),
});

const control = z.strictObject({
  name: z.string(),
  macs: count,
  params: count,
  cut: z.number().optional(),
  recalibrated: z.number().optional(),
  fineTuned: z.number().optional(),
  test: z.number().optional(),
});

/** Of the weights: see terms/numerics.ts. */
export const computedBySchema = numerics
  .extend({
    mixed: z
      .literal(true)
      .optional()
      .describe('The run went on where this was otherwise: on another machine.'),
  })
  .describe('What decides the last bits of the weights besides settings and seed.');

/** What `<model>.espalier.json` holds; every key in the order in which it is written. */
export const configSchema = z
  .strictObject({
    espalier: z.literal(configVersion).describe('Version of this format.'),
    engine: z.string().describe('Version of Espalier that wrote it.'),
    source: z
      .strictObject({ path: relativePath, sha256, format: formatName })
      .describe('The model before pruning.'),
    pruned: z
      .strictObject({
        path: relativePath,
        sha256: sha256
          .optional()
          .describe('Of the file as the run wrote it; for TensorFlow.js of model.json and its shards.'),
        beside: z
          .array(
            z.strictObject({
              path: z
                .string()
                .regex(/^[^./\\][^/\\]*\.(json|txt)$/i, 'should be the name of a .json or .txt file'),
              sha256,
            }),
          )
          .optional()
          .describe('Files that belong to it and lie in its folder: its class names.'),
      })
      .optional()
      .describe('The model after pruning.'),
    data: z
      .strictObject({
        path: relativePath,
        digest: z.string(),
        form: z.string(),
        train: images,
        validation: images,
        test: images,
        classes: z
          .array(z.string())
          .optional()
          .describe('Class folders by output of the network, where that is not the order of their names.'),
        limit: images.min(1).optional().describe('--limit, where it was given.'),
        validationImages: images.min(1).optional().describe('--validation-images, where it was given.'),
        preprocess,
        labelsOf: z
          .string()
          .optional()
          .describe('The output that the classes are of, where the network has several.'),
        unlabelled: z
          .literal(true)
          .optional()
          .describe(
            'Its images were taken without classes: the original is the teacher, accuracy is agreement.',
          ),
      })
      .optional()
      .describe('The image set, its splits in images, and what the network is fed.'),
    method: z.strictObject({
      name: z.string(),
      seed: z.number().int(),
      effort,
      roundTo: count.max(1024),
      freeze: z.array(z.string()),
      rule: z
        .string()
        .optional()
        .describe(
          'The plain rule whose network this is: nothing that the method found did better in the race.',
        ),
      accuracyDrop: z
        .number()
        .min(0)
        .lt(100)
        .optional()
        .describe(
          'Points of accuracy on validation that it was to lose at most: the cheapest such network that was found; its budgets stand in targets.',
        ),
      weights: weightsFrom
        .optional()
        .describe(
          "Where its weights come from: the source's, cut; scratch: fresh ones; generated: the method's own training, which this file doesn't hold.",
        ),
      retrain: weightsFrom
        .exclude(['generated'])
        .optional()
        .describe('What older versions wrote for weights.'),
      interiorOutputs: z.literal(true).optional().describe('Outputs inside the network were open too.'),
      candidate: count.optional().describe('Which candidate it is, where not the one that the method chose.'),
    }),
    settings: z.record(z.string(), z.unknown()).describe("The method's own settings, complete."),
    fineTuning: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'How it was trained after cutting. frozen: whether the layers that the source has frozen were trained too, or kept as they were cut. recalibrated: its batch norms were measured afresh after it, which scored better.',
      ),
    learns: z
      .array(
        z.strictObject({
          output: z.string(),
          by: learnsBy.describe("answers: the original's own."),
          loss: z.string(),
        }),
      )
      .optional()
      .describe('What each output learns by, where there is more than one, several sigmoids, or no labels.'),
    computedBy: computedBySchema.optional(),
    targets: z.array(
      z.strictObject({
        metric,
        limit: z.number(),
        original: z.number(),
        command: z.string().optional(),
      }),
    ),
    groups: z
      .array(
        z.strictObject({
          id: z.string(),
          channels: count.max(1_000_000),
          kept: z.string().regex(rangesPattern).describe('Channel ranges that stay: 0-3,7,9-15.'),
          layers: z.array(z.string()).describe('The layers that make these channels.'),
          frozen: z.string().optional().describe('Why none of them may go.'),
        }),
      )
      .describe('The channels that are kept, one line for each set of channels that go together.'),
    cost: z.strictObject({ before: cost, after: cost }),
    accuracy: z
      .strictObject({
        original: score.optional(),
        originalTest: score.optional(),
        cut: score.optional().describe('Straight after cutting.'),
        recalibrated: score.optional().describe('After batch-norm recalibration.'),
        fineTuned: score.optional(),
        test: score.optional(),
      })
      .describe('Each on the split that it names.'),
    latency: z
      .strictObject({
        before: z.number(),
        after: z.number(),
        unit: z.literal('ms'),
        threads: count,
        machine: z.string(),
      })
      .optional()
      .describe('One image, median; only where it was asked for.'),
    controls: z.array(control).optional().describe('The same budget reached in other ways, in percent.'),
    front: z
      .array(control)
      .optional()
      .describe(
        'Cheaper points of the trade-off, named by their share of the original; accuracies in percent.',
      ),
  })
  .describe('A network with channels pruned by Espalier.');

export type PrunedConfig = Frozen<z.infer<typeof configSchema>>;
export type ConfigScore = Frozen<z.infer<typeof score>>;

/** The JSON schema that editors use for `*.espalier.json` (media/espalier.schema.json). */
export function configJsonSchema(): unknown {
  return { title: 'Espalier pruned config', ...z.toJSONSchema(configSchema) };
}
