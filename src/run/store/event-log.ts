import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { openRegular } from '../../files/regular.ts';
import { InputError } from '../../graph/errors.ts';
import type { Candidate, KeptChannels } from '../../terms/candidates.ts';
import { emptyRun, withEvents } from '../../terms/run-data.ts';
import type { RunData } from '../../terms/run-data.ts';
import { listedEvent, runEvent } from '../../terms/run-events.ts';
import type { ListedEvent, RunEvent } from '../../terms/run-events.ts';
import { runFiles } from '../../terms/run-folder.ts';
import { linesOf } from './event-lines.ts';

/** What lists and configs ask of a run needs no curves, which may be long. */
const curves = new Set<RunEvent['type']>(['loss', 'generation', 'metric', 'widths', 'samples']);

/** Events that are taken in at once. */
const batch = 4096;

/** What is compared to see whether the file is still the one that was read. */
const tailBytes = 4096;
const head = /^\{"seq":\d+,"at":[\d.e+-]+,"type":"candidate","candidate":\{"id":(\d+),/;
const foot = /,"arm":("(?:[^"\\]|\\.)*")\}$/;

/**
 * A run's events.jsonl, read on from where it was left: lines are found once, candidates (which may be thousands of long
 * lines) aren't parsed before they are asked for. A file that was cut back (a run that went on from its checkpoint) is
 * read anew.
 */
export class RunLog {
  /** what it is at; its candidates are counted beside, and only those that were chosen are in it */
  data: RunData;
  /** how many were found */
  found = 0;
  /** where every line begins, and the end of the last */
  private offsets: number[] = [0];
  /** line of every candidate, by arm and id */
  private candidates = new Map<string, number>();
  private chosen = new Map<string, number>();
  private pending: ListedEvent[] = [];
  private inode = 0;
  private tail: Buffer = Buffer.alloc(0);
  private turn: Promise<unknown> = Promise.resolve();
  private readonly file: string;

  constructor(folder: string) {
    this.file = path.join(folder, runFiles.events);
    this.data = emptyRun(folder);
  }

  /** Number of whole lines found so far. */
  get length(): number {
    return this.offsets.length - 1;
  }

  /** Reads on to the end of the file. */
  refresh(): Promise<void> {
    return this.next(async () => await this.withFile(undefined, (file) => this.update(file)));
  }

  /** At most so many events from number `from` on, of those that are there by now. */
  read(from: number, most: number): Promise<ListedEvent[]> {
    return this.next(
      async () =>
        await this.withFile([], async (file) => {
          await this.update(file);
          const end = Math.min(from + most, this.length);
          const events: ListedEvent[] = [];
          for (let i = from; i < end; i++) {
            const event = eventOf(listedEvent, await this.line(file, i));
            if (!event) break;
            events.push(event);
          }
          return events;
        }),
    );
  }

  /** A candidate of an arm, whole; null where there is none. The chosen one where ids were given twice. */
  candidate(arm: string, id: number): Promise<Candidate | null> {
    return this.next(
      async () =>
        await this.withFile(null, async (file) => {
          await this.update(file);
          const at = this.chosen.get(keyOf(arm, id)) ?? this.candidates.get(keyOf(arm, id));
          if (at === undefined) return null;
          const event = runEvent.parse(JSON.parse(await this.line(file, at)));
          return event.type === 'candidate' || event.type === 'chosen' ? event.candidate : null;
        }),
    );
  }

  /** One at a time: they share where the file was left. */
  private next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work, work);
    this.turn = done.catch(() => {});
    return done;
  }

  private async withFile<T>(none: T, work: (file: FileHandle) => Promise<T>): Promise<T> {
    let file: FileHandle;
    try {
      file = (await openRegular(this.file)).handle;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        this.reset();
        return none;
      }
      throw error;
    }
    try {
      return await work(file);
    } finally {
      await file.close();
    }
  }

  private reset(): void {
    this.data = emptyRun(this.data.run);
    this.found = 0;
    this.pending = [];
    this.offsets = [0];
    this.candidates = new Map();
    this.chosen = new Map();
    this.tail = Buffer.alloc(0);
  }

  private async update(file: FileHandle): Promise<void> {
    const { size, ino } = await file.stat();
    const end = this.offsets.at(-1)!;
    if (ino !== this.inode || size < end || !(await this.same(file, end))) this.reset();
    this.inode = ino;
    let at = this.offsets.at(-1)!;
    for await (const line of linesOf(file, at)) {
      if (!this.take(line)) break;
      at += line.length + 1;
      this.offsets.push(at);
      this.tail = Buffer.from(line.subarray(-tailBytes));
      if (this.pending.length >= batch) this.reduce();
    }
    this.reduce();
  }

  /** Many at once: each time the lists are copied. */
  private reduce(): void {
    this.data = withEvents(this.data, this.pending);
    this.pending = [];
  }

  /** Whether the last line that was read is still there. */
  private async same(file: FileHandle, end: number): Promise<boolean> {
    if (!this.tail.length) return true;
    const { buffer } = await file.read(
      Buffer.alloc(this.tail.length),
      0,
      this.tail.length,
      end - 1 - this.tail.length,
    );
    return buffer.equals(this.tail);
  }

  private async line(file: FileHandle, index: number): Promise<string> {
    const [from, to] = [this.offsets[index], this.offsets[index + 1] - 1];
    const { buffer } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
    return buffer.toString('utf8');
  }

  /** Notes what a line says. False: it is not the next event, so nothing after it counts. */
  private take(line: Buffer): boolean {
    const [, id] = head.exec(line.toString('latin1', 0, Math.min(line.length, 160))) ?? [];
    const [, arm] = foot.exec(line.toString('utf8', Math.max(0, line.length - 200))) ?? [];
    if (id !== undefined && arm !== undefined) {
      this.candidates.set(keyOf(JSON.parse(arm) as string, Number(id)), this.length);
      this.found++;
      return true;
    }
    const event = eventOf(listedEvent, line.toString('utf8'));
    if (event?.seq !== this.length) return false;
    if (event.type === 'candidate') {
      this.candidates.set(keyOf(event.arm, event.candidate.id), this.length);
      this.found++;
    } else if (!curves.has(event.type)) this.pending.push(event);
    if (event.type === 'chosen') this.chosen.set(keyOf(event.arm, event.candidate.id), this.length);
    return true;
  }
}

/** What a line of events.jsonl says, with its channels (runEvent) or without (listedEvent); null where it is no event. */
export function eventOf<T extends typeof runEvent | typeof listedEvent>(
  schema: T,
  line: string,
): z.infer<T> | null {
  try {
    return schema.parse(JSON.parse(line)) as z.infer<T>;
  } catch {
    return null;
  }
}

const keyOf = (arm: string, id: number): string => `${id} ${arm}`;

const logs = new Map<string, RunLog>();

/** The log of a run's folder; the last hundred are kept. */
export function logOf(folder: string): RunLog {
  const key = path.resolve(folder);
  const log = logs.get(key) ?? new RunLog(key);
  logs.delete(key);
  logs.set(key, log);
  if (logs.size > 100) logs.delete(logs.keys().next().value!);
  return log;
}

/** A candidate of a run, with its channels. @throws InputError where there is none */
export async function findCandidate(folder: string, arm: string, id: number): Promise<Candidate> {
  const found = await logOf(folder).candidate(arm, id);
  if (!found) throw new InputError(`the run ${path.basename(folder)} has no candidate ${id} of ${arm}`);
  return found;
}

/** The channels that a candidate keeps. @throws InputError where there is no such candidate */
export async function findKept(folder: string, arm: string, id: number): Promise<KeptChannels> {
  return (await findCandidate(folder, arm, id)).kept;
}
