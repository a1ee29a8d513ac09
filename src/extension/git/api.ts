import path from 'node:path';
import * as vscode from 'vscode';
import { InputError } from '../../graph/errors.ts';
import { t } from '../l10n.ts';
import { GitCli } from './cli.ts';
import { NoRepository, gitSentence } from './errors.ts';
import type { GitApi, GitExtension, GitRepository } from './git.d.ts';
import { CliRepository } from './repository.ts';
import type { Repository } from './repository.ts';

/** How long the git extension may take to find its repositories. */
const timeout = 15_000;

/**
 * The built-in git extension's API, once it has found the repositories.
 * @throws InputError where it is off or not there
 */
export async function gitApi(): Promise<GitApi> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  if (!extension)
    throw new InputError(
      vscode.workspace.isTrusted
        ? t("VS Code's built-in git extension is disabled. Enable it, then try again.")
        : t('Git works only in a trusted workspace.'),
    );
  const exports = await extension.activate();
  if (!exports.enabled)
    throw new InputError(t('Git is turned off. Set git.enabled and make sure that git is installed.'));
  const api = exports.getAPI(1);
  if (api.state !== 'initialized')
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      const listener = api.onDidChangeState((state) => {
        if (state !== 'initialized') return;
        clearTimeout(timer);
        listener.dispose();
        resolve();
      });
    });
  return api;
}

/**
 * The repository that holds a file: one that the git extension has open, or opens; or git's own, where the repository
 * starts in a parent folder that the extension was asked not to open.
 * @throws NoRepository where there is none
 */
export async function repositoryOf(api: GitApi, file: vscode.Uri): Promise<Repository> {
  const open = api.getRepository(file);
  if (open) return new ExtensionRepository(api.git.path, open);
  const folder = path.dirname(file.fsPath);
  const root = await rootOf(api.git.path, folder);
  if (root === null)
    throw new NoRepository(
      t(
        "{0} isn't in a git repository. Initialise one (Git: Initialize Repository), then commit again.",
        path.basename(file.fsPath),
      ),
    );
  const opened = await api.openRepository?.(vscode.Uri.file(root)).catch(() => null);
  return opened
    ? new ExtensionRepository(api.git.path, opened)
    : new CliRepository(new GitCli(api.git.path, root));
}

/** The root of the working tree that holds a folder, or null. @throws InputError where git distrusts it */
export async function rootOf(git: string, folder: string): Promise<string | null> {
  try {
    return path.normalize((await new GitCli(git, folder).run(['rev-parse', '--show-toplevel'])).trim());
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (/not a git repository/i.test(message)) return null;
    throw new InputError(gitSentence(error) ?? message);
  }
}

/** A repository of the git extension: what it shows stays true, and its locks are kept. */
class ExtensionRepository implements Repository {
  readonly git: GitCli;

  constructor(
    binary: string,
    private readonly repository: GitRepository,
  ) {
    this.git = new GitCli(binary, repository.rootUri.fsPath);
  }

  async add(paths: readonly string[]): Promise<void> {
    await this.repository.add([...paths]);
  }

  async unstage(paths: readonly string[]): Promise<void> {
    await this.repository.revert([...paths]);
  }

  async commit(message: string): Promise<void> {
    // The extension clears the message that the user was writing for a commit of their own.
    const draft = this.repository.inputBox.value;
    await this.repository.commit(message, { postCommitCommand: null });
    if (draft) this.repository.inputBox.value = draft;
  }

  async createBranch(name: string): Promise<void> {
    await this.repository.createBranch(name, true);
  }

  async refresh(): Promise<void> {
    await this.repository.status();
  }
}
