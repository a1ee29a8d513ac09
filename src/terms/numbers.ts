import * as z from 'zod';

/** A number that was measured or computed, which may have come out as none: JSON writes that as null. */
export const measured = z.union([z.number(), z.nan(), z.null().transform(() => NaN)]);
