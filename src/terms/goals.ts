import * as z from 'zod';
import type { Frozen } from './frozen.ts';
import { filled } from './texts.ts';
import type { Translate } from './texts.ts';

/**
 * What a budget may be on. memory: the largest sum of activations alive at once (Cost.peakActivationBytes); latency: of
 * one image, measured; script: whatever a command prints.
 */
export const metric = z.enum(['macs', 'params', 'bytes', 'memory', 'latency', 'script']);
export type Metric = z.infer<typeof metric>;

/** Metrics that are a function of the widths; the rest is measured. */
export const staticMetric = metric.exclude(['latency', 'script']);
export type StaticMetric = z.infer<typeof staticMetric>;

export function isStatic(metric: Metric): metric is StaticMetric {
  return (staticMetric.options as readonly Metric[]).includes(metric);
}

/** Metrics of work and size, which rewards and reports' charts are over: each is a cost of the same name. */
export const sizeMetric = staticMetric.exclude(['memory']);
export type SizeMetric = z.infer<typeof sizeMetric>;

/** A goal as the user gave it: what must not be exceeded, absolute or as a share of the original. */
export const target = z.strictObject({
  metric,
  /** absolute, in the metric's unit, or percent of the original (0..100, both excluded) */
  value: z.number().positive(),
  relative: z.boolean(),
  /** script: the command that prints the number; {model} in it stands for the pruned file */
  command: z.string().optional(),
});
export type Target = Frozen<z.infer<typeof target>>;

/** Where an accuracy is sought, the dearest network that is tried unless the user names a budget. */
export const DEAREST: Target = { metric: 'macs', value: 80, relative: true };

/** A limit that the result must not exceed. */
export const budget = z.strictObject({
  metric,
  /** absolute, in the metric's unit (latency: ms an image at batch 1; script: whatever it prints) */
  limit: z.number(),
  /** the original's value */
  original: z.number(),
  /** script: the command */
  command: z.string().optional(),
});
export type Budget = Frozen<z.infer<typeof budget>>;

/** What a metric is called in titles, tables and on axes; in English unless there is a translator. */
export function metricName(metric: Metric, t: Translate = filled): string {
  const names: Readonly<Record<Metric, string>> = {
    macs: t('MACs'),
    params: t('Parameters'),
    bytes: t('Size of the weights'),
    memory: t('Peak activations'),
    latency: t('Latency'),
    script: t('Own script'),
  };
  return names[metric];
}

/** The same within an English sentence: of terminals and commit messages, which are not translated. */
export const metricWords: Readonly<Record<Metric, string>> = {
  macs: 'MACs',
  params: 'parameters',
  bytes: 'bytes of weights',
  memory: 'bytes of activations',
  latency: 'latency',
  script: "the script's value",
};
