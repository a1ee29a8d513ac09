import path from 'node:path';
import * as vscode from 'vscode';
import { readConfig } from '../../config/files.ts';
import { InputError } from '../../graph/errors.ts';
import { NeedsTrust } from '../commands/errors.ts';
import { t } from '../l10n.ts';
import type { Commits, Runs } from '../types.ts';
import { gitApi, repositoryOf } from './api.ts';
import { askUser } from './ask.ts';
import { NoRepository } from './errors.ts';
import { commitFlow } from './flow.ts';
import type { GitApi } from './git.d.ts';
import { isProtectedBy } from './protect.ts';
import type { Repository } from './repository.ts';

/** Commits through the built-in git extension. */
export function createCommits(log: vscode.LogOutputChannel, runs: Pick<Runs, 'list'>): Commits {
  let busy = false;
  return {
    async commit(config) {
      // Two at once would mix their questions, and the index.
      if (busy) throw new InputError(t('A commit is under way already; finish or cancel it first.'));
      busy = true;
      try {
        return await commit(config, log, runs);
      } finally {
        busy = false;
      }
    },
  };
}

async function commit(config: vscode.Uri, log: vscode.LogOutputChannel, runs: Pick<Runs, 'list'>) {
  if (!vscode.workspace.isTrusted) throw new NeedsTrust();
  const api = await gitApi();
  const parsed = await readConfig(config.fsPath);
  const repository = await repositoryFor(api, config);
  if (!repository) return null;
  const git = vscode.workspace.getConfiguration('git', config);
  const patterns = git.get<string[]>('branchProtection') ?? [];
  const limit =
    vscode.workspace.getConfiguration('espalier', config).get<number>('largeModelMegabytes') ?? 20;
  const run = runs.list.find(({ written }) => written?.config === config.fsPath);
  const committed = await commitFlow(
    repository,
    {
      configFile: config.fsPath,
      config: parsed,
      largest: limit * 1e6,
      report: run?.written?.report ?? null,
      isProtected: (branch) => isProtectedBy(patterns, branch),
    },
    askUser,
  );
  if (!committed) return null;
  log.info(`committed ${committed.hash}: ${committed.files.join(', ')}`);
  if (committed.warning) void vscode.window.showWarningMessage(committed.warning);
  return { hash: committed.hash, files: committed.files };
}

/** The config's repository; where there is none, one is made if the user wants it. */
async function repositoryFor(api: GitApi, config: vscode.Uri): Promise<Repository | null> {
  try {
    return await repositoryOf(api, config);
  } catch (error) {
    if (!(error instanceof NoRepository)) throw error;
    const folder =
      vscode.workspace.getWorkspaceFolder(config)?.uri ?? vscode.Uri.file(path.dirname(config.fsPath));
    const initialise = t('Initialize Repository');
    const answer = await vscode.window.showWarningMessage(
      t("{0} isn't in a git repository.", path.basename(config.fsPath)),
      { modal: true, detail: t('Make one in {0}?', folder.fsPath) },
      initialise,
    );
    if (answer !== initialise) return null;
    await api.init(folder);
    return await repositoryOf(api, config);
  }
}
