import * as z from 'zod';
import { candidateRef } from '../../terms/candidates.ts';

/** What a run process is started for: the run itself, or one more candidate of it. */
const job = z.object({
  folder: z.string(),
  candidate: candidateRef.optional(),
});
export type Job = z.infer<typeof job>;

/** The part of vscode.Memento that is used here. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const queueKey = 'espalier.queue';
const ownKey = 'espalier.own';
const own = z.object({ seen: z.number(), jobs: z.array(job) });

/** Which jobs wait, and which are this window's: what is remembered over a reload of the window. */
export class Jobs {
  private waiting: Job[];
  private mine: Job[] = [];
  /** what was at work in this window when it was last alive, and when that was (milliseconds since 1970) */
  readonly before: { readonly seen: number; readonly jobs: readonly Job[] };

  constructor(private readonly memory: Memory) {
    const queue = z.array(job).safeParse(memory.get(queueKey));
    this.waiting = queue.success ? queue.data : [];
    const before = own.safeParse(memory.get(ownKey));
    this.before = before.success ? before.data : { seen: 0, jobs: [] };
  }

  get queue(): readonly Job[] {
    return this.waiting;
  }

  isQueued(folder: string): boolean {
    return this.waiting.some((one) => one.folder === folder);
  }

  enqueue(added: Job): void {
    if (this.isQueued(added.folder)) return;
    this.waiting.push(added);
    this.saveQueue();
  }

  /** Takes a run out of the queue; returns whether it was in it. */
  dequeue(folder: string): boolean {
    const was = this.isQueued(folder);
    if (was) {
      this.waiting = this.waiting.filter((one) => one.folder !== folder);
      this.saveQueue();
    }
    return was;
  }

  next(): Job | null {
    const first = this.waiting.shift() ?? null;
    if (first) this.saveQueue();
    return first;
  }

  get owned(): readonly Job[] {
    return this.mine;
  }

  own(added: Job): void {
    this.mine = [...this.mine.filter((one) => one.folder !== added.folder), added];
    this.touch();
  }

  disown(folder: string): void {
    if (!this.mine.some((one) => one.folder === folder)) return;
    this.mine = this.mine.filter((one) => one.folder !== folder);
    this.touch();
  }

  /** Says that this window is still alive: what tells a reload from a window that was closed for long. */
  touch(): void {
    void this.memory.update(ownKey, this.mine.length ? { seen: Date.now(), jobs: this.mine } : undefined);
  }

  private saveQueue(): void {
    void this.memory.update(queueKey, this.waiting.length ? this.waiting : undefined);
  }
}
