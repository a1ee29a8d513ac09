import { Emitter } from 'vscode-jsonrpc/node';
import { t } from '../l10n.ts';
import type { NodeChoice } from '../process/node.ts';
import { endTree, gone, isAlive } from '../process/processes.ts';
import { RunConnection } from './connection.ts';
import { lastLogLines } from './files.ts';
import type { Job } from './jobs.ts';
import type { Launched } from './launch.ts';
import { launch } from './launch.ts';
import type { ListedEvent } from '../../terms/run-events.ts';
import type { EngineFile } from '../../terms/run-folder.ts';
import { readEngineFile, readFailure } from '../../files/run-signs.ts';
import type { EndStatus } from '../../protocol/runs.ts';

/** Milliseconds for what may hang. */
export interface Timeouts {
  /** until a started process can be reached */
  readonly start: number;
  /** without a heartbeat, until it is said to hang */
  readonly beat: number;
  /** for the checkpoint of a polite stop, then for SIGTERM */
  readonly stop: number;
  readonly term: number;
}

export const timeouts: Timeouts = { start: 120_000, beat: 20_000, stop: 30_000, term: 5000 };

/** How the process of a run ended. */
export interface Outcome {
  readonly status: EndStatus;
  /** one sentence; empty where there is nothing to say */
  readonly message: string;
  /** last lines of its log, where it failed */
  readonly log: readonly string[];
  /** it was killed, or died without a last word */
  readonly crashed: boolean;
  /** this window asked for the stop */
  readonly asked: boolean;
}

/** One run at work: the process that was started or found, and the connection to it. */
export class LiveRun {
  private readonly changed = new Emitter<void>();
  private readonly received = new Emitter<readonly ListedEvent[]>();
  private readonly attached = new Emitter<RunConnection>();
  private readonly over = new Emitter<Outcome>();
  /** its status, memory or whether it answers */
  readonly onChange = this.changed.event;
  readonly onEvents = this.received.event;
  /** a connection was made: what follows the run begins anew */
  readonly onAttach = this.attached.event;
  /** once, when its process has gone */
  readonly onEnd = this.over.event;
  connection: RunConnection | null = null;
  progress: ListedEvent | null = null;
  /** bytes */
  memory: number | null = null;
  /** milliseconds without a sign of life, where that is too long */
  silent: number | null = null;
  ended: Outcome | null = null;
  private pid: number | null = null;
  private stopping = false;
  private exit: Awaited<Launched['ended']> | null = null;
  private alone: boolean;
  private readonly watch: NodeJS.Timeout;

  private constructor(
    readonly job: Job,
    alone: boolean,
    private readonly log: (line: string) => void,
    private readonly times: Timeouts,
  ) {
    this.alone = alone;
    this.watch = setInterval(() => this.lookForLife(), Math.min(2000, times.beat / 4));
    this.watch.unref();
  }

  /** A run whose process is to be started: `launch` does it. `alone`: it goes on when this window closes. */
  static make(job: Job, alone: boolean, log: (line: string) => void, times: Timeouts = timeouts): LiveRun {
    return new LiveRun(job, alone, log, times);
  }

  get paused(): boolean {
    return this.connection?.status === 'paused';
  }

  /** Starts the process; resolves when it runs, before it can be reached. @throws Error where it can't be started */
  async launch(script: string, node: NodeChoice): Promise<void> {
    const launched = await launch(script, node, this.job);
    this.pid = launched.pid;
    this.log(`run ${this.job.folder}: process ${launched.pid} started`);
    void this.reach(launched);
  }

  /** Connects to a process that was found at work. @throws Failure where it can't be reached */
  async adopt(file: EngineFile): Promise<void> {
    this.pid = file.pid;
    await this.attach(file);
  }

  async ask(what: 'pause' | 'resume'): Promise<void> {
    if (!this.connection) throw new Error(t('The run is only just starting: try again in a moment.'));
    await this.connection.ask(what, {}, 30_000);
    if (this.connection) this.connection.status = what === 'pause' ? 'paused' : 'running';
    this.changed.fire();
  }

  /** Whether it goes on when nobody is attached any more. */
  keep(alone: boolean): void {
    this.alone = alone;
    void this.connection
      ?.ask('keep', { alone }, 30_000)
      .catch((error: Error) => this.log(`run: ${error.message}`));
  }

  /** Ends it: asked politely, so that it saves a checkpoint, then by force, with all that it started. */
  async stop(): Promise<void> {
    if (this.ended) return;
    const ended = new Promise<void>((resolve) => this.onEnd(() => resolve()));
    const first = !this.stopping;
    this.stopping = true;
    this.changed.fire();
    if (first && this.connection && this.silent === null) {
      await this.connection.ask('stop', {}, this.times.stop).catch(() => {});
      await Promise.race([ended, pause(this.times.stop)]);
    }
    if (this.ended || this.pid === null) return;
    await endTree(this.pid, this.times.term);
    await Promise.race([ended, pause(3000)]);
  }

  /** Lets go of it: the process stays or ends as `keep` has asked of it. */
  release(): void {
    clearInterval(this.watch);
    this.ended ??= { status: 'stopped', message: '', log: [], crashed: false, asked: true };
    this.connection?.close();
  }

  private async reach(launched: Launched): Promise<void> {
    void launched.ended.then((how) => {
      this.exit = how;
      if (!this.connection) void this.end();
    });
    const until = Date.now() + this.times.start;
    while (!this.exit && !this.ended && Date.now() < until) {
      const file = await readEngineFile(this.job.folder);
      if (file?.pid === launched.pid)
        try {
          await this.attach(file);
          return;
        } catch (error) {
          this.log(`run ${this.job.folder}: ${(error as Error).message}`);
        }
      await pause(100);
    }
    if (this.exit || this.ended) return;
    this.silent = this.times.start;
    this.changed.fire();
  }

  private async attach(file: EngineFile): Promise<void> {
    const connection = await RunConnection.connect(file, this.log);
    if (this.ended) return connection.close();
    this.connection = connection;
    this.silent = null;
    connection.onHeartbeat(({ rss }) => {
      const memory = rss;
      this.silent = null;
      this.memory = memory;
      this.changed.fire();
    });
    let first = true;
    connection.onEvents((events) => {
      const recorded = events.find((event) => event.seq !== undefined);
      // its file was cut after we attached: what was read of it no longer holds
      if (first && recorded && recorded.seq! < connection.seq) this.attached.fire(connection);
      if (recorded) first = false;
      this.progress = events.findLast((event) => event.type === 'progress') ?? this.progress;
      this.received.fire(events);
    });
    connection.onClose(() => void this.lost(connection));
    if (!connection.open) return void this.lost(connection);
    this.keep(this.alone);
    this.attached.fire(connection);
    this.changed.fire();
  }

  /** The connection is gone: the run ended, its process died, or only the pipe broke. */
  private async lost(connection: RunConnection): Promise<void> {
    if (this.ended || this.connection !== connection) return;
    this.connection = null;
    // its last words may still be on their way through the queue
    for (let wait = 0; wait < 20 && !connection.ended; wait++) await pause(25);
    for (let attempt = 0; attempt < 5; attempt++) {
      if (this.pid === null || (await gone(this.pid, connection.ended ? 10_000 : 2000))) break;
      if (this.ended) return;
      const file = connection.ended ? null : await readEngineFile(this.job.folder);
      if (file)
        try {
          return await this.attach(file);
        } catch {
          // gone meanwhile, or it will answer in a moment
        }
    }
    if (connection.ended) {
      const log = connection.ended.status === 'failed' ? await lastLogLines(this.job.folder) : [];
      return this.finish({ ...connection.ended, log, crashed: false });
    }
    if (this.pid !== null && isAlive(this.pid)) {
      this.silent = this.times.beat;
      return this.changed.fire();
    }
    await this.end();
  }

  /** The process is gone without a last word on a connection. */
  private async end(): Promise<void> {
    if (this.ended) return;
    const how = this.exit;
    const failure = await readFailure(this.job.folder);
    const log = await lastLogLines(this.job.folder);
    if (this.stopping)
      return this.finish({
        status: 'stopped',
        message: t('The run was ended by force; it can go on from its last checkpoint.'),
        log: [],
        crashed: false,
      });
    if (failure) return this.finish({ status: 'failed', message: failure.message, log, crashed: false });
    // 2: refused, with the reason as its last word (the run is in use elsewhere)
    if (how?.code === 2 && log.length)
      return this.finish({ status: 'failed', message: log.at(-1)!, log, crashed: false });
    // one that was found at work takes its engine.json with it when it ends in order: only its last word was missed
    const inOrder = how
      ? how.code === 0 || how.code === 130
      : (await readEngineFile(this.job.folder))?.pid !== this.pid;
    if (inOrder) return this.finish({ status: 'stopped', message: '', log: [], crashed: false });
    const why = how?.signal ?? (how ? t('exit code {0}', how.code ?? '?') : null);
    this.finish({
      status: 'failed',
      message: why
        ? t("The run's process ended unexpectedly ({0}); it can go on from its last checkpoint.", why)
        : t("The run's process ended unexpectedly; it can go on from its last checkpoint."),
      log,
      crashed: true,
    });
  }

  private finish(outcome: Omit<Outcome, 'asked'>): void {
    if (this.ended) return;
    this.ended = { ...outcome, asked: this.stopping };
    clearInterval(this.watch);
    this.log(`run ${this.job.folder}: ${outcome.status} ${outcome.message}`);
    this.over.fire(this.ended);
  }

  private lookForLife(): void {
    if (this.ended) return;
    if (this.connection) {
      const silent = Date.now() - this.connection.lastBeat;
      const was = this.silent;
      this.silent = silent > this.times.beat ? silent : null;
      if ((was === null) !== (this.silent === null)) this.changed.fire();
    } else if (this.silent !== null && this.pid !== null && !isAlive(this.pid)) void this.end();
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
