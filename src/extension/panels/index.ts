import path from 'node:path';
import * as vscode from 'vscode';
import { InputError } from '../../graph/errors.ts';
import type { Host, Tab } from '../../protocol/panel.ts';
import { panelState } from '../../protocol/panel.ts';
import type { Notice } from '../../protocol/contract.ts';
import type { Side } from '../../protocol/views.ts';
import { t } from '../l10n.ts';
import type { Panels, Services } from '../types.ts';
import { Panel, viewType, webviewOptions } from './panel.ts';
import { PanelMemory } from './memory.ts';
import { Stars } from './stars.ts';
import type { Subject } from './subject.ts';
import { fileName, sideName, subjectKey } from './subject.ts';
import { workspaceOf } from '../../files/run-signs.ts';

/** The panels of this window, and what restores them after a reload. */
export function createPanels(services: Omit<Services, 'panels'>): Panels {
  const { context, engine, log } = services;
  const open = new Map<string, Panel>();
  const stars = new Stars(context.workspaceState);
  const memory = new PanelMemory(context.workspaceState);

  const adopt = (webview: vscode.WebviewPanel, subject: Subject, back: boolean) => {
    const key = subjectKey(subject);
    open.set(key, new Panel(webview, subject, services, stars, memory, back, () => open.delete(key)));
  };
  const show = (subject: Subject, change: Notice<Host, 'show'> | null) => {
    const known = open.get(subjectKey(subject));
    if (known) return known.reveal(change);
    const webview = vscode.window.createWebviewPanel(
      viewType,
      subject.name,
      { viewColumn: vscode.ViewColumn.Beside },
      webviewOptions(context.extensionUri),
    );
    adopt(webview, subject, false);
  };

  context.subscriptions.push(
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: async (webview, state: unknown) => {
        const parsed = panelState.safeParse(state);
        const subject = parsed.success
          ? parsed.data.model !== null
            ? { ...modelSubject(parsed.data.model), run: parsed.data.run, tab: parsed.data.tab }
            : parsed.data.compare && comparison(parsed.data.compare.a, parsed.data.compare.b)
          : null;
        if (!subject || open.has(subjectKey(subject))) {
          if (!subject) log.warn('a panel could not be restored: its state is not of this version');
          webview.dispose();
          return;
        }
        const newest = memory.of(subjectKey(subject));
        adopt(webview, newest ? { ...subject, run: newest.run, tab: newest.tab } : subject, true);
      },
    }),
  );

  return {
    openModel: async (model, options = {}) => {
      if (model.scheme !== 'file')
        throw new InputError(
          t(
            'Espalier opens files on disk: {0} is in a virtual workspace. Clone or download it first.',
            model.path,
          ),
        );
      const { tab, run } = options;
      const subject = {
        ...modelSubject(model.fsPath),
        tab: tab ?? (run ? 'tradeoff' : 'network'),
        run: run ?? null,
      };
      show(subject, tab || run ? { tab: subject.tab, compare: null, run: subject.run } : null);
    },
    openRun: async (folder: string, tab: Tab = 'tradeoff') => {
      const known = services.runs.list.find((one) => one.folder === folder);
      const { model } =
        known ?? (await (await engine.look()).request('readRun', { folder, from: 0, most: 1 })).summary;
      const subject: Subject = {
        ...modelSubject(model),
        workspace: workspaceOf(folder),
        tab,
        run: folder,
      };
      show(subject, { tab, compare: null, run: folder });
    },
    compare: async (a: Side, b: Side) => show(comparison(a, b), null),
    // not the panels themselves: they are restored when the window was only reloaded
    dispose: () => {
      for (const panel of open.values()) panel.release();
      open.clear();
    },
  };
}

function modelSubject(model: string): Subject {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(model));
  return {
    model,
    name: fileName(model),
    workspace: folder?.uri.fsPath ?? path.dirname(model),
    compare: null,
    run: null,
    tab: 'network',
  };
}

function comparison(a: Side, b: Side): Subject {
  const file = [b, a].flatMap((side) =>
    'at' in side && side.at ? [side.at] : 'file' in side ? [side.file] : [],
  )[0];
  const folder = file && vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
  return {
    model: null,
    name: `${sideName(a)} ↔ ${sideName(b)}`,
    workspace: folder ? folder.uri.fsPath : file ? path.dirname(file) : null,
    compare: { a, b },
    run: null,
    tab: 'diff',
  };
}
