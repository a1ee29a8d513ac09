import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { choices, dataOptions, retrain } from '../../terms/choices.ts';
import type { Frozen } from '../../terms/frozen.ts';

/** Version of the run folder's format. */
export const planVersion = 1;

/** A whole run, complete: what run.json holds. Paths are relative to the folder that holds `.espalier`. */
const planSchema = z.strictObject({
  version: z.literal(planVersion),
  engine: z.string(),
  model: z.strictObject({ path: z.string(), sha256: z.string() }),
  data: dataOptions.optional(),
  ...choices,
  targets: choices.targets.min(1),
  interiorOutputs: choices.interiorOutputs.optional(),
  /**
   * What the winner is trained from after cutting. auto: what a config can hold, so that it can be rebuilt from it; see
   * weightsFor. Absent in plans of older versions, which took the method's own weights where it makes any.
   */
  retrain: retrain.optional(),
  /** folder for the pruned model and its config */
  out: z.string(),
  /** stands in the names of what is written, where the plain ones belong to another run */
  label: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/)
    .optional(),
  /** SHA-256 of the files that stood there when the run was planned and that it may overwrite, as the user said */
  replaces: z.array(z.string()).optional(),
  /** where the report goes too, beside the run's own folder */
  report: z.string().optional(),
});
export type Plan = Frozen<z.infer<typeof planSchema>>;

/** Reads a plan from JSON. @throws InputError naming what is wrong */
export function parsePlan(value: unknown, name: string): Plan {
  const parsed = planSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    `${name}: is not a plan of this version: ${issue.path.join('.') || 'the top level'}: ${issue.message}`,
  );
}
