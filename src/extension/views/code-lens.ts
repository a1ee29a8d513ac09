import * as vscode from 'vscode';
import { t } from '../l10n.ts';

/** The commands of a pruned config, above its first line. */
export function provideCodeLenses(): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  return vscode.Disposable.from(
    changed,
    vscode.workspace.onDidGrantWorkspaceTrust(() => changed.fire()),
    vscode.languages.registerCodeLensProvider(
      { scheme: 'file', pattern: '**/*.espalier.json' },
      {
        onDidChangeCodeLenses: changed.event,
        provideCodeLenses({ uri }) {
          const range = new vscode.Range(0, 0, 0, 0);
          const lens = (title: string, command: string) =>
            new vscode.CodeLens(range, { title, command, arguments: [uri] });
          const lenses = [lens(`$(diff) ${t('Channel Diff')}`, 'espalier.openDiff')];
          if (vscode.workspace.isTrusted)
            lenses.push(
              lens(t('Compare with HEAD'), 'espalier.compareHead'),
              lens(t('Compare with…'), 'espalier.compareRevision'),
              lens(t('Apply'), 'espalier.apply'),
            );
          lenses.push(lens(t('Verify'), 'espalier.verify'));
          if (vscode.workspace.isTrusted) lenses.push(lens(t('Commit…'), 'espalier.commitConfig'));
          return lenses;
        },
      },
    ),
  );
}
