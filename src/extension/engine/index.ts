import * as vscode from 'vscode';
import type { Engine } from '../types.ts';
import { configuredNode, processSettings } from '../process/settings.ts';
import { LookingEngine } from './engine.ts';

/** The looking process of this window; nothing starts before it is asked for. */
export function createEngine(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Engine {
  const engine = new LookingEngine({
    script: engineScript(context),
    node: configuredNode,
    log: (line) => log.info(line),
    trusted: () => vscode.workspace.isTrusted,
  });
  context.subscriptions.push(
    vscode.workspace.onDidGrantWorkspaceTrust(() => engine.trust()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (processSettings.some((name) => event.affectsConfiguration(name))) void engine.restart();
    }),
  );
  return engine;
}

/** The engine's bundle beside the extension's own. */
function engineScript(context: vscode.ExtensionContext): string {
  return vscode.Uri.joinPath(context.extensionUri, 'dist', 'engine.cjs').fsPath;
}
