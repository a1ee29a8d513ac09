import { createHash } from 'node:crypto';
import * as z from 'zod';
import { expectedOf } from '../expected.ts';
import type { Constraints } from './constraints.ts';
import type { Judge } from './judge.ts';
import type { ConstrainedSettings } from './settings.ts';
import type { Architecture, Candidate, KeptChannels } from '../../terms/candidates.ts';

const trialSchema = z.strictObject({
  id: z.number().int().min(0),
  origin: z.string(),
  architecture: z.array(z.number().int().min(1)),
  /** percent; null where its costs could not be measured */
  accuracy: z.number().nullable(),
  /** percent of the original, one a budget */
  costs: z.array(z.number().nullable()),
  failed: z.string().optional(),
});
/** One network that was tried. */
export type Trial = z.infer<typeof trialSchema>;

export const keptSchema = z.array(z.array(z.number().int().min(0)));

export const trialsSchema = z.strictObject({
  trials: z.array(trialSchema),
  keys: z.array(z.string()),
  /** the best so far, best first, with their channels */
  best: z.array(z.strictObject({ id: z.number().int().min(0), kept: keptSchema })),
});
export type TrialsState = z.infer<typeof trialsSchema>;

/**
 * Everything that was tried: each network once, whatever way the policy came to it. Candidates are ranked by Deb's rule:
 * all that meet the budgets by their accuracy, before all others by how far they are from meeting them.
 */
export class Trials {
  private readonly trials: Trial[] = [];
  private readonly byKey = new Map<string, Trial>();
  private best: { id: number; kept: KeptChannels }[] = [];

  constructor(
    private readonly judge: Judge,
    private readonly constraints: Constraints,
    private readonly settings: Pick<ConstrainedSettings, 'granularity' | 'finalists'>,
    from?: TrialsState,
    /** what was tried for another budget, which tells something of widths for this one too */
    private readonly elsewhere?: TrialsState,
  ) {
    from?.trials.forEach((trial, i) => {
      this.trials.push(trial);
      this.byKey.set(from.keys[i], trial);
    });
    this.best = from ? [...from.best] : [];
  }

  get state(): TrialsState {
    return {
      trials: structuredClone(this.trials),
      keys: [...this.byKey.keys()],
      best: this.best.map(({ id, kept }) => ({ id, kept: kept.map((c) => [...c]) })),
    };
  }

  /** The best so far with their channels, best first. */
  get leaders(): readonly { readonly trial: Trial; readonly kept: KeptChannels }[] {
    return this.best.map(({ id, kept }) => ({ trial: this.trials[id], kept }));
  }

  /** Scores a network, or remembers what it came to; `fresh`: it was not tried before. */
  async run(
    choice: { readonly architecture: Architecture; readonly kept: KeptChannels },
    origin: string,
    steps: number,
  ): Promise<{ trial: Trial; fresh: boolean }> {
    const { settings } = this;
    // a ratio's channels follow from its widths
    const what =
      settings.granularity === 'ratio'
        ? choice.architecture.join()
        : createHash('sha256').update(JSON.stringify(choice.kept)).digest('base64');
    const key = `${what}/${steps}`;
    const known = this.byKey.get(key);
    if (known) return { trial: known, fresh: false };
    const { costs, failed } = await this.constraints.measure(choice);
    const trial: Trial = {
      id: this.trials.length,
      origin: failed === undefined ? origin : 'failed',
      architecture: [...choice.architecture],
      // what can't be measured can't be the result: its accuracy is not worth the time
      accuracy: failed === undefined ? await this.judge(choice.kept, steps) : null,
      costs: [...costs],
      ...(failed === undefined ? {} : { failed }),
    };
    this.trials.push(trial);
    this.byKey.set(key, trial);
    if (failed === undefined) {
      this.best.push({ id: trial.id, kept: choice.kept });
      this.best.sort((a, b) => this.rank(this.trials[b.id]) - this.rank(this.trials[a.id]) || a.id - b.id);
      this.best.length = Math.min(this.best.length, settings.finalists);
    }
    return { trial, fresh: true };
  }

  /** What all scores behind so many steps tell of any widths; null where there are too few. */
  expected(sizes: readonly number[], steps: number): ReturnType<typeof expectedOf> {
    const { elsewhere } = this;
    const others = elsewhere?.keys.map((key, i) => [key, elsewhere.trials[i]] as const);
    const tried = new Map([...(others ?? []), ...this.byKey]);
    const scores = [...tried].flatMap(([key, { architecture, accuracy }]) =>
      accuracy !== null && key.endsWith(`/${steps}`) ? [{ architecture, score: accuracy }] : [],
    );
    return expectedOf(sizes, scores);
  }

  /** Every network that could be measured, whatever budget it was tried for. */
  get measured(): readonly Trial[] {
    return [...(this.elsewhere?.trials ?? []), ...this.trials].filter(({ accuracy }) => accuracy !== null);
  }

  /** Accuracy where the budgets hold, else minus the excess in percent; the worst where nothing is known. */
  rank({ accuracy, costs }: Trial): number {
    if (accuracy === null) return -Number.MAX_VALUE;
    const excess = this.constraints.excess(costs);
    return excess <= 1e-9 ? accuracy : -excess;
  }

  candidate(trial: Trial, kept: KeptChannels): Candidate {
    const { id, origin, architecture, accuracy } = trial;
    return {
      id,
      origin,
      architecture,
      kept,
      cost: this.constraints.cost(architecture),
      accuracies: accuracy === null ? {} : { recalibrated: accuracy },
      ...(accuracy === null ? {} : { reward: this.rank(trial) }),
    };
  }
}
