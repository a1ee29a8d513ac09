import path from 'node:path';
import * as vscode from 'vscode';
import type { DiffFormat, Side } from '../../protocol/views.ts';
import { configSuffix } from '../../config/files.ts';
import { t } from '../l10n.ts';
import { modelEndings } from '../../terms/written.ts';

/** Asks for an image set; null where the dialogue was closed. */
export async function pickData(kind: 'folder' | 'file', near: string | null): Promise<string | null> {
  const picked = await vscode.window.showOpenDialog({
    title: kind === 'folder' ? t('Folder of images') : t('Archive or array file of images'),
    openLabel: t('Use These Images'),
    canSelectFolders: kind === 'folder',
    canSelectFiles: kind === 'file',
    defaultUri: near === null ? undefined : vscode.Uri.file(near),
    filters: kind === 'file' ? { [t('Image sets')]: ['zip', 'tar', 'gz', 'tgz', 'npz'] } : undefined,
  });
  return picked?.[0]?.fsPath ?? null;
}

/** Asks for a model or pruned config to compare with; null where the dialogue was closed. */
export async function pickSide(near: string | null): Promise<Side | null> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Model or pruned config to compare with'),
    openLabel: t('Compare'),
    defaultUri: near === null ? undefined : vscode.Uri.file(near),
    filters: { [t('Models and pruned configs')]: [...modelEndings, 'json'] },
  });
  const file = picked?.[0]?.fsPath;
  if (!file) return null;
  return { kind: file.toLowerCase().endsWith(configSuffix) ? 'config' : 'model', file };
}

/** Asks for the folder that a model and its config are written to; null where the dialogue was closed. */
export async function pickOutFolder(near: string): Promise<string | null> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Folder for the pruned model and its config'),
    openLabel: t('Write Here'),
    canSelectFolders: true,
    canSelectFiles: false,
    defaultUri: vscode.Uri.file(near),
  });
  return picked?.[0]?.fsPath ?? null;
}

/** Asks where a comparison is saved; null where the dialogue was closed. */
export async function pickExport(format: DiffFormat, folder: string, name: string): Promise<string | null> {
  const ending = format === 'html' ? 'html' : 'md';
  const picked = await vscode.window.showSaveDialog({
    title: t('Export the channel diff'),
    defaultUri: vscode.Uri.file(path.join(folder, `${name}.${ending}`)),
    filters: format === 'html' ? { HTML: ['html'] } : { Markdown: ['md'] },
  });
  return picked?.fsPath ?? null;
}

/** Asks whether a run shall be deleted. */
export async function confirmRemoval(run: string): Promise<boolean> {
  const yes = t('Delete');
  const pressed = await vscode.window.showWarningMessage(
    t('Delete the run {0}?', path.basename(run)),
    {
      modal: true,
      detail: t('Its candidates and its checkpoint go for good. Written models and configs stay.'),
    },
    yes,
  );
  return pressed === yes;
}
