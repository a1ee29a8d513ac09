import path from 'node:path';
import * as vscode from 'vscode';
import type { Side } from '../../protocol/views.ts';
import { InputError } from '../../graph/errors.ts';
import { gitApi, repositoryOf } from '../git/api.ts';
import { copyOfHead } from '../git/head.ts';
import { t } from '../l10n.ts';
import { activeFile, kindOf, pickFile } from '../models/find.ts';
import { isConfig } from '../models/kinds.ts';
import { uriOf, urisOf } from './arguments.ts';
import { needTrust } from './register.ts';
import type { Handler, Parts } from './register.ts';

/** Commands on model files: each takes the file clicked on, else that in the active editor, else one that is picked. */
export function modelCommands(parts: Parts): Record<string, Handler> {
  const { panels, tfjs } = parts;

  async function model(given: unknown, title: string): Promise<vscode.Uri | undefined> {
    const named = uriOf(given);
    const uri = named ?? activeFile();
    if (uri && (await kindOf(uri, tfjs)) === 'model') return uri;
    if (named)
      throw new InputError(
        t(
          '{0} is no model that Espalier reads: Keras (.h5, .hdf5, .keras) or a TensorFlow.js LayersModel (model.json).',
          path.basename(named.fsPath),
        ),
      );
    return await pickFile('model', title, tfjs);
  }

  /** The two files that a comparison is of; undefined where it was called off. */
  async function compare(given: unknown, selected: unknown): Promise<void> {
    const both = urisOf(selected);
    if (both.length === 2) return await panels.compare(sideOf(both[0]), sideOf(both[1]));
    const first = uriOf(given) ?? (await ours()) ?? (await pickFile('either', t('Compare'), tfjs));
    if (!first) return;
    const head = {
      label: t('Its version in HEAD'),
      description: 'git',
      iconPath: new vscode.ThemeIcon('git-commit'),
      how: 'head' as const,
    };
    const other = {
      label: t('Another model or config…'),
      iconPath: new vscode.ThemeIcon('file'),
      how: 'file' as const,
    };
    const how = vscode.workspace.isTrusted
      ? await vscode.window.showQuickPick([other, head], {
          title: t('Compare {0} with', path.basename(first.fsPath)),
        })
      : other;
    if (how?.how === 'head') return await compareWithHead(parts, first);
    const second =
      how && (await pickFile('either', t('Compare {0} with', path.basename(first.fsPath)), tfjs, first));
    if (second) await panels.compare(sideOf(first), sideOf(second));
  }

  async function ours(): Promise<vscode.Uri | undefined> {
    const uri = activeFile();
    return uri && (await kindOf(uri, tfjs)) ? uri : undefined;
  }

  return {
    'espalier.prune': async (given) => {
      needTrust();
      const uri = await model(given, t('Prune which network?'));
      if (uri) await panels.openModel(uri, { tab: 'plan' });
    },
    'espalier.inspect': async (given) => {
      const uri = await model(given, t('Inspect which network?'));
      if (uri) await panels.openModel(uri, { tab: 'network' });
    },
    'espalier.compare': compare,
    'espalier.compareSelected': compare,
    'espalier.compareHead': async (given) => {
      needTrust();
      const uri = uriOf(given) ?? (await ours()) ?? (await pickFile('either', t('Compare with HEAD'), tfjs));
      if (uri) await compareWithHead(parts, uri);
    },
  };
}

/** A file as one side of a comparison. */
export function sideOf(uri: vscode.Uri, label?: string): Side {
  return { kind: isConfig(uri.fsPath) ? 'config' : 'model', file: uri.fsPath, ...(label && { label }) };
}

async function compareWithHead({ panels, context }: Parts, uri: vscode.Uri): Promise<void> {
  const { git } = await repositoryOf(await gitApi(), uri);
  const folder = vscode.Uri.joinPath(context.storageUri ?? context.globalStorageUri, 'head').fsPath;
  const name = path.basename(uri.fsPath);
  const copy = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: t('Fetching {0} from HEAD', name) },
    () => copyOfHead(git, uri.fsPath, folder),
  );
  const head = sideOf(vscode.Uri.file(copy.file), `${name} (HEAD ${copy.hash})`);
  await panels.compare(
    // The copy's paths start where the file itself lies.
    head.kind === 'config' ? { ...head, at: path.dirname(uri.fsPath) } : head,
    sideOf(uri, t('{0} (working tree)', name)),
  );
}
