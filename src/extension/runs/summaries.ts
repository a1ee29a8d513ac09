import { existsSync } from 'node:fs';
import path from 'node:path';
import type { RunSummary } from '../../protocol/runs.ts';
import type { Engine } from '../types.ts';
import type { ListedEvent } from '../../terms/run-events.ts';
import { espalierFolder, runsFolder } from '../../terms/run-folder.ts';
import { workspaceOf } from '../../files/run-signs.ts';

export interface SummariesOptions {
  readonly engine: Pick<Engine, 'look'>;
  /** the workspace's folders, absolute */
  readonly folders: () => readonly string[];
  readonly log: (line: string) => void;
  /** called once, when the folders are first read */
  readonly onFirstRead: () => void;
  /** called after every reading, before those who wait for it go on */
  readonly onRead: () => Promise<void>;
}

/** The runs as their folders tell them, the newest first: one reading at a time, however many ask. */
export class Summaries {
  private summaries: RunSummary[] = [];
  /** folders outside the workspace that hold runs which are looked at */
  private readonly elsewhere = new Set<string>();
  private reading: Promise<void> | null = null;
  private stale = false;
  private timer: NodeJS.Timeout | null = null;
  private disposed = false;
  private wasRead = false;

  constructor(private readonly options: SummariesOptions) {}

  get all(): readonly RunSummary[] {
    return this.summaries;
  }

  of(folder: string): RunSummary | undefined {
    return this.summaries.find((one) => one.folder === folder);
  }

  /** Runs of models outside the workspace's folders are listed too, once one of them was named. */
  know(folder: string): void {
    const workspace = workspaceOf(folder);
    if (!this.options.folders().includes(workspace)) this.elsewhere.add(workspace);
  }

  refresh(): Promise<void> {
    if (this.reading) {
      this.stale = true;
      return this.reading;
    }
    this.reading = (async () => {
      try {
        do {
          this.stale = false;
          await this.read();
        } while (this.stale && !this.disposed);
      } finally {
        this.reading = null;
      }
    })();
    return this.reading;
  }

  /** Refreshes soon, once for many reasons. */
  refreshSoon(milliseconds = 300): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      if (!this.disposed) this.refresh().catch((error: Error) => this.options.log(`runs: ${error.message}`));
    }, milliseconds);
  }

  /** Counts a live run's candidates without reading its file again. Tells whether the list has changed. */
  count(folder: string, events: readonly ListedEvent[]): boolean {
    const candidates = events.filter((event) => event.type === 'candidate').length;
    if (candidates)
      this.summaries = this.summaries.map((one) =>
        one.folder === folder ? { ...one, candidates: one.candidates + candidates } : one,
      );
    return candidates > 0;
  }

  forget(folder: string): void {
    this.summaries = this.summaries.filter((one) => one.folder !== folder);
  }

  dispose(): void {
    this.disposed = true;
    if (this.timer) clearTimeout(this.timer);
  }

  private async read(): Promise<void> {
    const { folders, engine, onFirstRead, onRead } = this.options;
    if (!this.wasRead) onFirstRead();
    this.wasRead = true;
    const found: RunSummary[] = [];
    for (const workspace of new Set([...folders(), ...this.elsewhere])) {
      if (!existsSync(path.join(workspace, espalierFolder, runsFolder))) continue;
      const look = await engine.look();
      found.push(...(await look.request('runs', { workspace })).runs);
    }
    if (this.disposed) return;
    this.summaries = found.sort((a, b) => b.created - a.created);
    await onRead();
  }
}
