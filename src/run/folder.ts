import { appendFile, mkdir, open, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../graph/errors.ts';
import { writeFileWhole } from '../formats/files.ts';
import type { Snapshot } from '../runtime/types.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { RunEvent, RunEventBody } from './events.ts';
import type { Plan } from './plan.ts';
import { lockRun } from './lock.ts';
import { parsePlan } from './plan.ts';

/** Makes `.espalier` in a folder, ignored by git. Gives its path. */
export async function makeOwnFolder(workspace: string): Promise<string> {
  const own = path.join(workspace, '.espalier');
  await mkdir(own, { recursive: true });
  await writeFile(path.join(own, '.gitignore'), '*\n', { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  return own;
}

/** `.espalier/runs/<id>/`: the plan, the events and the checkpoint of one run. */
export class RunFolder {
  readonly folder: string;
  /** the folder that holds `.espalier`; paths in the plan are relative to it */
  readonly workspace: string;
  private seq = 0;
  private pending = '';
  private writing: Promise<void> = Promise.resolve();
  private release: (() => Promise<void>) | null = null;

  private constructor(folder: string) {
    this.folder = folder;
    this.workspace = path.resolve(folder, '..', '..', '..');
  }

  get id(): string {
    return path.basename(this.folder);
  }

  /** Where a file of the run lies. */
  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** A path of the plan, absolute. */
  resolve(relative: string): string {
    return path.resolve(this.workspace, relative);
  }

  /**
   * Makes the folder of a new run, named after the model and the method, and locks it.
   * @throws InputError where the workspace can't be written
   */
  static async create(workspace: string, plan: Plan): Promise<RunFolder> {
    try {
      const runs = path.join(await makeOwnFolder(workspace), 'runs');
      await mkdir(runs, { recursive: true });
      const stem = path.basename(plan.model.path).replace(/\.[^.]*$/, '');
      const base = `${stem}-${plan.method}`.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '') || 'run';
      for (let n = 1; ; n++) {
        const folder = path.join(runs, `${base}-${n}`);
        try {
          await mkdir(folder);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
          throw error;
        }
        const run = new RunFolder(folder);
        run.release = await lockRun(folder);
        await writeFileWhole(run.file('run.json'), Buffer.from(`${JSON.stringify(plan, null, 2)}\n`));
        return run;
      }
    } catch (error) {
      throw unwritable(error, workspace);
    }
  }

  /** Opens an existing run for reading and going on; locked. */
  static async open(folder: string): Promise<{ run: RunFolder; plan: Plan }> {
    const run = new RunFolder(path.resolve(folder));
    const plan = await run.plan();
    try {
      run.release = await lockRun(run.folder);
    } catch (error) {
      throw unwritable(error, folder);
    }
    return { run, plan };
  }

  /** A run to look at while another process may work on it: not locked. @throws InputError where it is none */
  static async look(folder: string): Promise<{ run: RunFolder; plan: Plan }> {
    const run = new RunFolder(path.resolve(folder));
    return { run, plan: await run.plan() };
  }

  /** Number of events recorded so far. */
  get length(): number {
    return this.seq;
  }

  private async plan(): Promise<Plan> {
    const file = this.file('run.json');
    let value: unknown;
    try {
      value = JSON.parse(await readFile(file, 'utf8'));
    } catch {
      throw new InputError(`${this.folder}: is not a run (its run.json can't be read)`);
    }
    return parsePlan(value, file);
  }

  /** The newest run of a workspace that has not ended, or null. */
  static async latest(workspace: string): Promise<string | null> {
    const runs = path.join(workspace, '.espalier', 'runs');
    const names = await readdir(runs).catch(() => []);
    let best: { folder: string; at: number } | null = null;
    for (const name of names) {
      const folder = path.join(runs, name);
      const at = (await stat(path.join(folder, 'run.json')).catch(() => null))?.mtimeMs;
      if (at === undefined || (await isDone(folder))) continue;
      if (!best || at > best.at) best = { folder, at };
    }
    return best?.folder ?? null;
  }

  /** The checkpoint to go on from; events after it are cut off, so that they are told again. */
  async resume(): Promise<{ snapshot: Snapshot | null; events: RunEvent[] }> {
    const snapshot = await readCheckpoint(this.folder);
    const seq = (snapshot?.json as { seq?: number } | undefined)?.seq ?? 0;
    const { events, length } = await readEvents(this.folder, seq);
    if (events.length < seq)
      throw new InputError(`${this.folder}: events.jsonl is shorter than the checkpoint needs`);
    await truncate(this.file('events.jsonl'), length).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    this.seq = seq;
    return { snapshot, events };
  }

  /** Records an event; it is on disk after the next `flush`. */
  async record(body: RunEventBody, at: number): Promise<RunEvent> {
    const event: RunEvent = { seq: this.seq++, at: Math.round(at * 100) / 100, ...body };
    this.pending += `${JSON.stringify(event)}\n`;
    if (this.pending.length > 1 << 16 || body.type !== 'candidate') await this.flush();
    return event;
  }

  async flush(): Promise<void> {
    const text = this.pending;
    this.pending = '';
    // one after the other, whoever asks: two at once could change places
    if (text) this.writing = this.writing.then(() => appendFile(this.file('events.jsonl'), text));
    try {
      await this.writing;
    } catch (error) {
      throw unwritable(error, this.folder);
    }
  }

  /** Saves where the run stands; the events up to here are made to last first. */
  async checkpoint(state: object, arrays: Snapshot['arrays']): Promise<void> {
    await this.flush();
    try {
      const events = await open(this.file('events.jsonl'), 'a');
      try {
        await events.sync();
      } finally {
        await events.close();
      }
      await writeCheckpoint(this.folder, { json: { ...state, seq: this.seq }, arrays });
    } catch (error) {
      throw unwritable(error, this.folder);
    }
  }

  /** Removes the run where it never came to a checkpoint. */
  async discardEmpty(): Promise<void> {
    if (await readCheckpoint(this.folder)) return;
    this.pending = '';
    await rm(this.folder, { recursive: true, force: true }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.flush().catch(() => {});
    await this.release?.();
    this.release = null;
  }
}

/** The recorded events of a run, up to `most`; a last line that was torn by a crash is left out. */
export async function readEvents(
  folder: string,
  most = Infinity,
): Promise<{ events: RunEvent[]; length: number }> {
  const bytes = await readFile(path.join(folder, 'events.jsonl')).catch(() => Buffer.alloc(0));
  const events: RunEvent[] = [];
  let length = 0;
  while (events.length < most) {
    const end = bytes.indexOf(10, length);
    if (end < 0) break;
    let event: RunEvent;
    try {
      event = JSON.parse(bytes.toString('utf8', length, end)) as RunEvent;
    } catch {
      break;
    }
    if (event.seq !== events.length) break;
    events.push(event);
    length = end + 1;
  }
  return { events, length };
}

async function isDone(folder: string): Promise<boolean> {
  const { events } = await readEvents(folder);
  // what extra arms tell comes after the run's own end
  return events.some((event) => event.type === 'done' && event.arm === undefined);
}

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOTDIR: 'a part of its path is not a folder',
  EFBIG: 'the file would be too large',
};

/** A file-system error as one sentence; anything else as it is. */
export function unwritable(error: unknown, where: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof InputError || !code || !reasons[code]) return error;
  return new InputError(`can't write in ${where}: ${reasons[code]}; free it or choose another folder`);
}
