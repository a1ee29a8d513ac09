import * as z from 'zod';
import type { Draft } from '../../protocol/plan.ts';
import { draft } from '../../protocol/plan.ts';

/** The settings that a new plan starts from; one that holds nonsense is passed over, one by one. */
export function planDefaults(setting: (name: string) => unknown): Partial<Draft> {
  const { method, effort, seed, roundTo, controls, fineTuneEpochs, backend } = draft.shape;
  const schemas = {
    method,
    effort,
    seed,
    roundTo,
    controls,
    fineTuneEpochs,
    backend,
    threads: z.number().int().positive(),
  };
  const found = Object.entries(schemas).flatMap(([name, schema]) => {
    const parsed = schema.safeParse(setting(name));
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return Object.fromEntries(found) as Partial<Draft>;
}
