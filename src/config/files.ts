import type * as z from 'zod';
import type { PrunedConfig } from './schema.ts';
import { fileError, readRegular } from '../files/regular.ts';
import { InputError } from '../graph/errors.ts';
import { duplicateKey } from './duplicates.ts';
import { configSchema, configVersion } from './schema.ts';
import { parseRanges } from './ranges.ts';
import { engineVersion } from './version.ts';
import { fineTuningSchema } from '../terms/training.ts';

/** Larger than any real config (100 000 groups), smaller than what would stall a reader. */
const largest = 64 * 2 ** 20;

/** Channels of all groups together: no network is read whose channels take more than two million steps. */
const mostChannels = 2_000_000;

/** Entries of the lists of which a run writes a few; groups have a limit of their own. */
const mostEntries = 10_000;

/** The extension of a pruned config's name. */
export const configSuffix = '.espalier.json';

/**
 * Reads and validates a pruned config.
 * @throws InputError naming the file and the first thing that is wrong
 */
export async function readConfig(file: string): Promise<PrunedConfig> {
  let text: string;
  try {
    text = (await readRegular(file, largest)).toString('utf8');
  } catch (error) {
    throw fileError(error, `${file}: can't be read`);
  }
  return parseConfig(text, file);
}

/**
 * A pruned config from its text.
 * @param name what to call it in messages
 */
export function parseConfig(text: string, name: string): PrunedConfig {
  let value: unknown;
  try {
    // some editors put a mark (BOM) before the text
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new InputError(`${name}: is not JSON; a pruned config is written by "espalier prune"`);
  }
  const version = (value as { espalier?: unknown } | null)?.espalier;
  if (typeof version === 'number' && version > configVersion)
    throw new InputError(`${name}: was written by a newer Espalier (format ${version}); update Espalier`);
  const parsed = configSchema.safeParse(value);
  if (!parsed.success) throw notAConfig(name, value, parsed.error.issues[0]);
  if (parsed.data.fineTuning) {
    // beside the schema, which would bring its keys into another order than the one that they are written in
    const tuned = fineTuningSchema.safeParse(parsed.data.fineTuning);
    if (!tuned.success) throw notAConfig(name, value, tuned.error.issues[0], ['fineTuning']);
  }
  const key = duplicateKey(text);
  if (key !== null)
    throw new InputError(`${name}: has the key ${JSON.stringify(key)} twice in one place; leave one`);
  const { groups, targets, controls = [], front = [], learns = [] } = parsed.data;
  for (const [list, { length }] of Object.entries({ targets, controls, front, learns }))
    if (length > mostEntries)
      throw new InputError(
        `${name}: its list of ${list} has ${length.toLocaleString('en-US')} entries, more than the ${mostEntries.toLocaleString('en-US')} that a config may have`,
      );
  const group = twice(groups.map(({ id }) => id));
  if (group !== undefined)
    throw new InputError(
      `${name}: lists the group "${group}" twice; leave one, or the channels aren't clear`,
    );
  const control = twice([...controls, ...front].map(({ name: arm }) => arm));
  if (control !== undefined) throw new InputError(`${name}: lists the control "${control}" twice; leave one`);
  // their ranges are laid out below, and a few bytes of text may stand for a million channels
  const channels = groups.reduce((sum, one) => sum + one.channels, 0);
  if (channels > mostChannels)
    throw new InputError(
      `${name}: its groups have ${channels.toLocaleString('en-US')} channels together, more than the ${mostChannels.toLocaleString('en-US')} that a network may have`,
    );
  for (const group of groups) {
    let kept: number[];
    try {
      kept = parseRanges(group.kept, group.channels);
    } catch (error) {
      throw new InputError(`${name}: group "${group.id}": ${(error as Error).message}`);
    }
    if (!kept.length)
      throw new InputError(`${name}: group "${group.id}" keeps no channel; keep at least one`);
  }
  return parsed.data;
}

/** What is wrong with a config; of a newer Espalier it is that this one doesn't know what stands there. */
function notAConfig(
  name: string,
  value: unknown,
  issue: z.core.$ZodIssue,
  within: readonly string[] = [],
): InputError {
  const where = [...within, ...issue.path].join('.') || 'the top level';
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const what = `${where}: ${missing ? 'is missing' : issue.message}`;
  const engine = (value as { engine?: unknown } | null)?.engine;
  if (typeof engine === 'string' && isNewer(engine, engineVersion))
    return new InputError(
      `${name}: was written by Espalier ${engine}, and this one, ${engineVersion}, can't read it (${what}); update Espalier`,
    );
  return new InputError(`${name}: is not a pruned config: ${what}`);
}

/** Whether a version, as 1.12.0, comes after another. */
function isNewer(version: string, than: string): boolean {
  if (!/^\d{1,9}(\.\d{1,9}){2}$/.test(version)) return false;
  const [a, b] = [version, than].map((text) => text.split('.').map((part) => parseInt(part, 10)));
  const i = a.findIndex((part, at) => part !== b[at]);
  return i >= 0 && a[i] > b[i];
}

/** The first name that a list has more than once. */
function twice(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.has(name) || !seen.add(name));
}
