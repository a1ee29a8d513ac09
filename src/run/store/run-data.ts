import { readEvents } from './folder.ts';
import { emptyRun, withEvents } from '../../terms/run-data.ts';
import type { RunData } from '../../terms/run-data.ts';

/** What a run's folder tells of it, every candidate with it. */
export async function readRun(folder: string): Promise<RunData> {
  const { events } = await readEvents(folder);
  return withEvents(emptyRun(folder), events);
}
