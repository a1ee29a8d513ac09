import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { makeFolder } from '../../files/make-folder.ts';
import { InputError } from '../../graph/errors.ts';
import { protocolVersion } from '../../protocol/contract.ts';
import type { RunSummary } from '../../protocol/runs.ts';
import type { Host, PanelState } from '../../protocol/panel.ts';
import type { Handlers } from '../../protocol/rpc.ts';
import type { Side } from '../../protocol/views.ts';
import { openReport } from '../window/report.ts';
import { t } from '../l10n.ts';
import { workspaceRoots } from '../models/find.ts';
import type { Services } from '../types.ts';
import { planDefaults } from './defaults.ts';
import { confirmRemoval, pickData, pickExport, pickOutFolder, pickSide } from '../window/dialogs.ts';
import type { Measurement } from './measurement.ts';
import type { Stars } from './stars.ts';
import type { Subject } from './subject.ts';
import { sideName } from './subject.ts';
import { runFiles } from '../../terms/run-folder.ts';
import { workspaceOf } from '../../files/run-signs.ts';

/** What a panel's requests are answered from. */
export interface Asked {
  readonly subject: Subject;
  readonly services: Omit<Services, 'panels'>;
  readonly stars: Stars;
  /** what the panel remembers of itself */
  past(): PanelState | null;
  remember(state: PanelState): Promise<void>;
  /** tells the page of this run from now on */
  follow(run: string): void;
  /** the run that the page shows, or null */
  followed(): string | null;
  readonly measurement: Measurement;
  /** the page has asked what it is about: notices can be sent to it from now on */
  ready(): void;
}

/** The runs that a panel lists: those of its model, or all where it has none. */
export function runsOf(subject: Subject, all: readonly RunSummary[]): RunSummary[] {
  return all.filter(({ model }) => subject.model === null || model === subject.model);
}

/** The answers to what a panel asks of its host. */
export function handlers(asked: Asked): Handlers<Host> {
  const { subject, services, stars } = asked;
  const { engine, runs, commits, log } = services;
  const model = () => {
    if (subject.model === null)
      throw new InputError(t('This panel compares two files: open a model for that.'));
    return subject.model;
  };
  const near = () => subject.workspace ?? (subject.model === null ? null : path.dirname(subject.model));
  const setting = (name: string) =>
    vscode.workspace
      .getConfiguration('espalier', subject.model === null ? undefined : vscode.Uri.file(subject.model))
      .get<unknown>(name);
  const trusted = () => {
    if (!vscode.workspace.isTrusted)
      throw new InputError(
        t('Runs start only in a trusted workspace: trust it first (Workspaces: Manage Workspace Trust).'),
      );
  };

  return {
    ready: async () => {
      const { methods, preprocesses } = await (
        await engine.look()
      ).request('hello', { protocol: protocolVersion });
      const past = asked.past();
      asked.ready();
      return {
        protocol: protocolVersion,
        model: subject.model,
        name: subject.name,
        workspace: subject.workspace,
        trusted: vscode.workspace.isTrusted,
        compare: subject.compare,
        run: subject.run,
        tab: subject.tab,
        methods,
        preprocesses,
        strings: strings(),
        defaults: planDefaults(setting),
        backend: engine.description,
        past,
      };
    },
    remember: async ({ state }) => {
      await asked.remember(state);
      return {};
    },
    network: async ({ freeze, interiorOutputs }, signal) =>
      (await engine.look()).request('inspect', { model: model(), freeze, interiorOutputs }, signal),
    findData: async (_, signal) => {
      const folders = [path.dirname(model()), ...(subject.workspace === null ? [] : [subject.workspace])];
      return (await engine.look()).request(
        'findData',
        { folders: [...new Set(folders)], model: model() },
        signal,
      );
    },
    pickData: async ({ kind }) => ({ path: await pickData(kind, near()) }),
    reach: async (asked, signal) =>
      (await engine.look()).request('reach', { ...asked, model: model() }, signal),
    openData: async (asked, signal) =>
      (await engine.look()).request('openData', { ...asked, model: model() }, signal),
    assess: async (params, signal) => {
      // measuring trains a few steps and may run the user's own script
      if (params.measure) trusted();
      return (await engine.look()).request('assess', params, signal);
    },
    sensitivity: async ({ question }, signal) => {
      if (question) trusted();
      return await asked.measurement.ask(model(), question, signal);
    },
    start: async ({ draft }, signal) => {
      trusted();
      const { folder } = await (await engine.look()).request('create', { draft }, signal);
      await runs.start(folder);
      return { folder };
    },
    runs: async () => {
      await runs.refresh();
      return { runs: runsOf(subject, runs.list) };
    },
    follow: async ({ run }) => {
      const known = runs.list.find(({ folder }) => folder === run);
      const { summary } = known
        ? { summary: known }
        : await (await engine.look()).request('readRun', { folder: run, from: 0, most: 1 });
      asked.follow(run);
      return { ...summary, status: known ? summary.status : runs.status(run).status };
    },
    stop: async ({ run }) => {
      await runs.stop(run);
      return {};
    },
    pause: async ({ run }) => {
      await runs.pause(run);
      return {};
    },
    resume: async ({ run }) => {
      await runs.resume(run);
      return {};
    },
    remove: async ({ run }) => {
      if (!(await confirmRemoval(run))) return { removed: false };
      await runs.remove(run);
      return { removed: true };
    },
    fineTune: async ({ run, arm, id }) => {
      trusted();
      await runs.start(run, { arm, id });
      return {};
    },
    write: async (which, signal) => {
      const out = await pickOutFolder(
        await outFolder(String(setting('outFolder') ?? ''), subject, which.run),
      );
      return out === null ? null : (await engine.look()).request('write', { ...which, out }, signal);
    },
    commit: async ({ config, sha256 }) => {
      const done = await commits.commit(vscode.Uri.file(config), sha256);
      return done && { hash: done.hash, files: [...done.files] };
    },
    diff: async (sides, signal) => {
      // reads the repository with git
      if ([sides.a, sides.b].some(({ kind }) => kind === 'revision')) trusted();
      return (await engine.look()).request('diff', { ...sides, roots: workspaceRoots() }, signal);
    },
    pickSide: async () => ({ side: await pickSide(near()) }),
    exportDiff: async (params, signal) => {
      const asking = { ...params, roots: workspaceRoots() };
      const { text } = await (await engine.look()).request('exportDiff', asking, signal);
      const file = await pickExport(params.format, near() ?? '', exportName(params.a, params.b));
      if (file === null) return { file: null };
      await writeFile(file, text);
      return { file };
    },
    star: async ({ run, arm, id, starred }) => {
      await stars.set(run, { arm, id }, starred);
      return {};
    },
    stars: ({ run }) => ({ starred: stars.of(run) }),
    open: async ({ what, path: file }) => {
      if (what === 'trust') await vscode.commands.executeCommand('workbench.trust.manage');
      else if (what === 'doctor') await vscode.commands.executeCommand('espalier.doctor');
      else if (what === 'log') await openLog(file ?? asked.followed());
      else await openFile(file, what === 'report');
      return {};
    },
  };

  async function openLog(run: string | null) {
    const file = run === null ? null : path.join(run, runFiles.log);
    if (file && existsSync(file)) await openFile(file, false);
    else log.show();
  }

  async function openFile(file: string | undefined, asPage: boolean) {
    if (!file || !path.isAbsolute(file) || !existsSync(file))
      throw new InputError(t('{0} is not there any more.', file ?? '?'));
    const beside = { viewColumn: vscode.ViewColumn.Beside, preview: true };
    if (asPage) await openReport(file, beside);
    else await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), beside);
  }

  /** VS Code's translations of this extension's texts, by English text. */
  function strings(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(vscode.l10n.bundle ?? {}).filter((entry) => typeof entry[1] === 'string'),
    );
  }
}

/** Where models are written unless the user says otherwise: the setting's folder, made if need be, or beside the model. */
async function outFolder(named: string, { model, workspace }: Subject, run: string): Promise<string> {
  const base = workspace ?? workspaceOf(run);
  if (!named.trim()) return model === null ? base : path.dirname(model);
  const folder = path.resolve(base, named.trim());
  await makeFolder(folder).catch(() => {});
  return existsSync(folder) ? folder : base;
}

function exportName(a: Side, b: Side): string {
  return `${sideName(a)}-${sideName(b)}`.replace(/[^A-Za-z0-9._-]+/g, '-');
}
