import type { ListedEvent } from '../../terms/run-events.ts';

const least = 250;

/** Gathers events and tells them at most four times a second; of progress only the latest of each arm and stage. */
export class Outbox {
  private waiting: ListedEvent[] = [];
  private timer: NodeJS.Timeout | undefined;
  private flushedAt = -Infinity;

  constructor(private readonly tell: (events: ListedEvent[]) => void) {}

  add(event: ListedEvent): void {
    if (event.type === 'progress') {
      const { arm, stage } = event;
      this.waiting = this.waiting.filter(
        (one) => one.type !== 'progress' || one.arm !== arm || one.stage !== stage,
      );
    }
    this.waiting.push(event);
    this.timer ??= setTimeout(() => this.flush(), Math.max(0, this.flushedAt + least - performance.now()));
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.waiting.length) return;
    this.flushedAt = performance.now();
    this.tell(this.waiting.splice(0));
  }
}
