import type { Params, Result } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';
import { logOf } from '../../run/store/event-log.ts';
import { summariseRun } from '../../run/store/list-runs.ts';
import { drawable } from '../panel-events.ts';

/** A page of a run's events. `next` is where the following page begins; null at the end of what is there. */
export async function readRun({
  folder,
  from,
  most,
}: Params<Look, 'readRun'>): Promise<Result<Look, 'readRun'>> {
  const summary = await summariseRun(folder);
  const log = logOf(summary.folder);
  const read = await log.read(from, most);
  const events = read.map(drawable).filter((event) => event !== null);
  const next = from + read.length;
  return { summary, events, next: read.length && next < log.length ? next : null };
}
