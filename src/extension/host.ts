import * as vscode from 'vscode';
import { configCommands } from './commands/configs.ts';
import { engineCommands } from './commands/engine.ts';
import { modelCommands } from './commands/models.ts';
import { runnerOf } from './commands/register.ts';
import type { RunCommand } from './commands/register.ts';
import { runCommands } from './commands/runs.ts';
import { sampleCommands } from './commands/sample.ts';
import { createEngine } from './engine/index.ts';
import { createCommits } from './git/commits.ts';
import { translateWith } from './l10n.ts';
import { TfjsModels } from './models/tfjs-models.ts';
import { createPanels } from './panels/index.ts';
import { createRuns } from './runs/index.ts';
import type { Services } from './types.ts';
import { provideCodeLenses } from './views/code-lens.ts';
import { keepContextKeys } from './views/context-keys.ts';
import { notifyWhenDone } from './views/notify.ts';
import { RunsTree } from './views/runs-tree.ts';
import { showInStatusBar } from './views/status-bar.ts';

/**
 * Puts the pieces together; returns what runs a command of the manifest. Nothing is started, read or searched here: that
 * happens when it is first needed.
 */
export function start(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): RunCommand {
  translateWith((message, ...args) => vscode.l10n.t(message, ...args));
  const engine = createEngine(context, log);
  const runs = createRuns(context, log, engine);
  const commits = createCommits(log, runs, engine);
  const services: Omit<Services, 'panels'> = { context, log, engine, runs, commits };
  const panels = createPanels(services);
  const tfjs = new TfjsModels((error) => log.warn(`TensorFlow.js models: ${String(error)}`));
  const tree = new RunsTree(runs, engine, log);
  const parts = { ...services, panels, tfjs, tree };
  context.subscriptions.push(
    engine,
    runs,
    panels,
    tfjs,
    tree,
    keepContextKeys(runs),
    showInStatusBar(runs),
    notifyWhenDone(runs),
    provideCodeLenses(),
  );
  setTimeout(() => void tfjs.ready(), 0);
  return runnerOf(parts, {
    ...modelCommands(parts),
    ...configCommands(parts),
    ...runCommands(parts),
    ...engineCommands(parts),
    ...sampleCommands(parts),
  });
}
