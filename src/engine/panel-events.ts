import { listedEvent } from '../terms/run-events.ts';
import type { ListedEvent, RunEvent } from '../terms/run-events.ts';

/**
 * An event as the panel gets it: without what only files need (channels, pictures); null where nothing is left, or
 * where a number in it is none (no panel can draw it).
 */
export function panelEvent(event: RunEvent | ListedEvent): ListedEvent | null {
  if (event.type === 'samples') return null;
  // time left is unknown as long as nothing was measured
  const told =
    event.type === 'progress' && !Number.isFinite(event.secondsLeft)
      ? { ...event, secondsLeft: undefined }
      : event;
  const shown = listedEvent.parse(told);
  return shown.type === 'arm' || drawable(shown) ? shown : null;
}

/** Whether every number in it is one. */
function drawable(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(drawable);
}
