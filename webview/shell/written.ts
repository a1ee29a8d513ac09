import type { CandidateView } from '../../src/protocol/events.ts';
import type { ArmData, RunData } from '../run-data.ts';

/** The files that the run wrote of this candidate: it writes its own choice. */
export function whatIsWritten(
  run: RunData,
  main: ArmData,
  candidate: CandidateView,
): RunData['written'][number] | undefined {
  if (candidate.arm !== main.arm || candidate.id !== main.chosen?.id) return undefined;
  return run.written.at(-1);
}
