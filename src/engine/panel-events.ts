import { titled } from '../data/pixels/preprocess.ts';
import { runEvent } from '../protocol/events.ts';
import type { CandidateView, PanelEvent } from '../protocol/events.ts';
import type { Candidate } from '../methods/types.ts';
import type { RunEvent } from '../run/store/events.ts';

/**
 * An event as the panel gets it: without what only files need (channels, pictures); null where nothing is left, or
 * where a number in it is none (no panel can draw it).
 */
export function panelEvent(event: RunEvent): PanelEvent | null {
  const shown = runEvent.safeParse(shorten(event));
  return shown.success ? shown.data : null;
}

function shorten(event: RunEvent): unknown {
  switch (event.type) {
    case 'candidate':
    case 'chosen': {
      const { seq, at, type, arm } = event;
      return { type, seq, at, candidate: candidateView(arm, event.candidate) };
    }
    case 'opened': {
      const { seq, at, type, model, cost } = event;
      return { type, seq, at, model, cost };
    }
    case 'data':
      return { ...event, preprocess: titled(event.preprocess) };
    case 'fineTuning':
    case 'samples':
      return null;
    case 'progress': {
      // unknown as long as nothing was measured
      const { secondsLeft } = event;
      return { ...event, secondsLeft: Number.isFinite(secondsLeft) ? secondsLeft : undefined };
    }
    default:
      return event;
  }
}

function candidateView(arm: string, { id, origin, cost, accuracies, reward }: Candidate): CandidateView {
  const { cut, recalibrated, fineTuned } = accuracies;
  return { arm, id, origin, ...cost, cut, recalibrated, fineTuned, reward: reward ?? undefined };
}
