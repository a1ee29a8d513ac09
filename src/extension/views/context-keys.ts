import * as vscode from 'vscode';
import type { Runs } from '../types.ts';

/** Keeps the keys that commands are shown by: whether there are runs, and what they do. */
export function keepContextKeys(runs: Runs): vscode.Disposable {
  const known = new Map<string, boolean>();
  const set = (key: string, value: boolean) => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  const update = () => {
    const states = runs.list.map(({ folder }) => runs.status(folder));
    const any = (...wanted: string[]) =>
      states.some(({ status, queued }) => wanted.includes(queued ? 'queued' : status));
    set('espalier.hasRuns', states.length > 0);
    set('espalier.runAlive', any('running', 'paused', 'queued'));
    set('espalier.runWorking', any('running'));
    set('espalier.runResumable', any('paused', 'stopped', 'failed'));
  };
  const disposables = [runs.onDidChange(update), runs.onDidChangeStatus(update)];
  update();
  return vscode.Disposable.from(...disposables);
}
