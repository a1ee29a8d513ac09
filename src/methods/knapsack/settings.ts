import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { settingError } from '../setting-error.ts';
import { count } from '../setting-kinds.ts';
import { cutDefaults, cutSettings } from '../sensitivity/settings.ts';
import type { SettingsContext } from '../types.ts';
import type { Effort } from '../../terms/choices.ts';
import { CELLS } from './solve.ts';

/** Every setting of the knapsack. */
const schema = z.strictObject({
  /** what is lost by a width: measured on validation images, or the importance of the channels that go */
  value: z.enum(['sensitivity', 'importance']),
  /** sensitivity: each group is measured at so many widths less one, and at its narrowest */
  levels: z.number().int().min(2),
  /** that a budget is divided into for each knapsack */
  cells: count,
  ...cutSettings,
});
export type KnapsackSettings = z.infer<typeof schema>;

const levels: Record<Effort, number> = { quick: 8, standard: 8, thorough: 16 };

/** Fills in what was not given. @throws InputError naming a setting that is wrong or unknown */
export function knapsackSettings(
  given: Readonly<Record<string, unknown>>,
  effort: Effort,
  { trainImages }: SettingsContext,
): KnapsackSettings {
  const parsed = schema.partial().safeParse(given);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  const { data } = parsed;
  const own = { value: 'sensitivity', levels: levels[effort], cells: CELLS };
  return parseKnapsack({ ...own, ...cutDefaults(effort, trainImages, data), ...data });
}

/** Validates complete settings. @throws InputError */
export function parseKnapsack(value: unknown): KnapsackSettings {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  return parsed.data;
}
