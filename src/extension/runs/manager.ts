import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Emitter } from 'vscode-jsonrpc/node';
import { atWork, type RunSummary } from '../../protocol/runs.ts';
import { InputError } from '../../graph/errors.ts';
import { t } from '../l10n.ts';
import { endTree, isEngine } from '../process/processes.ts';
import type { Runs, Status } from '../types.ts';
import type { FollowListener } from './follow.ts';
import { Followers } from './followers.ts';
import { takeUp } from './after-reload.ts';
import { lastLogLines } from './files.ts';
import { isRun, readEngineFile } from '../../files/run-signs.ts';
import type { Job } from './jobs.ts';
import { Jobs } from './jobs.ts';
import { LiveRun, timeouts, type Outcome, type Timeouts } from './live.ts';
import type { RunsOptions } from './options.ts';
import { mayGoOn, mustAgree, tellFailure } from './questions.ts';
import { activeOf, listed, statusOf } from './status.ts';
import { ReportedStates } from './reported.ts';
import { Summaries } from './summaries.ts';
import type { ListedEvent } from '../../terms/run-events.ts';

const done: Outcome = { status: 'done', message: '', log: [], crashed: false, asked: false };

/** The runs of a workspace: found, started, queued, followed, stopped. Knows nothing of windows. */
export class RunManager implements Runs {
  private readonly changed = new Emitter<void>();
  private readonly changedStatus = new Emitter<Status>();
  readonly onDidChange = this.changed.event;
  readonly onDidChangeStatus = this.changedStatus.event;
  private readonly summaries: Summaries;
  private readonly live = new Map<string, LiveRun>();
  private readonly outcomes = new Map<string, Outcome>();
  private readonly lastJob = new Map<string, Job>();
  private readonly followers: Followers;
  private readonly jobs: Jobs;
  /** runs that go on by themselves if the window's reload has stopped them */
  private readonly reloading = new Set<string>();
  private readonly tick: NodeJS.Timeout;
  private disposed = false;
  private pumping: Promise<void> = Promise.resolve();
  /** while what a reload has stopped is taken up again: what waited behind it stays behind it */
  private takingUp = false;
  /** runs that are about to start: their room is theirs already, whatever is awaited until their process is there */
  private readonly coming = new Set<string>();
  /** how runs stood when that was last reported, by folder */
  private readonly reported = new ReportedStates((folder) => this.status(folder));
  private readonly times: Timeouts;

  constructor(private readonly options: RunsOptions) {
    const { engine, folders, log } = options;
    this.jobs = new Jobs(options.memory);
    this.times = options.times ?? timeouts;
    this.summaries = new Summaries({
      engine,
      folders,
      log,
      onFirstRead: () => options.onFirstRead?.(),
      onRead: async () => {
        for (const { folder } of this.summaries.all) if (!this.live.has(folder)) await this.adopt(folder);
        this.tellChanges();
        this.changed.fire();
      },
    });
    this.followers = new Followers(
      async (folder, from, most) => await (await engine.look()).request('readRun', { folder, from, most }),
      log,
    );
    let ticks = 0;
    this.tick = setInterval(() => {
      if (++ticks % 10 === 0 && this.jobs.owned.length) this.jobs.touch();
      // a terminal's run tells nobody when it ends: its folder is looked at for as long as it works
      if (this.others().length) this.refreshSoon(0);
      this.pokeFollowers();
    }, 2000);
    this.tick.unref();
  }

  /** Takes up what this window left behind when it was closed or reloaded; starts nothing where that is nothing. */
  async begin(): Promise<void> {
    if (!this.jobs.before.jobs.length && !this.jobs.queue.length) return;
    this.takingUp = true;
    const stopped = await takeUp({
      jobs: this.jobs,
      trusted: this.options.trusted,
      know: (folder) => this.summaries.know(folder),
      refresh: () => this.refresh(),
      summary: (folder) => this.summary(folder),
      isLive: (folder) => this.live.has(folder),
      isDisposed: () => this.disposed,
      mayEnd: (folder) => this.reloading.add(folder),
      restart: (job) => this.restart(job),
    }).finally(() => (this.takingUp = false));
    if (stopped) await this.offer(stopped);
    else await this.pump();
  }

  get list(): readonly RunSummary[] {
    return this.summaries.all.map((summary) => listed(summary, this.status(summary.folder)));
  }

  get active(): Runs['active'] {
    return activeOf(this.live, (folder) => this.summary(folder));
  }

  status(folder: string): Status {
    return statusOf(folder, {
      summary: this.summary(folder),
      live: this.live.get(folder),
      outcome: this.outcomes.get(folder),
      queued: this.jobs.isQueued(folder),
      deleted: this.reported.knows(folder),
    });
  }

  refresh(): Promise<void> {
    return this.summaries.refresh();
  }

  /** Refreshes soon, once for many reasons. */
  refreshSoon(milliseconds?: number): void {
    this.summaries.refreshSoon(milliseconds);
  }

  async start(folder: string, candidate?: Job['candidate']): Promise<void> {
    const job: Job = candidate ? { folder, candidate } : { folder };
    if (!this.options.trusted())
      throw new InputError(
        t('Runs start only in a trusted workspace: trust it first (Workspaces: Manage Workspace Trust).'),
      );
    if (!(await isRun(folder))) throw new InputError(t('{0} is no run any more.', folder));
    this.summaries.know(folder);
    if (!this.summary(folder) || this.others().length) await this.refresh();
    const running = this.live.get(folder) ?? (await this.adopt(folder));
    if (running || this.others().includes(folder))
      throw new InputError(t('The run {0} is at work already.', path.basename(folder)));
    await mustAgree(folder, this.options);
    this.outcomes.delete(folder);
    if (this.working() >= Math.max(1, this.options.settings().maxParallel)) {
      this.jobs.enqueue(job);
      this.fire(folder);
      this.refreshSoon();
      return;
    }
    await this.launch(job);
  }

  async pause(folder: string): Promise<void> {
    const live = this.live.get(folder);
    if (!live) throw new InputError(t('The run {0} is not at work.', path.basename(folder)));
    await live.ask('pause');
    await this.pump();
  }

  async resume(folder: string): Promise<void> {
    const live = this.live.get(folder);
    if (live) await live.ask('resume');
    else await this.start(folder, this.lastJob.get(folder)?.candidate);
  }

  async stop(folder: string): Promise<void> {
    if (this.jobs.dequeue(folder)) return this.fire(folder);
    this.reloading.delete(folder);
    const live = this.live.get(folder) ?? (await this.adopt(folder));
    if (live) return live.stop();
    // one that can't be reached, but is there
    const file = await readEngineFile(folder);
    if (file && (await isEngine(file.pid, folder))) await endTree(file.pid, this.times.term);
    else if (this.others().includes(folder)) {
      await this.refresh();
      const { fixed } = this.status(folder);
      if (fixed !== null) throw new InputError(`${path.basename(folder)}: ${fixed}`);
    }
    this.refreshSoon();
  }

  async remove(folder: string): Promise<void> {
    const live = this.live.has(folder) || (await this.adopt(folder));
    if (this.others().includes(folder)) await this.refresh();
    if (live || this.others().includes(folder))
      throw new InputError(t('The run {0} is at work: stop it first.', path.basename(folder)));
    if (!(await isRun(folder))) throw new InputError(t('{0} is no run any more.', folder));
    this.jobs.dequeue(folder);
    await rm(folder, { recursive: true, force: true });
    this.outcomes.delete(folder);
    this.summaries.forget(folder);
    this.reported.forget(folder);
    this.changed.fire();
  }

  follow(folder: string, listener: FollowListener): { dispose(): void } {
    this.summaries.know(folder);
    void this.fetchLog(folder);
    return this.followers.add(folder, listener, this.live.get(folder)?.connection?.recent ?? []);
  }

  /** The settings changed. */
  reconsider(): void {
    for (const live of this.live.values()) live.keep(this.options.settings().keepAlive);
    void this.pump();
  }

  dispose(): void {
    this.disposed = true;
    clearInterval(this.tick);
    this.summaries.dispose();
    if (this.jobs.owned.length) this.jobs.touch();
    this.followers.end();
    for (const live of this.live.values()) live.release();
  }

  private summary(folder: string): RunSummary | undefined {
    return this.summaries.of(folder);
  }

  /** Runs at work here and in terminals; those that are held make room. */
  private working(): number {
    const others = this.others().filter((folder) => this.summary(folder)?.status === 'running');
    const coming = [...this.coming].filter((folder) => !this.live.has(folder));
    return [...this.live.values()].filter((live) => !live.paused).length + others.length + coming.length;
  }

  /** Runs that somebody works on whom we can't reach: started in a terminal. */
  private others(): string[] {
    return this.summaries.all.flatMap(({ folder, status }) =>
      atWork(status) && !this.live.has(folder) ? [folder] : [],
    );
  }

  /** What has become of runs without a word to us: one of a terminal that ended or was killed, a folder that was deleted. */
  private tellChanges(): void {
    const changed = this.reported.changed(this.summaries.all.map(({ folder }) => folder));
    for (const folder of changed) {
      this.followers.poke(folder);
      this.changedStatus.fire(this.status(folder));
    }
    if (changed.length) void this.pump();
  }

  /** Connects to the process that works on a run, if one does. */
  private async adopt(folder: string): Promise<LiveRun | null> {
    const file = await readEngineFile(folder);
    if (!file || this.disposed || !(await isEngine(file.pid, folder))) return null;
    const known = this.live.get(folder);
    if (known) return known;
    const live = this.made({ folder });
    try {
      await live.adopt(file);
      this.options.log(`run ${folder}: found at work in process ${file.pid}`);
      return live;
    } catch (error) {
      live.release();
      if (this.live.get(folder) === live) this.live.delete(folder);
      this.options.log(`run ${folder}: ${(error as Error).message}`);
      return null;
    }
  }

  private async launch(job: Job): Promise<void> {
    this.coming.delete(job.folder);
    const live = this.made(job);
    this.lastJob.set(job.folder, job);
    try {
      await live.launch(this.options.script, await this.options.node());
    } catch (error) {
      live.release();
      this.live.delete(job.folder);
      this.fire(job.folder);
      throw error;
    }
    this.jobs.own(job);
    this.fire(job.folder);
    this.refreshSoon();
  }

  private made(job: Job): LiveRun {
    const { folder } = job;
    const live = LiveRun.make(job, this.options.settings().keepAlive, this.options.log, this.times);
    this.live.set(folder, live);
    live.onChange(() => this.fire(folder));
    live.onAttach((connection) => this.followers.restart(folder, connection.recent));
    live.onEvents((events) => {
      this.followers.live(folder, events);
      this.count(folder, events);
    });
    live.onEnd((outcome) => void this.finished(live, outcome));
    return live;
  }

  /** What the list shows of a run at work, without reading its file again for every candidate. */
  private count(folder: string, events: readonly ListedEvent[]): void {
    const more = this.summaries.count(folder, events);
    if (events.some((event) => ['chosen', 'score', 'written', 'done'].includes(event.type)))
      this.refreshSoon(1000);
    else if (more || events.some((event) => event.type === 'progress')) this.changed.fire();
  }

  private async finished(live: LiveRun, outcome: Outcome): Promise<void> {
    const { folder } = live.job;
    const owned = this.jobs.owned.find((job) => job.folder === folder);
    this.live.delete(folder);
    this.jobs.disown(folder);
    if (this.disposed) return;
    const unasked = outcome.status === 'stopped' && !outcome.asked && this.reloading.has(folder);
    this.reloading.delete(folder);
    if (unasked && owned) {
      this.coming.add(folder);
      await this.summaries.refresh().catch((error: Error) => this.options.log(`runs: ${error.message}`));
      if (owned.candidate || this.summary(folder)?.status !== 'done')
        return this.launch(owned).catch((error: Error) => this.failedStart(owned, error));
      this.coming.delete(folder);
    }
    this.outcomes.set(folder, outcome);
    await this.refresh().catch((error: Error) => this.options.log(`runs: ${error.message}`));
    // the folder tells it from now on, but for what only we have seen
    const ended = outcome.crashed && this.summary(folder)?.status === 'done' ? done : outcome;
    if (ended.status !== 'failed' && !ended.message) this.outcomes.delete(folder);
    this.followers.poke(folder);
    this.fire(folder);
    await this.pump();
    if (ended.status === 'failed' && owned) void this.tellFailure(owned, ended);
  }

  /** Starts what waits, while there is room; one after the other, however many ask. */
  private pump(): Promise<void> {
    this.pumping = this.pumping.then(() => this.startWaiting());
    return this.pumping;
  }

  private async startWaiting(): Promise<void> {
    while (
      !this.disposed &&
      !this.takingUp &&
      this.options.trusted() &&
      this.jobs.queue.length &&
      this.working() < Math.max(1, this.options.settings().maxParallel)
    ) {
      const job = this.jobs.next();
      if (!job) return;
      this.coming.add(job.folder);
      if ((await isRun(job.folder)) && !this.live.has(job.folder))
        await this.launch(job).catch((error: Error) => this.failedStart(job, error));
      else this.coming.delete(job.folder);
    }
  }

  private restart(job: Job): Promise<void> {
    return this.start(job.folder, job.candidate).catch((error: Error) => this.failedStart(job, error));
  }

  private failedStart(job: Job, error: Error): void {
    const outcome: Outcome = { ...done, status: 'failed', message: error.message };
    this.outcomes.set(job.folder, outcome);
    this.fire(job.folder);
    void this.tellFailure(job, outcome);
  }

  private async tellFailure(job: Job, outcome: Outcome): Promise<void> {
    if (!(await tellFailure(job, outcome, this.options))) return;
    await this.start(job.folder, job.candidate).catch((error: Error) =>
      this.options.say('error', error.message),
    );
  }

  /** Runs that stopped when the window was closed, and what waited behind them. */
  private async offer(stopped: readonly Job[]): Promise<void> {
    if (!stopped.length && !this.jobs.queue.length) return;
    if (!(await mayGoOn([...stopped, ...this.jobs.queue], this.options))) {
      while (this.jobs.next());
      return;
    }
    for (const job of stopped) await this.restart(job);
    await this.pump();
  }

  private async fetchLog(folder: string): Promise<void> {
    if (this.outcomes.has(folder) || this.status(folder).status !== 'failed') return;
    const log = await lastLogLines(folder);
    const { message, status } = this.status(folder);
    if (status !== 'failed' || this.outcomes.has(folder)) return;
    this.outcomes.set(folder, { ...done, status, message: message ?? '', log });
    this.fire(folder);
  }

  /** Runs that work without a connection to us (in a terminal) are read again now and then, where one follows them. */
  private pokeFollowers(): void {
    for (const folder of this.followers.folders)
      if (!this.live.has(folder) && atWork(this.status(folder).status)) this.followers.poke(folder);
  }

  private fire(folder: string): void {
    if (this.disposed) return;
    // as it was reported last, so that any change that a later look finds is reported too
    this.reported.note(folder);
    this.changedStatus.fire(this.status(folder));
    this.changed.fire();
  }
}
