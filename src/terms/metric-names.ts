import type { Metric } from './goals.ts';
import { filled } from './texts.ts';
import type { Translate } from './texts.ts';

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
