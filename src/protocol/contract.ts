import type { z } from 'zod';
import type { Frozen } from '../terms/frozen.ts';

/** One request: what it takes and what it answers. */
export interface Request {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
}

/** What one side of a border may ask of the other (requests, answered) and tells it (notices, not answered). */
export interface Contract {
  readonly requests: Readonly<Record<string, Request>>;
  readonly notices: Readonly<Record<string, z.ZodType>>;
}

export type Params<C extends Contract, M extends keyof C['requests']> = Frozen<
  z.infer<C['requests'][M]['params']>
>;
export type Result<C extends Contract, M extends keyof C['requests']> = Frozen<
  z.infer<C['requests'][M]['result']>
>;
export type Notice<C extends Contract, N extends keyof C['notices']> = Frozen<z.infer<C['notices'][N]>>;

/** Both sides of a border must say the same number before anything else; raised with every change of a message. */
export const protocolVersion = 3;
