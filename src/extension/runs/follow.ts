import type { ListedEvent } from '../../terms/run-events.ts';

/** One page of a run's recorded events, from line `from` of its file on; more while next is not null. */
export type ReadPage = (
  from: number,
  most: number,
) => Promise<{ readonly events: readonly ListedEvent[]; readonly next: number | null }>;

export type FollowListener = (events: readonly ListedEvent[], reset: boolean) => void;

/** So many events at once: validated and passed on within a few milliseconds. */
const page = 250;

/**
 * One who follows a run: its past read from the file by pages, then what comes live, in order, none missing and none twice.
 * Recorded events are told apart by `seq`, their line in the file; progress has none and is only sent live.
 */
export class Follower {
  /** the line after the last event that was passed on */
  private next = 0;
  private reset = true;
  private buffer: ListedEvent[] = [];
  private reading = false;
  private again = false;
  private fresh = false;
  private over = false;

  constructor(
    private readonly read: ReadPage,
    private readonly listener: FollowListener,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** From the first event on; `recent`: events of the live connection that its file may not hold yet. */
  restart(recent: readonly ListedEvent[] = []): void {
    this.buffer = [...recent];
    this.again = true;
    this.fresh = true;
    void this.work();
  }

  /** The file may have grown without a live connection. */
  poke(): void {
    this.again = true;
    void this.work();
  }

  /** Events of the live connection. */
  live(events: readonly ListedEvent[]): void {
    if (this.over) return;
    if (this.reading || this.again) this.buffer.push(...events);
    else this.tell(events);
  }

  end(): void {
    this.over = true;
    this.buffer = [];
  }

  private async work(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    while (this.again && !this.over) {
      this.again = false;
      try {
        await this.readOn();
      } catch (error) {
        if (!this.over) this.onError(error);
      }
    }
    this.reading = false;
    const held = this.buffer.splice(0);
    if (held.length || this.reset) this.tell(held);
  }

  private async readOn(): Promise<void> {
    if (this.fresh) {
      this.fresh = false;
      this.next = 0;
      this.reset = true;
    }
    for (let from: number | null = this.next; from !== null;) {
      const { events, next } = await this.read(from, page);
      // a resumed run may have cut its file meanwhile: what was read is of the past
      if (this.over || this.fresh) return;
      this.tell(events);
      if (next !== null && next <= from) return;
      from = next;
      if (from !== null) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private tell(events: readonly ListedEvent[]): void {
    if (this.over) return;
    const unseen: ListedEvent[] = [];
    for (const event of events) {
      if (event.seq !== undefined) {
        if (event.seq < this.next) continue;
        this.next = event.seq + 1;
      }
      unseen.push(event);
    }
    if (!unseen.length && !this.reset) return;
    const reset = this.reset;
    this.reset = false;
    this.listener(unseen, reset);
  }
}
