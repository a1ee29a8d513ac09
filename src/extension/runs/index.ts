import * as vscode from 'vscode';
import type { Engine, Runs } from '../types.ts';
import { modelEndings } from '../../terms/written.ts';
import { configuredNode } from '../process/settings.ts';
import { logFile } from './files.ts';
import { RunManager } from './manager.ts';

/**
 * The runs of this window's workspace. Nothing is read or started before it is asked for, but what this window itself had at work
 * before a reload.
 */
export function createRuns(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  engine: Engine,
): Runs {
  const setting = <T>(name: string, otherwise: T) =>
    vscode.workspace.getConfiguration('espalier').get(name, otherwise);
  // run folders come and go by our own processes, other windows and the command line
  const watchers = new Map<string, vscode.Disposable>();
  const watch = () => {
    const folders = vscode.workspace.workspaceFolders ?? [];
    for (const [key, watcher] of watchers)
      if (!folders.some(({ uri }) => uri.toString() === key)) {
        watcher.dispose();
        watchers.delete(key);
      }
    for (const folder of folders) {
      const key = folder.uri.toString();
      if (folder.uri.scheme !== 'file' || watchers.has(key)) continue;
      const patterns = [
        `.espalier/runs/*/{run.json,engine.json,failure.json}`,
        // what runs wrote may be overwritten, or go
        `**/*{.espalier.json,${modelEndings.map((ending) => `.pruned.${ending}`).join(',')}}`,
        `**/*.pruned/model.json`,
      ];
      const soon = () => runs.refreshSoon();
      const all = patterns.map((pattern) => {
        const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, pattern));
        watcher.onDidCreate(soon);
        watcher.onDidChange(soon);
        watcher.onDidDelete(soon);
        return watcher;
      });
      watchers.set(key, vscode.Disposable.from(...all));
    }
  };
  let watching = false;
  const runs = new RunManager({
    engine,
    script: vscode.Uri.joinPath(context.extensionUri, 'dist', 'engine.cjs').fsPath,
    node: configuredNode,
    folders: () =>
      (vscode.workspace.workspaceFolders ?? [])
        .filter(({ uri }) => uri.scheme === 'file')
        .map(({ uri }) => uri.fsPath),
    trusted: () => vscode.workspace.isTrusted,
    settings: () => ({
      keepAlive: setting('keepRunsAlive', false),
      maxParallel: setting('maxParallelRuns', 1),
    }),
    memory: context.workspaceState,
    log: (line) => log.info(line),
    say: async (kind, text, ...buttons) => {
      const show = {
        error: vscode.window.showErrorMessage,
        warning: vscode.window.showWarningMessage,
        information: vscode.window.showInformationMessage,
      }[kind];
      return await show(text, ...buttons);
    },
    onFirstRead: () => {
      watching = true;
      watch();
    },
    showLog: (folder) =>
      void vscode.window
        .showTextDocument(vscode.Uri.file(logFile(folder)), { preview: true })
        .then(undefined, () => log.show()),
  });
  context.subscriptions.push(
    vscode.workspace.onDidChangeWorkspaceFolders(() => {
      if (!watching) return;
      watch();
      runs.refreshSoon();
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (
        event.affectsConfiguration('espalier.keepRunsAlive') ||
        event.affectsConfiguration('espalier.maxParallelRuns')
      )
        runs.reconsider();
    }),
    { dispose: () => watchers.forEach((watcher) => watcher.dispose()) },
  );
  setTimeout(() => void runs.begin().catch((error: Error) => log.error(`runs: ${error.message}`)), 0);
  return runs;
}
