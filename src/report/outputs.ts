import type { RunReport } from './types.ts';
import { furthest } from '../terms/scores.ts';

/** How far an output without labels is from the original's answers after each step: figures, "–" where not measured. */
export interface Moved {
  readonly name: string;
  readonly loss: string;
  readonly cut: string;
  readonly recalibrated: string;
  readonly fineTuned: string;
}

/** Of the network that was written: every output that labels say nothing of; empty where there is one output. */
export function movedOutputs({ arms: [main] }: RunReport): Moved[] {
  const scores = main?.scores ?? {};
  const { cut, recalibrated, fineTuned } = scores;
  return (furthest(scores)?.outputs ?? []).map(({ name, loss }, i) => {
    const [one, two, three] = [cut, recalibrated, fineTuned].map(
      (score) => score?.outputs?.[i].value.toPrecision(3) ?? '–',
    );
    return { name, loss, cut: one, recalibrated: two, fineTuned: three };
  });
}

/** The same in a sentence. @param name as the output is to be written */
export function movedSentence({ loss, cut, recalibrated, fineTuned }: Moved, name: string): string {
  return `Output ${name}, ${loss} from the original's answers: ${cut} after cutting, ${recalibrated} recalibrated, ${fineTuned} fine-tuned.`;
}

/** What is to be said once where there are such outputs. */
export const rankedAlone = 'Candidates are ranked by the output that labels are of, without the others.';
