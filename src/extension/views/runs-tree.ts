import * as vscode from 'vscode';
import type { RunSummary } from '../../protocol/runs.ts';
import { t } from '../l10n.ts';
import { stem } from '../models/kinds.ts';
import type { Engine, Runs } from '../types.ts';
import { RunDetails } from './details.ts';
import type { DetailRow } from './details.ts';
import { alive, icons, runContext, runDescription, runTooltip, stateName } from './labels.ts';
import type { RunState } from './labels.ts';

/** A run, or one of the lines below it. */
export interface RunNode {
  readonly type: 'run';
  readonly folder: string;
}
export interface RowNode {
  readonly type: 'row';
  readonly folder: string;
  readonly row: DetailRow;
}
export type Node = RunNode | RowNode | { readonly type: 'text'; readonly text: string };

/** Events of a run that are read at most, in pages; more would only repeat what the best candidates say. */
const page = 5000;
const mostPages = 40;

/** The view "Espalier Runs": every run of the workspace, and below it its result, its controls and its best candidates. */
export class RunsTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  readonly view: vscode.TreeView<Node>;
  private readonly nodes = new Map<string, RunNode>();
  private readonly details = new Map<string, { readonly key: string; readonly rows: Promise<DetailRow[]> }>();
  private readonly disposables: vscode.Disposable[] = [];
  private readonly waiting = new Set<RunNode | undefined>();
  private timer: NodeJS.Timeout | null = null;
  private first: Promise<void> | null = null;

  constructor(
    private readonly runs: Runs,
    private readonly engine: Engine,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.view = vscode.window.createTreeView<Node>('espalier.runs', {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.disposables.push(
      this.view,
      this.changed,
      runs.onDidChange(() => this.later(undefined)),
      runs.onDidChangeStatus(({ run }) => this.later(this.nodes.get(run))),
    );
    // No change of status says how far a run is: that is looked at while somebody can see it.
    const timer = setInterval(() => {
      const { active } = this.runs;
      const node = active?.progress && this.nodes.get(active.summary.folder);
      if (node && this.view.visible) this.later(node);
    }, 2000);
    timer.unref();
    this.disposables.push({ dispose: () => clearInterval(timer) });
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node?.type === 'run') return await this.rows(node.folder);
    if (node) return [];
    this.first ??= this.runs.refresh().catch((error: unknown) => {
      this.log.error(error instanceof Error ? error : String(error));
    });
    await this.first;
    const list = [...this.runs.list].sort((a, b) => b.created - a.created);
    this.badge(list);
    return list.map(({ folder }) => {
      const node = this.nodes.get(folder) ?? { type: 'run', folder };
      this.nodes.set(folder, node);
      return node;
    });
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.type === 'text') return new vscode.TreeItem(node.text);
    if (node.type === 'row') return rowItem(node);
    const run = this.find(node.folder);
    const item = new vscode.TreeItem(
      run ? stem(run.model) : node.folder,
      vscode.TreeItemCollapsibleState.Collapsed,
    );
    item.id = node.folder;
    if (!run) return item;
    const state = this.state(run);
    const [icon, colour] = icons[state];
    item.iconPath = new vscode.ThemeIcon(icon, colour ? new vscode.ThemeColor(colour) : undefined);
    item.description = runDescription(run, state, this.progress(run));
    item.contextValue = runContext(run, state);
    item.command = { command: 'espalier.openRun', title: t('Open Run'), arguments: [node] };
    item.accessibilityInformation = { label: `${stem(run.model)}, ${stateName(state)}, ${item.description}` };
    // The tooltip is left to resolveTreeItem, so that it is fresh.
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    const run = node.type === 'run' ? this.find(node.folder) : undefined;
    if (!run) return item;
    const escape = (text: string) => new vscode.MarkdownString().appendText(text).value;
    item.tooltip = new vscode.MarkdownString(runTooltip(run, this.state(run), escape), true);
    return item;
  }

  getParent(node: Node): Node | undefined {
    return node.type === 'row' ? this.nodes.get(node.folder) : undefined;
  }

  async refresh(): Promise<void> {
    this.details.clear();
    await this.runs.refresh();
    this.changed.fire(undefined);
  }

  dispose(): void {
    if (this.timer) clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private find(folder: string): RunSummary | undefined {
    return this.runs.list.find((run) => run.folder === folder);
  }

  private state(run: RunSummary): RunState {
    const { queued, status } = this.runs.status(run.folder);
    return queued ? 'queued' : status;
  }

  private progress(run: RunSummary) {
    const { active } = this.runs;
    return active?.summary.folder === run.folder ? active.progress : null;
  }

  private badge(list: readonly RunSummary[]): void {
    const busy = list.filter((run) => alive(this.state(run))).length;
    this.view.badge = busy
      ? { value: busy, tooltip: busy === 1 ? t('1 run at work') : t('{0} runs at work', busy) }
      : undefined;
  }

  private async rows(folder: string): Promise<Node[]> {
    const run = this.find(folder);
    if (!run) return [];
    // Read again when there is more to read.
    const key = `${run.status} ${run.candidates} ${run.result?.accuracy ?? ''}`;
    let known = this.details.get(folder);
    if (known?.key !== key) this.details.set(folder, (known = { key, rows: this.read(folder) }));
    try {
      const rows = await known.rows;
      if (rows.length) return rows.map((row) => ({ type: 'row', folder, row }));
      return [{ type: 'text', text: t('No candidate yet') }];
    } catch (error) {
      this.details.delete(folder);
      this.log.error(error instanceof Error ? error : String(error));
      return [{ type: 'text', text: t("Can't be read: {0}", (error as Error).message) }];
    }
  }

  private async read(folder: string): Promise<DetailRow[]> {
    const look = await this.engine.look();
    const details = new RunDetails();
    let from: number | null = 0;
    for (let n = 0; from !== null && n < mostPages; n++) {
      const { events, next }: Awaited<ReturnType<typeof readPage>> = await readPage(look, folder, from);
      details.add(events);
      from = next;
    }
    return details.rows();
  }

  /** Runs tell of themselves several times a second; the tree is drawn again once a second at most. */
  private later(node: RunNode | undefined): void {
    this.waiting.add(node);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const nodes = this.waiting.has(undefined) ? [undefined] : [...this.waiting];
      this.waiting.clear();
      for (const one of nodes) this.changed.fire(one);
    }, 700);
  }
}

function readPage(look: Awaited<ReturnType<Engine['look']>>, run: string, from: number) {
  return look.request('readRun', { folder: run, from, most: page });
}

function rowItem(node: RowNode): vscode.TreeItem {
  const { row } = node;
  const item = new vscode.TreeItem(row.label);
  item.id = `${node.folder}#${row.kind}#${row.arm}#${row.id}`;
  item.description = row.description;
  const icon = { result: 'star-full', control: 'beaker', candidate: 'circle-outline' }[row.kind];
  item.iconPath = new vscode.ThemeIcon(icon);
  item.contextValue = row.open ? 'candidate;open' : 'candidate';
  item.tooltip = `${row.label}\n${row.description}`;
  item.command = { command: 'espalier.diffCandidate', title: t('Compare'), arguments: [node] };
  return item;
}
