import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../l10n.ts';
import { stem } from '../models/kinds.ts';
import type { Runs } from '../types.ts';
import { isAgreement, type Measure } from '../../terms/scores.ts';

/**
 * Says that a run has ended, where its panel isn't in sight. Runs report their failures themselves, with the offer to
 * resume.
 */
export function notifyWhenDone(runs: Runs): vscode.Disposable {
  const last = new Map<string, string>();
  return runs.onDidChangeStatus(({ run, status }) => {
    const before = last.get(run);
    last.set(run, status);
    if (status !== 'done' || before !== 'running') return;
    const summary = runs.list.find(({ folder }) => folder === run);
    const name = summary ? stem(summary.model) : path.basename(run);
    if (summary && panelInSight(path.basename(summary.model))) return;
    const result = summary?.result;
    const text =
      result?.accuracy !== undefined
        ? ended(name, (100 * result.macsShare).toFixed(1), result.accuracy.toFixed(1), result.measure)
        : t('{0} is pruned.', name);
    const [open, commit] = [t('Open'), t('Commit…')];
    const buttons = summary?.written ? [open, commit] : [open];
    void vscode.window.showInformationMessage(text, ...buttons).then((pressed) => {
      if (pressed === open) return vscode.commands.executeCommand('espalier.openRun', run);
      if (pressed === commit && summary?.written)
        // the run, not the file: another may have written there since
        return vscode.commands.executeCommand('espalier.commitConfig', run);
    });
  });
}

function ended(name: string, share: string, accuracy: string, measure: Measure | undefined): string {
  return isAgreement(measure)
    ? t('{0} is pruned to {1} % of its MACs, at {2} % agreement with the original.', name, share, accuracy)
    : t('{0} is pruned to {1} % of its MACs, at {2} % accuracy.', name, share, accuracy);
}

/** Whether a panel about this model is on top in one of the editor groups. */
function panelInSight(model: string): boolean {
  return vscode.window.tabGroups.all.some(({ activeTab }) => {
    const input = activeTab?.input;
    return (
      input instanceof vscode.TabInputWebview &&
      input.viewType.endsWith('espalier.panel') &&
      activeTab!.label.includes(model)
    );
  });
}
