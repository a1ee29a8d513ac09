import * as vscode from 'vscode';
import { isPage } from '../models/kinds.ts';

/**
 * Opens a report in a browser where there is one on this machine, else in the editor. The path may come from a file of
 * the workspace, and the system starts what it is asked to open if it is a program: so only pages, and only where the
 * workspace is trusted.
 */
export async function openReport(file: string, options?: vscode.TextDocumentShowOptions): Promise<void> {
  const uri = vscode.Uri.file(file);
  // a browser elsewhere can't reach a file of this machine
  const here = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (here && vscode.workspace.isTrusted && isPage(file) && (await vscode.env.openExternal(uri))) return;
  await vscode.commands.executeCommand('vscode.open', uri, options);
}
