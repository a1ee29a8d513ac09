import * as vscode from 'vscode';
import type { Engine } from '../types.ts';
import { EngineHost } from './engine.ts';

/** The looking process of this window; nothing starts before it is asked for. */
export function createEngine(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Engine {
  const settings = () => vscode.workspace.getConfiguration('espalier');
  const engine = new EngineHost({
    script: engineScript(context),
    nodePath: () => settings().get('nodePath', ''),
    log: (line) => log.info(line),
  });
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('espalier.nodePath')) void engine.restart();
    }),
  );
  return engine;
}

/** The engine's bundle beside the extension's own. */
export function engineScript(context: vscode.ExtensionContext): string {
  return vscode.Uri.joinPath(context.extensionUri, 'dist', 'engine.cjs').fsPath;
}
