import * as vscode from 'vscode';
import { t } from '../l10n.ts';
import type { Runs } from '../types.ts';
import { statusText } from './labels.ts';
import { atWork } from '../../protocol/runs.ts';

/** One item, there only while a run is alive: its stage, how far it is, and the time left. */
export function showInStatusBar(runs: Runs): vscode.Disposable {
  let item: vscode.StatusBarItem | null = null;
  const update = () => {
    const { active } = runs;
    if (!active) {
      item?.dispose();
      item = null;
      return;
    }
    const { summary, progress } = active;
    item ??= newItem();
    const others = runs.list.filter(
      ({ folder, status }) => folder !== summary.folder && (atWork(status) || runs.status(folder).queued),
    ).length;
    const text = statusText(summary, progress, others);
    if (item.text === text) return;
    item.text = text;
    item.tooltip = t('Espalier: {0}, {1}. Click to open.', summary.method, summary.goal);
    item.accessibilityInformation = {
      label: `Espalier, ${text.replace(/^\$\([^)]*\) /, '')}`,
      role: 'button',
    };
    item.command = { command: 'espalier.openRun', title: t('Open Run'), arguments: [summary.folder] };
    item.show();
  };
  const disposables = [runs.onDidChange(update), runs.onDidChangeStatus(update)];
  // The time left runs down between what a run tells.
  const timer = setInterval(() => {
    if (item) update();
  }, 1000);
  timer.unref();
  update();
  return {
    dispose() {
      clearInterval(timer);
      item?.dispose();
      for (const disposable of disposables) disposable.dispose();
    },
  };
}

function newItem(): vscode.StatusBarItem {
  const item = vscode.window.createStatusBarItem('espalier.run', vscode.StatusBarAlignment.Left, 10);
  item.name = t('Espalier run');
  return item;
}
