import * as vscode from 'vscode';
import { t } from '../l10n.ts';
import type { RunsTree } from '../views/runs-tree.ts';
import type { TfjsModels } from '../models/tfjs-models.ts';
import type { Services } from '../types.ts';
import { folderOf } from './arguments.ts';
import { NeedsTrust, tell } from '../window/errors.ts';
import type { Action } from '../window/errors.ts';

/** What commands work with. */
export interface Parts extends Services {
  readonly tfjs: TfjsModels;
  readonly tree: RunsTree;
}

export type Handler = (...given: unknown[]) => unknown;

/** Runs a command by its identifier with what VS Code gave it. */
export type RunCommand = (id: string, given: readonly unknown[]) => Promise<unknown>;

/** Runs commands so that whatever one throws is logged and reported in the same way. */
export function runnerOf(parts: Parts, handlers: Readonly<Record<string, Handler>>): RunCommand {
  return async (id, given) => {
    try {
      return await handlers[id](...given);
    } catch (error) {
      // Not awaited: a message may stay for hours.
      void show(parts, id, error, folderOf(given[0]));
      return undefined;
    }
  };
}

async function show({ log, runs }: Parts, id: string, error: unknown, run?: string): Promise<void> {
  const report = tell(error, run !== undefined);
  if (!report) return;
  log[report.severity === 'error' ? 'error' : 'warn'](`${id}: ${report.detail}`);
  const names: Record<Action, string> = {
    log: t('Show Log'),
    resume: t('Resume'),
    setup: t('Set Up…'),
    health: t('Backend Health'),
    trust: t('Manage Trust'),
  };
  const say = report.severity === 'error' ? vscode.window.showErrorMessage : vscode.window.showWarningMessage;
  const pressed = await say(report.text, ...report.actions.map((action) => names[action]));
  const action = report.actions.find((one) => names[one] === pressed);
  if (action === 'log') log.show();
  else if (action === 'setup') await vscode.commands.executeCommand('espalier.setUpTensorflow');
  else if (action === 'health') await vscode.commands.executeCommand('espalier.doctor');
  else if (action === 'trust') await vscode.commands.executeCommand('workbench.trust.manage');
  else if (action === 'resume' && run) {
    await runs.resume(run).catch((again: unknown) => show({ log, runs } as Parts, id, again));
  }
}

/** @throws NeedsTrust in Restricted Mode */
export function needTrust(): void {
  if (!vscode.workspace.isTrusted) throw new NeedsTrust();
}
