import type { FileState, RunSummary, WrittenFiles } from '../../src/protocol/runs.ts';
import { baseName } from '../format.ts';
import type { ArmData, RunData } from '../../src/terms/run-data.ts';
import { byHand, candidateKey } from '../state.ts';
import { t } from '../strings.ts';
import type { RunCandidate } from '../../src/terms/candidates.ts';

/** The files of a candidate: written by the user's wish, or by the run, which writes its own choice. */
export function whatIsWritten(
  run: RunData,
  main: ArmData,
  candidate: RunCandidate,
): (Pick<WrittenFiles, 'config'> & Partial<WrittenFiles>) | undefined {
  const { arm, id } = candidate;
  const asked = byHand.value.get(candidateKey({ run: run.run, arm, id }));
  if (asked) return asked;
  if (arm !== main.arm || id !== main.chosen?.id) return undefined;
  return run.written.at(-1);
}

/** A config's name, and what became of it: the file on disk may be another by now. */
export function writtenName(config: string, summary: RunSummary | null): string {
  const name = baseName(config);
  const written = summary?.written;
  if (written?.config !== config) return name;
  return nowText(name, written.now.config, written.now.instead);
}

/** A file's name with what became of it since it was written. */
export function nowText(name: string, state: FileState | undefined, instead: string | null = null): string {
  if (state === 'missing') return t('{0} (not there any more)', name);
  if (state !== 'changed') return name;
  return instead === null
    ? t('{0} (overwritten since)', name)
    : t('{0} (overwritten since by {1})', name, instead);
}
