import path from 'node:path';
import * as vscode from 'vscode';
import type { Side } from '../../protocol/views.ts';
import { InputError } from '../../graph/errors.ts';
import { gitApi, repositoryOf } from '../git/api.ts';
import type { Revision } from '../git/revisions.ts';
import { revisionLabel, revisionsOf } from '../git/revisions.ts';
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
          '{0} is no model that Espalier reads: Keras (.h5, .hdf5, .keras), ONNX (.onnx), a TensorFlow.js LayersModel (model.json), or a .zip of one.',
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
    const revision = {
      label: t('Another commit, branch or tag…'),
      description: 'git',
      iconPath: new vscode.ThemeIcon('git-branch'),
      how: 'revision' as const,
    };
    const other = {
      label: t('Another model or config…'),
      iconPath: new vscode.ThemeIcon('file'),
      how: 'file' as const,
    };
    const how = vscode.workspace.isTrusted
      ? await vscode.window.showQuickPick([other, head, revision], {
          title: t('Compare {0} with', path.basename(first.fsPath)),
        })
      : other;
    if (how?.how === 'head') return await compareWith(parts, first, 'HEAD');
    if (how?.how === 'revision') return await compareWithPicked(parts, first);
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
      if (uri) await compareWith(parts, uri, 'HEAD');
    },
    'espalier.compareRevision': async (given) => {
      needTrust();
      const uri = uriOf(given) ?? (await ours()) ?? (await pickFile('either', t('Compare with…'), tfjs));
      if (uri) await compareWithPicked(parts, uri);
    },
  };
}

/** A file as one side of a comparison. */
export function sideOf(uri: vscode.Uri, label?: string): Side {
  return { kind: isConfig(uri.fsPath) ? 'config' : 'model', file: uri.fsPath, ...(label && { label }) };
}

/** The file as a revision has it, against the file as it is. */
async function compareWith({ panels }: Parts, uri: vscode.Uri, revision: string): Promise<void> {
  const file = uri.fsPath;
  const label = revisionLabel(file, revision);
  await panels.compare(
    { kind: 'revision', file, revision, label },
    sideOf(uri, t('{0} (working tree)', path.basename(file))),
  );
}

/** Asks for a commit that touched the file, a branch, a tag, or whatever git understands. */
async function compareWithPicked(parts: Parts, uri: vscode.Uri): Promise<void> {
  const { git } = await repositoryOf(await gitApi(), uri);
  const name = path.basename(uri.fsPath);
  const typed = { label: t('Type a revision…'), iconPath: new vscode.ThemeIcon('edit'), name: null };
  const heading = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator, name: null });
  const item = ({ name, kind, hash, subject, when }: Revision) => ({
    label: kind === 'commit' ? subject : name,
    description: kind === 'commit' ? `${hash} · ${when}` : `${hash} · ${subject} · ${when}`,
    iconPath: new vscode.ThemeIcon({ commit: 'git-commit', branch: 'git-branch', tag: 'tag' }[kind]),
    name,
  });
  const items = revisionsOf(git, uri.fsPath).then((all) => [
    typed,
    heading(t('Commits that changed {0}', name)),
    ...all.filter(({ kind }) => kind === 'commit').map(item),
    heading(t('Branches and tags')),
    ...all.filter(({ kind }) => kind !== 'commit').map(item),
  ]);
  const picked = await vscode.window.showQuickPick(items, {
    title: t('Compare {0} with', name),
    matchOnDescription: true,
  });
  if (!picked) return;
  const revision =
    picked.name ??
    (await vscode.window.showInputBox({
      title: t('Compare {0} with', name),
      prompt: t('A commit, branch or tag, as git names it: HEAD~2, main, v1.0'),
      validateInput: (text) =>
        /^-|[\s:]/.test(text) ? t('A revision has no spaces or colons, and no hyphen in front.') : undefined,
    }));
  if (revision?.trim()) await compareWith(parts, uri, revision.trim());
}
