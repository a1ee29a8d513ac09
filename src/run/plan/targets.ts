import { InputError } from '../../graph/errors.ts';
import { sizeUnits, timeUnits } from '../../protocol/units.ts';
import { metric } from '../../terms/goals.ts';
import type { Metric, Target } from '../../terms/goals.ts';

const metrics = metric.options;
const shape =
  'write it as macs=50%, params=100k, bytes=1MB, memory=2MB, latency=2ms or "script=COMMAND <= 120" (macs, params, bytes, memory, latency or script)';

/** Units by metric: suffix -> factor. Suffixes are compared without case. */
const counts: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
const units: Record<Metric, Readonly<Record<string, number>>> = {
  macs: counts,
  params: counts,
  bytes: sizeUnits,
  memory: sizeUnits,
  latency: timeUnits,
  script: { '': 1 },
};

/**
 * Reads `--target` options: each `metric=amount`, or several separated by commas; all must hold.
 * @throws InputError for anything that can't be a goal, in one sentence
 */
export function parseTargets(texts: readonly string[]): Target[] {
  const targets = texts.flatMap((text) =>
    text.trimStart().startsWith('script=') ? [text] : text.split(','),
  );
  if (!targets.length) throw new InputError(`no target was given; ${shape}`);
  const parsed = targets.map(parseTarget);
  for (const metric of metrics) {
    const same = parsed.filter((target) => target.metric === metric);
    if (same.length > 1 && metric !== 'script')
      throw new InputError(`the target ${metric} was given ${same.length} times; give it once`);
  }
  return parsed;
}

/** One target; see parseTargets. */
export function parseTarget(text: string): Target {
  const bad = (why: string) => new InputError(`target "${text.trim()}": ${why}`);
  const drop = /^\s*(accuracy-drop\s*=.*?)\s*$/is.exec(text)?.[1];
  if (drop !== undefined)
    throw bad(
      `is picked from the points of a run that has ended: prune with --target macs=80% --points 5 --explore 20%, then espalier write --pick ${drop}`,
    );
  const [, name, rest] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/s.exec(text) ?? [];
  const metric = metrics.find((known) => known === name?.toLowerCase());
  if (!metric) throw bad(`is not a target; ${shape}`);
  let amount = rest;
  let command: string | undefined;
  if (metric === 'script') {
    const at = rest.lastIndexOf('<=');
    command = rest.slice(0, Math.max(at, 0)).trim();
    if (at < 0 || !command) throw bad('a script target is written "script=COMMAND <= LIMIT"');
    amount = rest.slice(at + 2).trim();
  }
  const [, digits, unit] = /^([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([a-z%]*)$/i.exec(amount) ?? [];
  if (digits === undefined) throw bad(`"${amount}" is not an amount; ${shape}`);
  const number = Number(digits);
  if (!Number.isFinite(number)) throw bad('the amount is too large');
  if (number < 0) throw bad('an amount can not be negative');
  if (number === 0) throw bad('nothing would be left of the network; give an amount above 0');
  if (unit === '%') {
    if (number === 100) throw bad('100 % is the network as it is, so there is nothing to prune; give less');
    if (number > 100) throw bad('more than 100 % is larger than the network as it is; give less than 100 %');
    return { metric, value: number, relative: true, command };
  }
  const factor = units[metric][unit.toLowerCase()];
  if (factor === undefined)
    throw bad(
      `"${unit}" is not a unit of ${metric}; use ${Object.keys(units[metric]).filter(Boolean).join(', ') || 'a plain number'} or %`,
    );
  return { metric, value: number * factor, relative: false, command };
}

/** A target in words: "macs at most 50 %". */
export function describeTarget(target: Target): string {
  const amount = target.relative ? `${target.value} %` : `${target.value}`;
  return `${target.metric === 'script' ? `"${target.command}"` : target.metric} at most ${amount}`;
}
