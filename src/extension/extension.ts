import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import type { RunCommand } from './commands/register.ts';
import type * as host from './host.ts';

const require = createRequire(import.meta.url);

interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

/**
 * Registers the manifest's commands and nothing else, so that opening a window waits for next to nothing: the rest
 * (dist/host.cjs) is loaded right after, or by the first command if that comes before.
 */
export function activate(context: vscode.ExtensionContext): void {
  const began = performance.now();
  const log = vscode.window.createOutputChannel('Espalier', { log: true });
  let run: RunCommand | null = null;
  const load = (): RunCommand => (run ??= (require('./host.cjs') as typeof host).start(context, log));
  const { contributes } = context.extension.packageJSON as Manifest;
  const soon = setImmediate(() => {
    const before = performance.now();
    load();
    log.info(`loaded in ${(performance.now() - before).toFixed(1)} ms`);
  });
  context.subscriptions.push(
    log,
    { dispose: () => clearImmediate(soon) },
    ...contributes.commands.map(({ command }) =>
      vscode.commands.registerCommand(command, (...given: unknown[]) => load()(command, given)),
    ),
  );
  log.info(`activated in ${(performance.now() - began).toFixed(1)} ms`);
}

/** The pieces end themselves as subscriptions; the runs' own processes save and end when their host goes away. */
export function deactivate(): void {}
