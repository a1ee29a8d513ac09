import { t } from '../l10n.ts';
import { share } from './labels.ts';
import { candidateOfArm, extraArm } from '../../terms/candidates.ts';
import type { RunCandidate } from '../../terms/candidates.ts';
import { emptyRun, mainArmOf, withEvents } from '../../terms/run-data.ts';
import type { Scores } from '../../terms/run-data.ts';
import type { ListedEvent } from '../../terms/run-events.ts';
import { accuracyKeys } from '../../terms/scores.ts';

/** A line below a run: its result, a control arm, or one of the best candidates. */
export interface DetailRow {
  readonly kind: 'result' | 'control' | 'candidate';
  readonly arm: string;
  readonly id: number;
  readonly label: string;
  readonly description: string;
  /** whether it may still be fine-tuned: not yet, and of the main method */
  readonly open: boolean;
}

/** So many of the best candidates stand below a run. */
const best = 5;
type Accuracy = { cut?: number; recalibrated?: number; fineTuned?: number; test?: number };

/**
 * A run in few lines: what each arm chose with the last accuracy that was measured of it, then the best other
 * candidates of the main method, by reward.
 */
export class RunDetails {
  private data = emptyRun('');

  add(events: readonly ListedEvent[]): void {
    this.data = withEvents(this.data, events);
  }

  rows(): DetailRow[] {
    const rows: DetailRow[] = [];
    const own = mainArmOf(this.data);
    for (const { arm, chosen: candidate, scores } of this.data.arms) {
      if (!candidate || candidateOfArm(arm)) continue;
      const main = arm === own?.arm;
      rows.push({
        kind: main ? 'result' : 'control',
        arm,
        id: candidate.id,
        label: main ? t('Result: {0}', arm) : t('Control: {0}', arm),
        description: this.describe(candidate, percents(scores)),
        open: false,
      });
    }
    const ranked = (own?.candidates ?? [])
      .filter(({ id, reward }) => id !== own?.chosen?.id && reward !== undefined)
      .sort((a, b) => b.reward! - a.reward! || a.id - b.id)
      .slice(0, best);
    for (const candidate of ranked) {
      const extra = this.data.arms.find(({ arm }) => arm === extraArm(candidate.arm, candidate.id));
      const accuracy = { ...candidate.accuracies, ...(extra && percents(extra.scores)) };
      rows.push({
        kind: 'candidate',
        arm: candidate.arm,
        id: candidate.id,
        label: t('Candidate {0}', candidate.id),
        description: this.describe(candidate, accuracy),
        open: accuracy.fineTuned === undefined,
      });
    }
    return rows;
  }

  private describe(candidate: RunCandidate, scored: Accuracy): string {
    const { fineTuned, recalibrated, cut } = { ...candidate.accuracies, ...scored };
    const accuracy = fineTuned ?? recalibrated ?? cut;
    const step =
      fineTuned !== undefined
        ? t('fine-tuned')
        : recalibrated !== undefined
          ? t('recalibrated')
          : t('after cutting');
    const parts = this.data.cost ? [t('{0} MACs', share(candidate.cost.macs / this.data.cost.macs))] : [];
    if (accuracy !== undefined) parts.push(`${accuracy.toFixed(1)} % ${step}`);
    return parts.join(' · ');
  }
}

/** What was measured after the search, percent. The test split is shown beside the others, never ranked by. */
function percents({ validation, test }: Scores): Accuracy {
  const found: Accuracy = {};
  for (const step of accuracyKeys) if (validation[step]) found[step] = validation[step].accuracy;
  if (test) found.test = test.accuracy;
  return found;
}
