import type { Profiler } from 'node:inspector';

/** One turn of the loop: when it ended (microseconds, the profile's clock), how long it took and worked (milliseconds). */
export interface Turn {
  readonly end: number;
  readonly took: number;
  readonly worked: number;
}

/**
 * Milliseconds that an extension held each of these turns: the time in which a function of its files was on the stack,
 * at most what the thread worked in that turn (the rest of it, another process had the processor).
 * `own`: part of the address of its files.
 */
export function heldBy(own: string, profile: Profiler.Profile, turns: readonly Turn[]): number[] {
  const mine = new Set<number>();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const mark = (id: number, below: boolean): void => {
    const node = nodes.get(id)!;
    const is = below || node.callFrame.url.includes(own);
    if (is) mine.add(id);
    for (const child of node.children ?? []) mark(child, is);
  };
  mark(profile.nodes[0].id, false);
  const { samples = [], timeDeltas = [] } = profile;
  return turns.map(({ end, took, worked }) => {
    let held = 0;
    let at = profile.startTime;
    samples.forEach((id, i) => {
      at += timeDeltas[i];
      // a sample stands for the time until the next one
      if (mine.has(id) && at > end - took * 1000 && at <= end) held += (timeDeltas[i + 1] ?? 0) / 1000;
    });
    return Math.min(held, worked);
  });
}
