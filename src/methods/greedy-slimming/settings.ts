import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { settingError } from '../setting-error.ts';
import { count } from '../setting-kinds.ts';
import { cutDefaults, cutSettings } from '../sensitivity/settings.ts';
import type { SettingsContext } from '../types.ts';
import type { Effort } from '../../terms/choices.ts';

/** Every setting of greedy slimming. */
const schema = z.strictObject({
  /** slices that a group is taken away in */
  slices: z.number().int().min(2),
  /** groups whose next slice is measured anew in a step: those that looked best when they were measured last */
  scoredAStep: count,
  ...cutSettings,
});
export type GreedySettings = z.infer<typeof schema>;

const sizes: Record<Effort, Pick<GreedySettings, 'slices' | 'scoredAStep'>> = {
  quick: { slices: 8, scoredAStep: 6 },
  standard: { slices: 16, scoredAStep: 8 },
  // more groups than any network has that is opened here in a reasonable time: all of them, as in the paper
  thorough: { slices: 16, scoredAStep: 1000 },
};

/** Fills in what was not given. @throws InputError naming a setting that is wrong or unknown */
export function greedySettings(
  given: Readonly<Record<string, unknown>>,
  effort: Effort,
  { trainImages }: SettingsContext,
): GreedySettings {
  const parsed = schema.partial().safeParse(given);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  return parseGreedy({ ...sizes[effort], ...cutDefaults(effort, trainImages, parsed.data), ...parsed.data });
}

/** Validates complete settings. @throws InputError */
export function parseGreedy(value: unknown): GreedySettings {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InputError(settingError(parsed.error));
  return parsed.data;
}
