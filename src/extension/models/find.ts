import * as vscode from 'vscode';
import { t } from '../l10n.ts';
import { modelEndings } from '../../terms/written.ts';
import { isConfig, isModelName, skippedFolders } from './kinds.ts';
import type { TfjsModels } from './tfjs-models.ts';

const most = 1000;
const skipped = `**/{${skippedFolders.join(',')}}/**`;
export type FileKind = 'model' | 'config' | 'either';

/** What kind of file of ours this is, or null. */
export async function kindOf(uri: vscode.Uri, tfjs: TfjsModels): Promise<'model' | 'config' | null> {
  if (isConfig(uri.fsPath)) return 'config';
  if (isModelName(uri.fsPath) || tfjs.has(uri) || (await tfjs.look(uri))) return 'model';
  return null;
}

/** The file in the active tab, also where it is no text. */
export function activeFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const open =
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
  return open?.scheme === 'file' ? open : undefined;
}

/** The workspace's models or configs, by path. Not its .zip files, most of which hold something else. */
export async function findFiles(wanted: FileKind, tfjs: TfjsModels): Promise<vscode.Uri[]> {
  const endings = {
    model: `**/*.{${modelEndings.join(',')}}`,
    config: '**/*.espalier.json',
    either: `**/*.{${modelEndings.join(',')},espalier.json}`,
  };
  const found = await vscode.workspace.findFiles(endings[wanted], skipped, most);
  if (wanted !== 'config') {
    await tfjs.ready();
    found.push(...tfjs.files);
  }
  return found.sort((a, b) => a.fsPath.localeCompare(b.fsPath));
}

/**
 * Lets the user choose a file of the workspace, or of the whole disk.
 * @param except not offered
 */
export async function pickFile(
  wanted: FileKind,
  title: string,
  tfjs: TfjsModels,
  except?: vscode.Uri,
): Promise<vscode.Uri | undefined> {
  type Item = vscode.QuickPickItem & { readonly uri?: vscode.Uri };
  const items = findFiles(wanted, tfjs).then((found): Item[] => [
    ...found
      .filter(({ fsPath }) => fsPath !== except?.fsPath)
      .map((uri) => ({
        label: vscode.workspace.asRelativePath(uri),
        iconPath: new vscode.ThemeIcon(isConfig(uri.fsPath) ? 'json' : 'symbol-structure'),
        uri,
      })),
    { label: t('Browse…'), iconPath: new vscode.ThemeIcon('folder-opened'), alwaysShow: true },
  ]);
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: wanted === 'config' ? t('A pruned config of this workspace') : t('A file of this workspace'),
    matchOnDescription: true,
  });
  if (!picked || picked.uri) return picked?.uri;
  const filters: Record<string, string[]> = {};
  if (wanted !== 'config') filters[t('Models')] = [...modelEndings, 'json', 'zip'];
  else filters[t('Pruned configs')] = ['espalier.json', 'json'];
  const opened = await vscode.window.showOpenDialog({ title, filters, canSelectMany: false });
  return opened?.[0];
}

/** The workspace's folders on disk: below them the sources of configs may lie. */
export function workspaceRoots(): string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
}
