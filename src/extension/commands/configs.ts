import path from 'node:path';
import * as vscode from 'vscode';
import { readConfig } from '../../config/files.ts';
import { sourceFile } from '../../config/paths.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import { InputError } from '../../graph/errors.ts';
import type { RunSummary } from '../../protocol/runs.ts';
import { t } from '../l10n.ts';
import { activeFile, pickFile, workspaceRoots } from '../models/find.ts';
import { isConfig } from '../models/kinds.ts';
import type { Shown } from '../types.ts';
import { apply } from './apply.ts';
import { folderOf, uriOf } from './arguments.ts';
import { sideOf } from './models.ts';
import { cancellable } from '../window/progress.ts';
import { needTrust } from './register.ts';
import type { Handler, Parts } from './register.ts';

/** Commands on pruned configs; they take a run as well, whose config was written. */
export function configCommands(parts: Parts): Record<string, Handler> {
  const { panels, commits, tfjs, runs } = parts;

  async function config(given: unknown, title: string): Promise<vscode.Uri | undefined> {
    const folder = folderOf(given);
    if (folder) {
      const written = runs.list.find((run) => run.folder === folder)?.written;
      if (!written) throw new InputError(t('This run has written no config yet.'));
      return vscode.Uri.file(written.config);
    }
    const named = uriOf(given);
    const uri = named ?? activeFile();
    if (uri && isConfig(uri.fsPath)) return uri;
    if (named)
      throw new InputError(t('{0} is no pruned config (*.espalier.json).', path.basename(named.fsPath)));
    return await pickFile('config', title, tfjs);
  }

  return {
    'espalier.openDiff': async (given) => {
      const uri = await config(given, t('Channel diff of which config?'));
      if (!uri) return;
      const { source } = await saved(uri);
      const name = path.basename(uri.fsPath);
      const bounds = { roots: workspaceRoots() };
      const model = await sourceFile(path.dirname(uri.fsPath), source.path, name, bounds);
      await panels.compare(sideOf(vscode.Uri.file(model)), sideOf(uri));
    },
    'espalier.apply': async (given) => {
      needTrust();
      const uri = await config(given, t('Apply which config?'));
      if (uri) await apply(parts, uri, await saved(uri));
    },
    'espalier.verify': async (given) => {
      const uri = await config(given, t('Verify which config?'));
      if (!uri) return;
      const { targets } = await saved(uri);
      // A script is somebody's code.
      if (targets.some(({ metric }) => metric === 'script')) needTrust();
      await verify(parts, uri);
    },
    'espalier.commitConfig': async (given) => {
      needTrust();
      const uri = await config(given, t('Commit which config?'));
      if (!uri) return;
      await saved(uri);
      const run = runs.list.find((one) => one.folder === folderOf(given));
      const committed = await commits.commit(uri, run && shownBy(run));
      if (!committed) return;
      const { hash, files } = committed;
      void vscode.window.showInformationMessage(
        files.length === 1
          ? t('Committed {0} as {1}.', path.basename(files[0]), hash.slice(0, 7))
          : t('Committed {0} files as {1}.', files.length, hash.slice(0, 7)),
      );
      return committed;
    },
  };
}

/** What a run wrote. @throws InputError where its record doesn't tell by what it is known again */
function shownBy({ written }: RunSummary): Shown {
  if (written?.sha256) return written.sha256;
  throw new InputError(
    t(
      'This run was made before Espalier noted what it wrote. Write its model anew (Write model…), then commit.',
    ),
  );
}

/** Reads a config; one with changes in the editor is saved first, if the user wants. @throws InputError */
async function saved(uri: vscode.Uri): Promise<PrunedConfig> {
  const document = vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri.toString());
  if (document?.isDirty) await document.save();
  return await readConfig(uri.fsPath);
}

async function verify({ engine, log }: Parts, uri: vscode.Uri): Promise<void> {
  const name = path.basename(uri.fsPath);
  const { ok, checks } = await cancellable(t('Verifying {0}', name), async (signal) =>
    (await engine.look()).request('verify', { config: uri.fsPath, roots: workspaceRoots() }, signal),
  );
  log.info(`verify ${uri.fsPath}: ${ok ? 'all holds' : 'something differs'}`);
  for (const check of checks) log[check.ok ? 'info' : 'warn'](`  ${check.what}: ${check.text}`);
  const show = t('Show Log');
  const failed = checks.filter((check) => !check.ok);
  const said = ok
    ? vscode.window.showInformationMessage(t('{0} holds: {1} checks passed.', name, checks.length), show)
    : vscode.window.showWarningMessage(
        t('{0} no longer holds: {1}', name, failed.map(({ what, text }) => `${what}: ${text}`).join('; ')),
        show,
      );
  void said.then((pressed) => {
    if (pressed === show) log.show();
  });
}
