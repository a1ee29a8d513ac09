import path from 'node:path';
import * as vscode from 'vscode';
import { InputError } from '../../graph/errors.ts';
import { failureOf } from '../../protocol/rpc.ts';
import { NeedsTrust } from '../window/errors.ts';
import { cancellable } from '../window/progress.ts';
import { t } from '../l10n.ts';
import { workspaceRoots } from '../models/find.ts';
import type { Commits, Engine, Runs, Shown } from '../types.ts';
import { gitApi, repositoryOf } from './api.ts';
import { askUser } from './ask.ts';
import { NoRepository } from './errors.ts';
import { commitFlow } from './flow.ts';
import type { GitApi } from './git.d.ts';
import { isProtectedBy } from './protect.ts';
import type { Repository } from './repository.ts';
import { heldConfig } from './shown.ts';

/** Commits through the built-in git extension. */
export function createCommits(
  log: vscode.LogOutputChannel,
  runs: Pick<Runs, 'list'>,
  engine: Pick<Engine, 'look'>,
): Commits {
  let busy = false;
  return {
    async commit(config, shown) {
      // Two at once would mix their questions, and the index.
      if (busy) throw new InputError(t('A commit is under way already; finish or cancel it first.'));
      busy = true;
      try {
        return await commit(config, shown, { log, runs, engine });
      } finally {
        busy = false;
      }
    },
  };
}

interface Parts {
  readonly log: vscode.LogOutputChannel;
  readonly runs: Pick<Runs, 'list'>;
  readonly engine: Pick<Engine, 'look'>;
}

async function commit(config: vscode.Uri, shown: Shown | undefined, { log, runs, engine }: Parts) {
  if (!vscode.workspace.isTrusted) throw new NeedsTrust();
  const api = await gitApi();
  const hashModel = async (model: string) => (await (await engine.look()).request('hash', { model })).sha256;
  const held = await heldConfig(config.fsPath, hashModel, shown);
  if (!(await holds(engine, config))) return null;
  const repository = await repositoryFor(api, config);
  if (!repository) return null;
  const git = vscode.workspace.getConfiguration('git', config);
  const patterns = git.get<string[]>('branchProtection') ?? [];
  const limit =
    vscode.workspace.getConfiguration('espalier', config).get<number>('largeModelMegabytes') ?? 20;
  // the run that wrote these very files, not another that wrote there before or since
  const run = runs.list.find(
    ({ written }) => written?.config === config.fsPath && written.now.config === 'same',
  );
  const report = run?.written?.now.report === 'same' ? run.written.report : undefined;
  const committed = await commitFlow(
    repository,
    {
      configFile: config.fsPath,
      config: held.config,
      largest: limit * 1e6,
      report: report ?? null,
      check: held.check,
      isProtected: (branch) => isProtectedBy(patterns, branch),
    },
    askUser,
  );
  if (!committed) return null;
  log.info(`committed ${committed.hash}: ${committed.files.join(', ')}`);
  if (committed.warning) void vscode.window.showWarningMessage(committed.warning);
  return { hash: committed.hash, files: committed.files };
}

/**
 * Whether the config's costs and hashes are those of its files, so that the commit's message tells the truth; where that
 * can't be found out, the user decides.
 * @throws InputError where they are not
 */
async function holds(engine: Pick<Engine, 'look'>, config: vscode.Uri): Promise<boolean> {
  const name = path.basename(config.fsPath);
  let why: string;
  try {
    const { ok, checks } = await cancellable(t('Checking {0}', name), async (signal) =>
      (await engine.look()).request('verify', { config: config.fsPath, roots: workspaceRoots() }, signal),
    );
    if (ok) return true;
    const wrong = checks.filter((check) => !check.ok).map(({ what, text }) => `${what}: ${text}`);
    throw new InputError(
      t("{0} doesn't hold, so it isn't committed: {1}. Apply it or prune anew.", name, wrong.join('; ')),
    );
  } catch (error) {
    const { kind, message } = failureOf(error);
    if (kind === 'cancelled') return false;
    if (error instanceof InputError || kind !== 'input') throw error;
    why = message;
  }
  const anyway = t('Commit Anyway');
  const answer = await vscode.window.showWarningMessage(
    t("{0} can't be checked.", name),
    { modal: true, detail: why },
    anyway,
  );
  return answer === anyway;
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
