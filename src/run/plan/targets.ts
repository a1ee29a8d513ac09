import { InputError } from '../../graph/errors.ts';
import { sizeUnits, timeUnits } from '../../protocol/units.ts';
import { metric } from '../../terms/goals.ts';
import type { Metric, Target } from '../../terms/goals.ts';

const metrics = metric.options;
const shape =
  'write it as macs=50%, params=100k, bytes=1MB, memory=2MB, latency=2ms, "script=COMMAND <= 120" (macs, params, bytes, memory, latency or script) or accuracy-drop=1';

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

/** What a run is asked for. */
export interface Goals {
  readonly targets: Target[];
  /** points of accuracy that may be lost, in percent */
  readonly accuracyDrop?: number;
}

/**
 * Reads `--target` options: each `metric=amount`, or several separated by commas; all must hold. One of them may be
 * `accuracy-drop=POINTS`; the others, if any, are then what the dearest network may cost.
 * @throws InputError for anything that can't be a goal, in one sentence
 */
export function parseGoals(texts: readonly string[]): Goals {
  const all = texts.flatMap((text) => (text.trimStart().startsWith('script=') ? [text] : text.split(',')));
  const drops = all.filter((text) => DROP.test(text));
  if (drops.length > 1)
    throw new InputError(`the target accuracy-drop was given ${drops.length} times; give it once`);
  const rest = all.filter((text) => !DROP.test(text));
  if (!drops.length) return { targets: parseTargets(rest) };
  return { targets: rest.length ? parseTargets(rest) : [], accuracyDrop: parseDrop(drops[0]) };
}

const DROP = /^\s*accuracy-drop\s*=/i;

function parseDrop(text: string): number {
  const amount = text.slice(text.indexOf('=') + 1).trim();
  const points = Number(amount);
  if (amount === '' || !(points >= 0 && points < 100))
    throw new InputError(
      `target "${text.trim()}": "${amount}" is no number of points of accuracy, 0 to 100; write it as accuracy-drop=1, which is from 92 % to 91 % and no less`,
    );
  return points;
}

/** Targets that were given one by one. @throws InputError where there is none, or one was given twice */
function parseTargets(targets: readonly string[]): Target[] {
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
