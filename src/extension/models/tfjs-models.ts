import { open } from 'node:fs/promises';
import * as vscode from 'vscode';
import { headBytes, isLayersModelHead, mayBeTfjs, skippedFolders } from './kinds.ts';

/** Most JSON files that are read (their first 4 KiB) when a workspace opens, beside those named model.json. */
const mostOthers = 300;
const mostNamed = 500;
const skipped = `**/{${skippedFolders.join(',')}}/**`;

/**
 * The workspace's TensorFlow.js models, kept for menus in the context key `espalier.tfjsModels` (a set of paths), since
 * a menu's condition can't look into a file.
 */
export class TfjsModels implements vscode.Disposable {
  private readonly known = new Map<string, vscode.Uri>();
  private readonly changed = new Map<string, vscode.Uri>();
  private readonly disposables: vscode.Disposable[] = [];
  private timer: NodeJS.Timeout | null = null;
  private scanned: Promise<void> | null = null;

  constructor(private readonly onError: (error: unknown) => void) {
    const watcher = vscode.workspace.createFileSystemWatcher('**/*.json');
    this.disposables.push(
      watcher,
      watcher.onDidCreate((uri) => this.later(uri)),
      watcher.onDidChange((uri) => this.later(uri)),
      watcher.onDidDelete((uri) => this.later(uri)),
      vscode.workspace.onDidOpenTextDocument(({ uri }) => this.later(uri)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.scan()),
    );
    for (const { uri } of vscode.workspace.textDocuments) this.later(uri);
    this.publish();
  }

  /** The models found so far. */
  get files(): readonly vscode.Uri[] {
    return [...this.known.values()];
  }

  has(uri: vscode.Uri): boolean {
    return this.known.has(uri.fsPath);
  }

  /** Waits for the first search of the workspace. */
  async ready(): Promise<void> {
    await (this.scanned ?? this.scan());
  }

  /** Looks through the workspace's JSON files; bounded, so that a workspace of millions costs no more than one of hundreds. */
  async scan(): Promise<void> {
    this.scanned = this.search().catch(this.onError);
    await this.scanned;
  }

  /** Looks at one file now: true where it is a model. */
  async look(uri: vscode.Uri): Promise<boolean> {
    const is = uri.scheme === 'file' && mayBeTfjs(uri.fsPath) && isLayersModelHead(await head(uri.fsPath));
    if (is) this.known.set(uri.fsPath, uri);
    else this.known.delete(uri.fsPath);
    return is;
  }

  dispose(): void {
    if (this.timer) clearTimeout(this.timer);
    for (const disposable of this.disposables) disposable.dispose();
  }

  private async search(): Promise<void> {
    const named = await vscode.workspace.findFiles('**/model.json', skipped, mostNamed);
    await this.lookAt(named);
    const others = await vscode.workspace.findFiles('**/*.json', skipped, mostOthers + named.length);
    const seen = new Set(named.map(({ fsPath }) => fsPath));
    await this.lookAt(others.filter(({ fsPath }) => !seen.has(fsPath)));
  }

  private async lookAt(uris: readonly vscode.Uri[]): Promise<void> {
    for (let at = 0; at < uris.length; at += 16)
      await Promise.all(uris.slice(at, at + 16).map((uri) => this.look(uri)));
    this.publish();
  }

  /** Files often change in bursts: a model and its shards, a build. */
  private later(uri: vscode.Uri): void {
    if (uri.scheme !== 'file' || !mayBeTfjs(uri.fsPath)) return;
    this.changed.set(uri.fsPath, uri);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const uris = [...this.changed.values()];
      this.changed.clear();
      void this.lookAt(uris).catch(this.onError);
    }, 300);
  }

  private publish(): void {
    const paths: Record<string, true> = {};
    // A menu compares with the file system's path, or with the URI's in a remote window.
    for (const uri of this.known.values()) paths[uri.fsPath] = paths[uri.path] = true;
    void vscode.commands.executeCommand('setContext', 'espalier.tfjsModels', paths);
  }
}

async function head(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    // Gone, or not readable: not a model to us.
    return '';
  }
}
