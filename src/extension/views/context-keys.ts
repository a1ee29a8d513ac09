import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Runs } from '../types.ts';
import { espalierFolder, runsFolder } from '../../terms/run-folder.ts';
import { alive, resumable } from './labels.ts';
import type { RunState } from './labels.ts';

/** Keeps the keys that commands are shown by: whether there are runs, and what they do. */
export function keepContextKeys(runs: Runs): vscode.Disposable {
  const known = new Map<string, boolean>();
  const set = (key: string, value: boolean) => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  // Until the runs are read, which needs the engine, their folders tell whether there are any.
  let onDisk = false;
  const update = () => {
    const states = runs.list.map(({ folder }): RunState => {
      const { status, queued } = runs.status(folder);
      return queued ? 'queued' : status;
    });
    set('espalier.hasRuns', onDisk || states.length > 0);
    set('espalier.runAlive', states.some(alive));
    set('espalier.runWorking', states.includes('running'));
    set('espalier.runResumable', states.some(resumable));
  };
  const disposables = [
    runs.onDidChange(() => {
      onDisk = false;
      update();
    }),
    runs.onDidChangeStatus(update),
  ];
  update();
  void runFolders().then((count) => {
    onDisk = count > 0;
    update();
  });
  return vscode.Disposable.from(...disposables);
}

/** How many run folders the workspace has. */
async function runFolders(): Promise<number> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const counts = await Promise.all(
    folders.map(({ uri }) =>
      readdir(path.join(uri.fsPath, espalierFolder, runsFolder)).then(
        (names) => names.length,
        () => 0,
      ),
    ),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
