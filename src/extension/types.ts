import type * as vscode from 'vscode';
import type { Client } from '../protocol/rpc.ts';
import type { Look } from '../protocol/look.ts';
import type { RunSummary } from '../protocol/runs.ts';
import type { Host, Tab } from '../protocol/panel.ts';
import type { Notice } from '../protocol/contract.ts';
import type { Side } from '../protocol/views.ts';
import type { CandidateRef } from '../terms/candidates.ts';
import type { ListedEvent } from '../terms/run-events.ts';

/** The looking process: started on first need, restarted after a crash. */
export interface Engine extends vscode.Disposable {
  /** the connection, once shaken hands; starts the process. @throws Failure with the last lines of stderr */
  look(): Promise<Client<Look>>;
  /** one line for people: which Node, which backend and why; null until known */
  readonly description: string | null;
  readonly onDidChange: vscode.Event<void>;
  /** the same with a process of its own, for what keeps one busy; it ends with the work */
  apart<T>(work: (client: Client<Look>) => Promise<T>): Promise<T>;
  /** ends the process; the next `look` starts a new one */
  restart(): Promise<void>;
}

export type Status = Notice<Host, 'status'>;

/** The runs of the workspace's folders: found on disk, started, followed, stopped. */
export interface Runs extends vscode.Disposable {
  readonly list: readonly RunSummary[];
  readonly onDidChange: vscode.Event<void>;
  refresh(): Promise<void>;
  /** the live state of a run; the summary's own where no process works on it */
  status(folder: string): Status;
  readonly onDidChangeStatus: vscode.Event<Status>;
  /** the latest progress of the run at work, for the status bar; null where none is */
  readonly active: { readonly summary: RunSummary; readonly progress: ListedEvent | null } | null;
  /** starts a made or stopped run, or queues it while another works */
  start(folder: string, candidate?: CandidateRef): Promise<void>;
  pause(folder: string): Promise<void>;
  resume(folder: string): Promise<void>;
  /** politely (checkpoint), then the whole tree is killed */
  stop(folder: string): Promise<void>;
  /** deletes the folder of a run that is not at work */
  remove(folder: string): Promise<void>;
  /** all events from the first on, in batches, then live ones */
  follow(
    folder: string,
    listener: (events: readonly ListedEvent[], reset: boolean) => void,
  ): vscode.Disposable;
}

/** The panels: one a model, and one a comparison. */
export interface Panels extends vscode.Disposable {
  openModel(model: vscode.Uri, options?: { readonly tab?: Tab; readonly run?: string }): Promise<void>;
  openRun(folder: string, tab?: Tab): Promise<void>;
  compare(a: Side, b: Side): Promise<void>;
}

/** The files that a commit is of, as they were written: by SHA-256, a model's with its weight files. */
export interface Shown {
  readonly config: string;
  readonly model: string;
}

/** Commits a pruned config and what the user ticks. Null: called off. */
export interface Commits {
  /** @param shown what the user sees: refused where other files stand there */
  commit(
    config: vscode.Uri,
    shown?: Shown,
  ): Promise<{ readonly hash: string; readonly files: readonly string[] } | null>;
}

/** What the pieces of the extension share. */
export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly engine: Engine;
  readonly runs: Runs;
  readonly panels: Panels;
  readonly commits: Commits;
}
