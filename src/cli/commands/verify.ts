import { stat } from 'node:fs/promises';
import { architectureOf, costModel, fullArchitecture } from '../../graph/architecture.ts';
import { findGroups } from '../../graph/channels.ts';
import { loadModel } from '../../formats/index.ts';
import type { ConfigScore } from '../../config/schema.ts';
import { costBy, isStatic } from '../../methods/budgets.ts';
import { configData, rebuild } from '../../run/rebuild.ts';
import type { Rebuilt } from '../../run/rebuild.ts';
import type { Sized } from '../../run/services.ts';
import { choosePreprocess, openSet, scoreSplit } from '../../run/workshop.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';
import { dataPlan } from './data-options.ts';
import type { DataOptions } from './data-options.ts';

interface Check {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly ok: boolean;
}

interface VerifyOptions extends DataOptions {
  readonly tolerance?: number;
}

/** `espalier verify CONFIG`: exit 1 where anything no longer holds. */
export async function verify(output: Output, [file]: string[], options: VerifyOptions): Promise<number> {
  const data = dataPlan(options);
  const rebuilt = await rebuild(file);
  const { config, source, dependencies, kept, prunedFile } = rebuilt;
  const checks: Check[] = [];
  const same = (what: string, expected: unknown, found: unknown) =>
    checks.push({ what, expected: String(expected), found: String(found), ok: expected === found });
  same('source SHA-256', 'unchanged', rebuilt.sameSource ? 'unchanged' : 'another file');
  const cost = costModel(source.graph, dependencies);
  const before = cost(fullArchitecture(dependencies));
  const after = cost(architectureOf(dependencies, kept));
  for (const metric of ['macs', 'params'] as const) {
    same(`${metric} before`, config.cost.before[metric], before[metric]);
    same(`${metric} after`, config.cost.after[metric], after[metric]);
  }
  for (const target of config.targets) {
    if (!isStatic(target.metric)) continue;
    const value = costBy(after, target.metric);
    checks.push({
      what: `target ${target.metric}`,
      expected: `at most ${target.limit}`,
      found: String(value),
      ok: value <= target.limit,
    });
  }
  let pruned: Sized | null = null;
  if (prunedFile && (await stat(prunedFile).catch(() => null))) {
    const model = await loadModel(prunedFile);
    const groups = findGroups(model.graph);
    const found = costModel(model.graph, groups)(fullArchitecture(groups));
    same('pruned file, macs', config.cost.after.macs, found.macs);
    same('pruned file, params', config.cost.after.params, found.params);
    pruned = model;
  } else output.note('the pruned model is not there, so it was not looked at');
  if (data) {
    const set = await openSet(configData(config, data), source);
    try {
      if (config.data) same('images, digest', config.data.digest, set.digest);
      const preprocess =
        options.preprocess || !config.data
          ? (await choosePreprocess(data, set, source, { threads: options.threads })).preprocess
          : config.data.preprocess;
      for (const [what, network, expected] of accuracies(rebuilt, pruned)) {
        const split = set[expected.split];
        if (!split) continue;
        const found = await scoreSplit(network, split, preprocess, { threads: options.threads });
        checks.push({
          what,
          expected: `${expected.accuracy.toFixed(2)} %`,
          found: `${found.accuracy.toFixed(2)} %`,
          ok: Math.abs(found.accuracy - expected.accuracy) <= (options.tolerance ?? 0.5),
        });
      }
    } finally {
      await set.close();
    }
  }
  const ok = checks.every((check) => check.ok);
  output.data({ config: file, ok, checks });
  output.print(
    table(
      ['', 'config', 'found', ''],
      checks.map(({ what, expected, found, ok: holds }) => [what, expected, found, holds ? 'ok' : 'DIFFERS']),
      [0, 3],
    ),
  );
  return ok ? 0 : 1;
}

/** What can be measured again: the original, and the pruned file as it was left. */
function accuracies({ config, source }: Rebuilt, pruned: Sized | null): [string, Sized, ConfigScore][] {
  const { original, originalTest, fineTuned, recalibrated, cut, test } = config.accuracy;
  const last = fineTuned ?? recalibrated ?? cut;
  const all: [string, Sized | null, ConfigScore | undefined][] = [
    ['original, validation', source, original],
    ['original, test', source, originalTest],
    ['pruned, validation', pruned, last],
    ['pruned, test', pruned, test],
  ];
  return all.filter((one): one is [string, Sized, ConfigScore] => one[1] !== null && one[2] !== undefined);
}
