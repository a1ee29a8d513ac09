import { copyFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { makeFolder } from '../../files/make-folder.ts';
import { t } from '../l10n.ts';
import { needTrust } from './register.ts';
import type { Handler, Parts } from './register.ts';

/** The sample that the extension brings: a trained network and its images. */
const files = ['model.h5', 'garden.zip'];

/** Puts the sample into the workspace, where it isn't yet, and opens it in the panel. */
export function sampleCommands({ context, panels }: Parts): Record<string, Handler> {
  return {
    'espalier.openSample': async () => {
      needTrust();
      const parent = await sampleParent();
      if (!parent) return;
      const folder = path.join(parent.fsPath, 'espalier-sample');
      await makeFolder(folder);
      for (const file of files) {
        const target = path.join(folder, file);
        // What the user has there stays.
        if (await stat(target).catch(() => null)) continue;
        await copyFile(vscode.Uri.joinPath(context.extensionUri, 'media', 'demo', file).fsPath, target);
      }
      await panels.openModel(vscode.Uri.file(path.join(folder, files[0])), { tab: 'plan' });
    },
  };
}

/** The workspace folder that takes it. */
async function sampleParent(): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders?.filter(({ uri }) => uri.scheme === 'file') ?? [];
  if (folders.length === 1) return folders[0].uri;
  if (folders.length) return (await vscode.window.showWorkspaceFolderPick())?.uri;
  const open = t('Open Folder…');
  const answer = await vscode.window.showInformationMessage(
    t('The sample is put into a folder of yours. Open one first.'),
    open,
  );
  if (answer === open) await vscode.commands.executeCommand('vscode.openFolder');
  return undefined;
}
