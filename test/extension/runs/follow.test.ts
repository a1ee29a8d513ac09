import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Follower } from '../../../src/extension/runs/follow.ts';
import type { ListedEvent } from '../../../src/terms/run-events.ts';

const event = (seq: number, name = 'm'): ListedEvent => ({
  type: 'metric',
  seq,
  arm: 'a',
  name,
  step: seq,
  value: 0,
});
const progress: ListedEvent = { type: 'progress', stage: 'search', done: 1, total: 2, unit: 'images' };
const soon = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A file of events that is read by pages, each after a while. `hidden`: lines that have no form for panels. */
class File {
  lines: ListedEvent[] = [];
  hidden = new Set<number>();
  wait = 0;
  reads = 0;
  read = async (from: number, most: number) => {
    this.reads++;
    await soon(this.wait);
    const page = this.lines.slice(from, from + most);
    const next = from + page.length;
    return {
      events: page.filter(({ seq }) => !this.hidden.has(seq!)),
      next: page.length && next < this.lines.length ? next : null,
    };
  };
}

/** Follows and notes what a panel would hold. */
function panel(file: File) {
  const seen: { events: ListedEvent[]; resets: number; errors: unknown[] } = {
    events: [],
    resets: 0,
    errors: [],
  };
  const follower = new Follower(
    file.read,
    (events, reset) => {
      if (reset) {
        seen.events = [];
        seen.resets++;
      }
      seen.events.push(...events);
    },
    (error) => seen.errors.push(error),
  );
  return { follower, seen, seqs: () => seen.events.map(({ seq }) => seq) };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

describe('following a run', () => {
  it('reads the past by pages, then takes what comes live', async () => {
    const file = new File();
    file.lines = range(0, 1234).map((seq) => event(seq));
    const { follower, seen, seqs } = panel(file);
    follower.restart();
    await expect.poll(() => seen.events.length).toBe(1234);
    expect(file.reads).toBe(5);
    follower.live([event(1234), progress, event(1235)]);
    expect(seqs()).toEqual([...range(0, 1235), undefined, 1235]);
    expect(seen.resets).toBe(1);
  });

  it('says that there is nothing yet, so that the page can show it', async () => {
    const { follower, seen } = panel(new File());
    follower.restart();
    await expect.poll(() => seen.resets).toBe(1);
  });

  it('holds live events back while it reads, and tells none twice and none too early', async () => {
    const file = new File();
    file.wait = 20;
    file.lines = range(0, 600).map((seq) => event(seq));
    const { follower, seqs } = panel(file);
    follower.restart();
    // written to the file and told, while its first page is being read
    file.lines.push(event(600), event(601));
    follower.live([event(600), event(601), event(602)]);
    await expect.poll(() => seqs().at(-1)).toBe(602);
    expect(seqs()).toEqual(range(0, 603));
  });

  it('knows recent events that the file does not hold yet', async () => {
    const file = new File();
    file.lines = range(0, 10).map((seq) => event(seq));
    const { follower, seqs } = panel(file);
    follower.restart(range(5, 15).map((seq) => event(seq)));
    follower.live([event(15)]);
    await expect.poll(() => seqs().length).toBe(16);
    expect(seqs()).toEqual(range(0, 16));
  });

  it('begins anew when a resume cut events off, also in the middle of reading', async () => {
    const file = new File();
    file.wait = 20;
    file.lines = range(0, 700).map((seq) => event(seq, 'old'));
    const { follower, seen, seqs } = panel(file);
    follower.restart();
    await soon(5);
    file.lines = range(0, 50).map((seq) => event(seq, 'new'));
    follower.restart();
    follower.live([event(50, 'new')]);
    await expect.poll(() => seqs().at(-1)).toBe(50);
    await soon(60);
    expect(seqs()).toEqual(range(0, 51));
    expect(seen.events.every((one) => one.type === 'metric' && one.name === 'new')).toBe(true);
  });

  it('goes on reading where it was when the file has grown', async () => {
    const file = new File();
    file.lines = range(0, 5).map((seq) => event(seq));
    const { follower, seen, seqs } = panel(file);
    follower.restart();
    await expect.poll(() => seqs().length).toBe(5);
    file.lines.push(event(5), event(6));
    follower.poke();
    await expect.poll(() => seqs().length).toBe(7);
    expect(seen.resets).toBe(1);
  });

  it('tells of a file that can’t be read, and goes on with what comes live', async () => {
    const file = new File();
    const { follower, seen, seqs } = panel(file);
    const read = file.read;
    file.read = () => Promise.reject(new Error('gone'));
    const broken = panel(file);
    broken.follower.restart();
    await expect.poll(() => broken.seen.errors.length).toBe(1);
    broken.follower.live([event(0)]);
    expect(broken.seqs()).toEqual([0]);
    file.read = read;
    follower.end();
    follower.restart();
    await soon(10);
    expect([seen.resets, seqs()]).toEqual([0, []]);
  });

  it('leaves no gap and tells nothing twice, however reading and telling interleave', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('write', 'tell', 'both', 'wait', 'page'), { maxLength: 40 }),
        fc.nat(1200),
        fc.nat(3),
        async (steps, already, wait) => {
          const file = new File();
          file.wait = wait;
          file.hidden = new Set([3, 501]);
          file.lines = range(0, already).map((seq) => event(seq));
          const { follower, seqs } = panel(file);
          let [made, written, told] = [already, already, already];
          const recent: ListedEvent[] = [];
          const flush = () => {
            for (; written < made; written++) file.lines.push(event(written));
          };
          const tell = () => {
            const events = range(told, made)
              .filter((seq) => !file.hidden.has(seq))
              .map((seq) => event(seq));
            told = made;
            recent.push(...events);
            follower.live(events);
          };
          let following = false;
          for (const step of steps) {
            made += 2;
            if (step === 'write' || step === 'both') flush();
            if (step === 'tell' || step === 'both') tell();
            if (step === 'wait') await soon(2);
            if (step === 'page' && !following) {
              following = true;
              follower.restart(recent);
            }
          }
          if (!following) follower.restart(recent);
          made++;
          flush();
          tell();
          const expected = range(0, made).filter((seq) => !file.hidden.has(seq));
          await expect.poll(() => seqs().length, { interval: 2 }).toBeGreaterThanOrEqual(expected.length);
          expect(seqs()).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});
