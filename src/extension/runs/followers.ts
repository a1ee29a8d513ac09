import type { FollowListener, ReadPage } from './follow.ts';
import { Follower } from './follow.ts';
import type { ListedEvent } from '../../terms/run-events.ts';

/** Everybody who follows a run, by the run's folder. */
export class Followers {
  private readonly all = new Map<string, Set<Follower>>();

  constructor(
    private readonly read: (folder: string, ...page: Parameters<ReadPage>) => ReturnType<ReadPage>,
    private readonly log: (line: string) => void,
  ) {}

  /** `recent`: events of the live connection that the run's file may not hold yet. */
  add(folder: string, listener: FollowListener, recent: readonly ListedEvent[]): { dispose(): void } {
    const follower = new Follower(
      (from, most) => this.read(folder, from, most),
      listener,
      (error) => this.log(`reading ${folder}: ${(error as Error).message}`),
    );
    const same = this.all.get(folder) ?? new Set();
    this.all.set(folder, same.add(follower));
    follower.restart(recent);
    return {
      dispose: () => {
        follower.end();
        same.delete(follower);
        if (!same.size && this.all.get(folder) === same) this.all.delete(folder);
      },
    };
  }

  /** Runs that somebody follows. */
  get folders(): string[] {
    return [...this.all.keys()];
  }

  /** From the first event on. */
  restart(folder: string, recent: readonly ListedEvent[]): void {
    for (const one of this.of(folder)) one.restart(recent);
  }

  live(folder: string, events: readonly ListedEvent[]): void {
    for (const one of this.of(folder)) one.live(events);
  }

  /** The run's file may have grown. */
  poke(folder: string): void {
    for (const one of this.of(folder)) one.poke();
  }

  end(): void {
    for (const same of this.all.values()) for (const one of same) one.end();
  }

  private of(folder: string): Iterable<Follower> {
    return this.all.get(folder) ?? [];
  }
}
