import { listedEvent } from '../terms/run-events.ts';
import type { ListedEvent, RunEvent } from '../terms/run-events.ts';

/** An event as the panel gets it: without what only files need (channels, pictures); null where nothing is left. */
export function panelEvent(event: RunEvent): ListedEvent | null {
  // time left is unknown as long as nothing was measured
  const known =
    event.type === 'progress' && !Number.isFinite(event.secondsLeft)
      ? { ...event, secondsLeft: undefined }
      : event;
  const listed = listedEvent.safeParse(known);
  return listed.success ? drawable(listed.data) : null;
}

/** An event without channels, or null where it is no panel's, or a number in it is none (no panel can draw it). */
export function drawable(event: ListedEvent): ListedEvent | null {
  if (event.type === 'samples') return null;
  // its reward may be of a method that this panel doesn't know
  return event.type === 'arm' || finite(event) ? event : null;
}

function finite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(finite);
}
