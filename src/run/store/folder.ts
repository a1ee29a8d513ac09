import { appendFile, lstat, mkdir, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../../files/make-folder.ts';
import { openRegular, readRegular } from '../../files/regular.ts';
import { unwritable } from '../../files/unwritable.ts';
import { InputError } from '../../graph/errors.ts';
import { writeFileWhole } from '../../formats/files.ts';
import type { Snapshot } from '../../runtime/types.ts';
import { checkpointState, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Plan } from '../plan/plan.ts';
import { consentToPlan } from '../plan/consent.ts';
import { lockFolder } from '../../files/lock.ts';
import type { Lock } from '../../files/lock.ts';
import { parsePlan } from '../plan/plan.ts';

import { linesOf } from './event-lines.ts';
import { eventOf, logOf } from './event-log.ts';
import { runEvent } from '../../terms/run-events.ts';
import type { RunEvent, RunEventBody } from '../../terms/run-events.ts';
import { espalierFolder, runFiles, runsFolder } from '../../terms/run-folder.ts';
import { sweepStaging } from './staging.ts';
import { LARGEST_SIGN, workspaceOf } from '../../files/run-signs.ts';

/**
 * Makes `.espalier` in a folder, ignored by git, and in it the folders of one kind. Gives the path of these.
 * @throws InputError where one of the two is a link
 */
export async function makeOwnFolder(workspace: string, kind: string): Promise<string> {
  const own = path.join(workspace, espalierFolder);
  const inside = path.join(own, kind);
  await refuseLinked([own, inside]);
  await makeFolder(inside);
  await writeFile(path.join(own, '.gitignore'), '*\n', { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  return inside;
}

/**
 * A link in the place of one of Espalier's own folders, as a clone may bring it, would have it write elsewhere.
 * @throws InputError
 */
export async function refuseLinked(folders: readonly string[]): Promise<void> {
  for (const folder of folders)
    if ((await lstat(folder).catch(() => null))?.isSymbolicLink())
      throw new InputError(
        `${folder} is a link, which Espalier never makes in its own folder; remove it to go on`,
      );
}

/** `.espalier/runs/<id>/`: the plan, the events and the checkpoint of one run. */
export class RunFolder {
  readonly folder: string;
  /** the folder that holds `.espalier`; paths in the plan are relative to it */
  readonly workspace: string;
  private seq = 0;
  private pending = '';
  private writing: Promise<void> = Promise.resolve();
  private lock: Lock | null = null;

  private constructor(folder: string) {
    this.folder = folder;
    this.workspace = workspaceOf(folder);
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
      const runs = await makeOwnFolder(workspace, runsFolder);
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
        run.lock = await lockFolder(folder);
        await writeFileWhole(run.file(runFiles.plan), Buffer.from(`${JSON.stringify(plan, null, 2)}\n`));
        // planning a run here is consent to what it does
        await consentToPlan(run, plan);
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
    await run.refuseLinks();
    try {
      run.lock = await lockFolder(run.folder);
      await sweepStaging(run.folder);
    } catch (error) {
      throw unwritable(error, folder);
    }
    return { run, plan };
  }

  /** Before anything is written in it. @throws InputError where it, or what lies in it, leads elsewhere */
  async refuseLinks(): Promise<void> {
    await refuseLinked(ownFoldersOf(this.folder));
    await refuseLinks(this.folder);
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
    const file = this.file(runFiles.plan);
    let value: unknown;
    try {
      value = JSON.parse((await readRegular(file, LARGEST_SIGN)).toString('utf8'));
    } catch {
      throw new InputError(
        `${this.folder}: is not a run (its run.json can't be read); put back the file, or prune again in a new run`,
      );
    }
    return parsePlan(value, file);
  }

  /** The newest run of a workspace, of those that have not ended or of all; null where there is none. */
  static async latest(workspace: string, which: 'unfinished' | 'any' = 'unfinished'): Promise<string | null> {
    const runs = path.join(workspace, espalierFolder, runsFolder);
    const names = await readdir(runs).catch(() => []);
    let best: { folder: string; at: number } | null = null;
    for (const name of names) {
      const folder = path.join(runs, name);
      const at = (await stat(path.join(folder, runFiles.plan)).catch(() => null))?.mtimeMs;
      if (at === undefined || (which === 'unfinished' && (await isDone(folder)))) continue;
      if (!best || at > best.at) best = { folder, at };
    }
    return best?.folder ?? null;
  }

  /** The checkpoint to go on from; events after it are cut off, so that they are recorded again. */
  async resume(): Promise<{ snapshot: Snapshot | null; events: RunEvent[] }> {
    const snapshot = await readCheckpoint(this.folder);
    const seq = seqOf(snapshot?.json);
    const { events, length } = await readEvents(this.folder, seq);
    await this.refuseShort(events.length, seq);
    await truncate(this.file(runFiles.events), length).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    this.seq = seq;
    return { snapshot, events };
  }

  /** For whoever finds no end in the record. @throws InputError where that is damaged, and the run can't go on either */
  async refuseDamagedRecord(): Promise<void> {
    const seq = seqOf(await checkpointState(this.folder));
    const { events } = await readEvents(this.folder, seq);
    await this.refuseShort(events.length, seq);
  }

  private async refuseShort(found: number, needed: number): Promise<void> {
    if (found >= needed) return;
    const about = await lstat(this.file(runFiles.events)).catch(() => null);
    const why = !about
      ? 'is gone'
      : !about.isFile()
        ? 'is no plain file'
        : `is damaged: ${found} of the ${needed} events that its checkpoint needs can be read`;
    throw new InputError(
      `the run ${this.id} can't be read or gone on with, its ${this.file(runFiles.events)} ${why}; put back what was there, or prune again in a new run`,
    );
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
    // one after the other: two at once could change places
    if (text) this.writing = this.writing.then(() => appendFile(this.file(runFiles.events), text));
    try {
      await this.writing;
    } catch (error) {
      throw await this.explained(error);
    }
  }

  /** Saves where the run stands; the events up to here are made to last first. */
  async checkpoint(state: object, arrays: Snapshot['arrays']): Promise<void> {
    await this.flush();
    try {
      await this.mustHold();
      const events = await open(this.file(runFiles.events), 'a');
      try {
        await events.sync();
      } finally {
        await events.close();
      }
      await writeCheckpoint(this.folder, { json: { ...state, seq: this.seq }, arrays });
    } catch (error) {
      throw await this.explained(error);
    }
  }

  /** Whether the run is still there to go on with, and still this process's. */
  async kept(): Promise<boolean> {
    return (await this.isThere()) && (await this.lock?.holds()) !== false;
  }

  /** @throws InputError where the folder was removed, or another process has it by now */
  async mustHold(): Promise<void> {
    if (!(await this.isThere()))
      throw new InputError(
        `the run's folder ${this.folder} was removed while it was at work, so nothing is left of it; start it again`,
      );
    if ((await this.lock?.holds()) === false)
      throw new InputError(
        `the run in ${this.folder} was taken over by another process, so this one has ended without a trace`,
      );
  }

  private async isThere(): Promise<boolean> {
    return await stat(this.file(runFiles.plan)).then(
      () => true,
      () => false,
    );
  }

  /** What an error in the folder comes from. */
  private async explained(error: unknown): Promise<unknown> {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT')
      return await this.mustHold().then(
        () => error,
        (why: unknown) => why,
      );
    return unwritable(error, this.folder);
  }

  /** Removes the run where it never came to a checkpoint, be it damaged by now. */
  async discardEmpty(): Promise<void> {
    if (await readCheckpoint(this.folder).catch(() => true)) return;
    this.pending = '';
    await rm(this.folder, { recursive: true, force: true }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.flush().catch(() => {});
    await this.lock?.release();
    this.lock = null;
  }
}

/** A run's folder and those of Espalier's that it lies in. */
function ownFoldersOf(run: string): string[] {
  const runs = path.dirname(run);
  const own = path.dirname(runs);
  return [...(path.basename(own) === espalierFolder ? [own, runs] : []), run];
}

/**
 * A run never makes links in its folder: one that came with files of somebody else would have it write elsewhere.
 * @throws InputError
 */
async function refuseLinks(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const about = await lstat(path.join(folder, name)).catch(() => null);
    if (about && !about.isFile() && !about.isDirectory())
      throw new InputError(
        `${path.join(folder, name)} is a link or no plain file, which a run never makes; remove it to go on`,
      );
  }
}

/** The recorded events of a run, up to `most`; a last line that was torn by a crash is left out. */
export async function readEvents(
  folder: string,
  most = Infinity,
): Promise<{ events: RunEvent[]; length: number }> {
  const events: RunEvent[] = [];
  let length = 0;
  const opened = await openRegular(path.join(folder, runFiles.events)).catch(() => null);
  if (!opened || most <= 0) {
    await opened?.handle.close();
    return { events, length };
  }
  try {
    for await (const line of linesOf(opened.handle, 0)) {
      const event = eventOf(runEvent, line.toString('utf8'));
      if (event?.seq !== events.length) break;
      events.push(event);
      length += line.length + 1;
      if (events.length >= most) break;
    }
  } finally {
    await opened.handle.close();
  }
  return { events, length };
}

/** How many events were recorded when a checkpoint was written. */
function seqOf(state: unknown): number {
  return (state as { seq?: number } | null | undefined)?.seq ?? 0;
}

async function isDone(folder: string): Promise<boolean> {
  const log = logOf(folder);
  await log.refresh().catch(() => {});
  return log.data.done;
}
