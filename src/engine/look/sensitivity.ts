import { findGroups } from '../../graph/channels.ts';
import type { Params } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';
import type { Measuring, SensitivityView } from '../../protocol/views.ts';
import { sensitivityOf } from '../../run/rebuild/sensitivity.ts';
import type { Models } from '../../run/result/model-cache.ts';

/** Measures what the network loses where one group alone is narrowed. @throws InputError; Interrupted when called off */
export async function sensitivity(
  models: Models,
  asked: Params<Look, 'sensitivity'>,
  signal: AbortSignal,
  onProgress: (progress: Measuring) => void,
): Promise<SensitivityView> {
  const { model, sha256 } = await models.open(asked.model);
  const { freeze, interiorOutputs, data, effort, seed, roundTo, backend, threads } = asked;
  const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
  const warnings: string[] = [];
  // after the first network: the others need none of the time for opening
  let first: number | null = null;
  const { images, recalibrated, whole, measure, groups } = await sensitivityOf(model, dependencies, {
    data,
    effort,
    seed,
    roundTo,
    backend,
    threads,
    signal,
    onRemark: (remark) => warnings.push(remark),
    onMeasured: (networks, { done, total }) => {
      first ??= Date.now();
      const spent = (Date.now() - first) / 1000;
      const left = networks.total - networks.done;
      const seconds = networks.done > 1 ? (spent / (networks.done - 1)) * left : null;
      onProgress({ done, total, seconds });
    },
  });
  return {
    sha256,
    images,
    recalibrated,
    ...(measure && { measure }),
    whole,
    groups: groups.map(({ id, channels, widths }) => ({ id, channels, widths: [...widths] })),
    warnings,
  };
}
