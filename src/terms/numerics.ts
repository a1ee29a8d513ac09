import * as z from 'zod';
import { backendName } from './choices.ts';
import type { Frozen } from './frozen.ts';

const option = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{1,40}$/)
  .optional();

/** What decides the last bits of a training besides its settings and seed (src/runtime/backend/numerics.ts). Names no machine. */
export const numerics = z.strictObject({
  backend: backendName,
  version: z.string().describe("Of the backend's library."),
  threads: z.number().int().min(1).max(1024),
  /** absent for wasm, which computes alike on all */
  processor: z.string().optional().describe('Architecture and widest vectors.'),
  /** what the library chooses by itself is filled in; absent for wasm, which reads none */
  options: z
    .strictObject({
      TF_ENABLE_ONEDNN_OPTS: z.enum(['0', '1']).optional(),
      ONEDNN_MAX_CPU_ISA: option,
      ONEDNN_DEFAULT_FPMATH_MODE: option,
    })
    .optional()
    .describe('As the library saw them.'),
});
export type Numerics = Frozen<z.infer<typeof numerics>>;
