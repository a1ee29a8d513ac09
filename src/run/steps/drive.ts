import type { Random } from '../../graph/random.ts';
import type { MethodEvent } from '../../methods/types.ts';
import type { TrainEvent } from '../../runtime/training/trainer.ts';
import type { RunEvent } from '../../terms/run-events.ts';
import type { Session } from './session.ts';

type Event = MethodEvent | TrainEvent;

/**
 * Works off what a method or a training does for an arm: its events become the run's own, a checkpoint that it offers is
 * saved where one is due, and a stop waits for the next one. Returns what it ends with.
 * @param kind what it is called in a checkpoint; `Session.takeInner` gives it back
 * @param random whose state goes with it
 */
export async function* drive<T>(
  session: Session,
  arm: string,
  kind: string,
  events: AsyncGenerator<Event, T, void>,
  random?: Random,
): AsyncGenerator<RunEvent, T, void> {
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      const event = next.value;
      if (event.type === 'checkpoint') {
        if (session.due()) await session.save({ kind, random: random?.state, snapshot: await event.take() });
      } else if (event.type === 'learned') session.learned = event.take();
      else yield await own(session, arm, event);
      session.checkStopWithin(event.type === 'checkpoint');
    }
  } finally {
    await events.return?.(undefined as never);
  }
}

/** An event of an arm as the run's own. Progress passes by; the rest is recorded. */
async function own(
  session: Session,
  arm: string,
  event: Exclude<Event, { type: 'checkpoint' | 'learned' }>,
): Promise<RunEvent> {
  if (event.type === 'progress') return { arm, ...event };
  return await session.record({ ...event, arm } as Parameters<Session['record']>[0]);
}
