import * as z from 'zod';
import type { Frozen } from '../terms/frozen.ts';
import { abouts, costIds, metricIds, verdicts, whys } from '../graph/facts.ts';
import { cost } from '../terms/cost.ts';
import { candidateOfRun } from '../terms/candidates.ts';
import { backendChoice, dataOptions, effort, multiple, seed } from '../terms/choices.ts';
import { measure, split } from '../terms/scores.ts';
import { memberRoles } from '../graph/types.ts';

/** What the panel shows of a network and of two networks. Widths in channels, shapes NHWC without the batch axis. */

export const layer = z.object({
  /** the node's id, unique */
  node: z.string(),
  /** the source's layer name, with the path of nested models */
  layer: z.string(),
  type: z.string(),
  outputShape: z.array(z.number()),
  macs: z.number(),
  params: z.number(),
  /** channels of its output where it makes them; null where it passes them on */
  width: z.number().nullable(),
  /** index in groups of the channels that its output has; null where none can be removed */
  group: z.number().nullable(),
});
export type LayerView = Frozen<z.infer<typeof layer>>;

export const group = z.object({
  id: z.string(),
  channels: z.number(),
  /** why no channel may be removed; null where they may */
  frozen: z.string().nullable(),
  members: z.array(z.object({ layer: z.string(), node: z.string(), role: z.enum(memberRoles) })),
});
export type GroupView = Frozen<z.infer<typeof group>>;

export const network = z.object({
  name: z.string(),
  format: z.string(),
  inputs: z.array(z.object({ name: z.string(), shape: z.array(z.number()) })),
  outputs: z.array(z.object({ name: z.string(), shape: z.array(z.number()) })),
  cost,
  layers: z.array(layer),
  groups: z.array(group),
  labels: z.array(z.string()).nullable(),
  warnings: z.array(z.string()),
  /** SHA-256 of the file(s) */
  sha256: z.string(),
  fileBytes: z.number(),
});
export type NetworkView = Frozen<z.infer<typeof network>>;

/** What is measured where one group alone is narrowed: by the engine's settings, on these images. */
export const sensitivityQuestion = z.object({
  data: dataOptions,
  effort,
  seed,
  /** what widths are multiples of */
  roundTo: multiple,
  freeze: z.array(z.string()),
  interiorOutputs: z.boolean(),
  backend: backendChoice,
  threads: z.number().int().positive().optional(),
});
export type SensitivityQuestion = Frozen<z.infer<typeof sensitivityQuestion>>;

/** Mean cross-entropy, and accuracy in percent. */
const measured = z.object({ loss: z.number(), accuracy: z.number() });
export const sensitivity = z.object({
  /** SHA-256 of the model's file(s) */
  sha256: z.string(),
  /** validation images that everything was scored on */
  images: z.number(),
  /** training images that batch norms were measured on */
  recalibrated: z.number(),
  /** what accuracies are, where they aren't plain accuracy */
  measure: measure.optional(),
  whole: measured,
  /** those that can lose channels, in the network's order */
  groups: z.array(
    z.object({
      id: z.string(),
      channels: z.number(),
      /** widest first; costs of the whole network */
      widths: z.array(measured.extend({ width: z.number(), macs: z.number(), params: z.number() })),
    }),
  ),
  /** what to know of the model and its images, one sentence each */
  warnings: z.array(z.string()),
});
export type SensitivityView = Frozen<z.infer<typeof sensitivity>>;

/** How far measuring it is: groups (of none while the images are opened), and seconds that the rest should take, once known. */
export const measuring = z.object({ done: z.number(), total: z.number(), seconds: z.number().nullable() });
export type Measuring = Frozen<z.infer<typeof measuring>>;

const two = z.object({ a: z.number(), b: z.number() });

const diffLayer = z.object({
  layer: z.string(),
  type: z.string(),
  width: two,
  macs: two,
  params: two,
  /** one letter a channel of the source's layer: k kept on both sides, r removed (in A alone), a added (in B alone), x on neither;
   *  null where the two are not cuts of one network */
  channels: z.string().nullable(),
  /** importance of each channel (L1 norm of its filter over the layer's largest, 0..1); null where it has none */
  importance: z.array(z.number()).nullable(),
  /** index of the group in the source, null where there is none */
  group: z.number().nullable(),
});
export type DiffLayerView = Frozen<z.infer<typeof diffLayer>>;

const verdict = z.enum(verdicts).nullable();
/** The rows of src/graph/facts.ts. */
const metricRow = z.object({
  id: z.enum(metricIds),
  unit: z.enum(['percent', 'ms']),
  split: split.nullable(),
  a: z.number().nullable(),
  b: z.number().nullable(),
  verdict,
  why: z.enum(whys).nullable(),
});
const costRow = z.object({
  id: z.enum(costIds),
  a: z.number(),
  b: z.number(),
  verdict,
});
const aboutRow = z.object({
  id: z.enum(abouts),
  a: z.string().nullable(),
  b: z.string().nullable(),
  differs: z.boolean(),
});

export const diff = z.object({
  a: z.object({ label: z.string() }),
  b: z.object({ label: z.string() }),
  layers: z.array(diffLayer),
  onlyInA: z.array(z.string()),
  onlyInB: z.array(z.string()),
  total: z.object({ a: cost, b: cost }),
  /** what a side says that isn't so (another source, other costs), one sentence each */
  warnings: z.array(z.string()),
  metrics: z.array(metricRow),
  about: z.array(aboutRow),
  costs: z.array(costRow),
  groups: z.array(z.object({ id: z.string(), channels: z.number(), frozen: z.string().nullable() })),
});
export type DiffView = Frozen<z.infer<typeof diff>>;

/** What a comparison can be written as. */
export const diffFormat = z.enum(['html', 'markdown']);
export type DiffFormat = z.infer<typeof diffFormat>;

/** One side of a comparison. Files are absolute paths. */
export const side = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('model'), file: z.string(), label: z.string().optional() }),
  z.object({
    kind: z.literal('config'),
    file: z.string(),
    /** where its relative paths start, if it is not where it belongs (a copy of HEAD in a temporary folder) */
    at: z.string().optional(),
    label: z.string().optional(),
  }),
  /** a file as a git revision has it: a commit, a branch, a tag */
  z.object({
    kind: z.literal('revision'),
    file: z.string(),
    revision: z.string(),
    label: z.string().optional(),
  }),
  /** candidate `id` of an arm of a run */
  candidateOfRun.extend({ kind: z.literal('candidate') }),
  /** the source model of a run */
  z.object({ kind: z.literal('original'), run: z.string() }),
]);
export type Side = Frozen<z.infer<typeof side>>;
