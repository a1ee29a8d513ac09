import type { IntervalHistogram } from 'node:perf_hooks';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { configCommands } from './commands/configs.ts';
import { engineCommands } from './commands/engine.ts';
import { modelCommands } from './commands/models.ts';
import { register } from './commands/register.ts';
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

/** Puts the pieces together. Nothing is started, read or searched here: that happens when it is first needed. */
export function activate(context: vscode.ExtensionContext): void {
  const began = performance.now();
  translateWith((message, ...args) => vscode.l10n.t(message, ...args));
  const log = vscode.window.createOutputChannel('Espalier', { log: true });
  const engine = createEngine(context, log);
  const runs = createRuns(context, log, engine);
  const commits = createCommits(log, runs);
  const services: Omit<Services, 'panels'> = { context, log, engine, runs, commits };
  const panels = createPanels(services);
  const tfjs = new TfjsModels((error) => log.warn(`TensorFlow.js models: ${String(error)}`));
  const tree = new RunsTree(runs, engine, log);
  const parts = { ...services, panels, tfjs, tree };
  context.subscriptions.push(
    log,
    engine,
    runs,
    panels,
    tfjs,
    tree,
    keepContextKeys(runs),
    showInStatusBar(runs),
    notifyWhenDone(runs),
    provideCodeLenses(),
    register(parts, {
      ...modelCommands(parts),
      ...configCommands(parts),
      ...runCommands(parts),
      ...engineCommands(parts),
      ...sampleCommands(parts),
    }),
  );
  setTimeout(() => void tfjs.ready(), 0);
  const milliseconds = performance.now() - began;
  log.info(`activated in ${milliseconds.toFixed(1)} ms`);
  if (process.env.ESPALIER_TEST === '1') context.subscriptions.push(measureForTests(milliseconds));
}

/** The pieces end themselves as subscriptions; the runs' own processes save and end when their host goes away. */
export function deactivate(): void {}

/** What end-to-end tests ask: how long activation took, and how long the host's event loop was ever held. */
function measureForTests(activation: number): vscode.Disposable {
  const delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const command = vscode.commands.registerCommand('espalier._test.stats', (reset: unknown) => {
    const ms = (nanoseconds: number) => nanoseconds / 1e6;
    const stats = {
      activation,
      eventLoop: {
        p50: ms(delay.percentile(50)),
        p99: ms(delay.percentile(99)),
        p999: ms(delay.percentile(99.9)),
        max: ms(delay.max),
        mean: ms(delay.mean),
      },
    };
    if (reset === true) delay.reset();
    return stats;
  });
  return vscode.Disposable.from(command, { dispose: () => delay.disable() });
}
