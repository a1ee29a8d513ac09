import * as z from 'zod';
import { lossDifference } from '../../terms/comparison/losses.ts';
import type { Score } from '../../terms/scores.ts';

const one = z.object({
  loss: z.number(),
  accuracy: z.number(),
  images: z.number(),
  losses: z.string(),
});

/** The lowest losses so far: of what plain rules gave, with the rule's name, and of what the search found. */
export const leadSchema = z.object({
  rule: one.extend({ name: z.string() }).optional(),
  found: one.optional(),
});
type LeadState = z.infer<typeof leadSchema>;

/** Of a search's generations, the share after which it has to show that it finds more than plain rules give. */
const SLICE = 0.25;

/** Generations that a search has in any case. */
export function firstSlice(generations: number): number {
  return Math.max(1, Math.round(SLICE * generations));
}

/**
 * Whether a search is worth its time: the best that it found against the best of the plain rules' networks that it began
 * with, by the losses of the same images.
 */
export class Lead {
  private readonly lowest: LeadState;

  constructor(state: LeadState = {}) {
    this.lowest = structuredClone(state);
  }

  /** JSON-safe. */
  get state(): LeadState {
    return structuredClone(this.lowest);
  }

  /** Takes a network's score. @param rule that gave it; absent: the search found it */
  add({ loss, accuracy, images, losses }: Score, rule?: string): void {
    // without single losses nothing can be said of the noise
    if (losses === undefined) return;
    const own = { loss, accuracy, images, losses };
    if (rule === undefined) {
      if (!this.lowest.found || loss < this.lowest.found.loss) this.lowest.found = own;
    } else if (!this.lowest.rule || loss < this.lowest.rule.loss) this.lowest.rule = { ...own, name: rule };
  }

  /**
   * The rule that nothing found is ahead of by more than the standard error of the difference on the same images; null
   * where something is, or where that can't be told.
   */
  unbeaten(): string | null {
    const { rule, found } = this.lowest;
    if (!rule || !found) return null;
    const behind = lossDifference(rule, found);
    return behind && behind.mean <= behind.error ? rule.name : null;
  }
}
