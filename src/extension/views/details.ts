import type { CandidateView, PanelEvent } from '../../protocol/events.ts';
import { candidateOfArm } from '../../protocol/events.ts';
import { t } from '../l10n.ts';
import { share } from './labels.ts';

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
  private original: number | null = null;
  private main: string | null = null;
  private readonly chosen = new Map<string, CandidateView>();
  private readonly scores = new Map<string, Accuracy>();
  private readonly candidates = new Map<number, CandidateView>();

  add(events: readonly PanelEvent[]): void {
    for (const event of events) this.take(event);
  }

  rows(): DetailRow[] {
    const rows: DetailRow[] = [];
    for (const [arm, candidate] of this.chosen) {
      const main = arm === this.main;
      rows.push({
        kind: main ? 'result' : 'control',
        arm,
        id: candidate.id,
        label: main ? t('Result: {0}', arm) : t('Control: {0}', arm),
        description: this.describe(candidate, this.scores.get(arm) ?? {}),
        open: false,
      });
    }
    const result = this.main ? this.chosen.get(this.main)?.id : undefined;
    const ranked = [...this.candidates.values()]
      .filter(({ id, reward }) => id !== result && reward !== undefined)
      .sort((a, b) => b.reward! - a.reward! || a.id - b.id)
      .slice(0, best);
    for (const candidate of ranked) {
      const extra = this.scores.get(`${candidate.arm}#${candidate.id}`);
      const accuracy = { ...accuracies(candidate), ...extra };
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

  private take(event: PanelEvent): void {
    if (event.type === 'opened') this.original = event.cost.macs;
    else if (event.type === 'arm' && !event.control && !candidateOfArm(event.arm)) this.main ??= event.arm;
    else if (event.type === 'chosen') {
      if (!candidateOfArm(event.candidate.arm)) this.chosen.set(event.candidate.arm, event.candidate);
    } else if (event.type === 'candidate') {
      if (event.candidate.arm === this.main) this.candidates.set(event.candidate.id, event.candidate);
    } else if (event.type === 'score' && event.arm && event.step !== 'original') {
      // The test split is shown beside the others, never ranked by.
      const scores = this.scores.get(event.arm) ?? {};
      this.scores.set(event.arm, { ...scores, [event.step]: event.score.accuracy });
    }
  }

  private describe(candidate: CandidateView, scored: Accuracy): string {
    const { fineTuned, recalibrated, cut } = { ...accuracies(candidate), ...scored };
    const accuracy = fineTuned ?? recalibrated ?? cut;
    const step =
      fineTuned !== undefined
        ? t('fine-tuned')
        : recalibrated !== undefined
          ? t('recalibrated')
          : t('after cutting');
    const parts = this.original ? [t('{0} MACs', share(candidate.macs / this.original))] : [];
    if (accuracy !== undefined) parts.push(`${accuracy.toFixed(1)} % ${step}`);
    return parts.join(' · ');
  }
}

function accuracies({ cut, recalibrated, fineTuned }: CandidateView): Accuracy {
  return {
    ...(cut !== undefined && { cut }),
    ...(recalibrated !== undefined && { recalibrated }),
    ...(fineTuned !== undefined && { fineTuned }),
  };
}
