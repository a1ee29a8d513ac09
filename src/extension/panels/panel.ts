import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import * as vscode from 'vscode';
import type { Notice } from '../../protocol/contract.ts';
import type { Host, PanelState } from '../../protocol/panel.ts';
import { host } from '../../protocol/panel.ts';
import { notify, serve } from '../../protocol/rpc.ts';
import { acceptPort } from '../../protocol/transport.ts';
import { t } from '../l10n.ts';
import type { Services } from '../types.ts';
import { handlers, runsOf } from './handlers.ts';
import type { PanelMemory } from './memory.ts';
import { panelHtml } from './html.ts';
import { Measurement } from './measurement.ts';
import type { Stars } from './stars.ts';
import type { Subject } from './subject.ts';
import { subjectKey } from './subject.ts';

export const viewType = 'espalier.panel';

/** What a panel's page may load. */
export function webviewOptions(extension: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    localResourceRoots: [
      vscode.Uri.joinPath(extension, 'dist', 'webview'),
      vscode.Uri.joinPath(extension, 'media'),
    ],
  };
}

/** One webview panel. Its page is made anew whenever it comes into sight, and asks for everything again. */
export class Panel {
  private connection: MessageConnection | null = null;
  private ready = false;
  private show: Notice<Host, 'show'> | null = null;
  private run: string | null = null;
  private following: vscode.Disposable | null = null;
  private runsTimer: NodeJS.Timeout | null = null;
  private runsSent = '';
  private readonly owned: vscode.Disposable[] = [];
  private readonly measurement: Measurement;

  constructor(
    readonly panel: vscode.WebviewPanel,
    readonly subject: Subject,
    private readonly services: Omit<Services, 'panels'>,
    private readonly stars: Stars,
    private readonly memory: PanelMemory,
    /** it was there before, and comes back as it was left */
    private back: boolean,
    onDispose: () => void,
  ) {
    const { context, runs, engine } = services;
    this.measurement = new Measurement(engine, (progress) => this.tell('measuring', progress));
    const { webview } = panel;
    panel.title = subject.name;
    panel.iconPath = {
      light: vscode.Uri.joinPath(context.extensionUri, 'media', 'icons', 'model-light.svg'),
      dark: vscode.Uri.joinPath(context.extensionUri, 'media', 'icons', 'model-dark.svg'),
    };
    webview.options = webviewOptions(context.extensionUri);
    const end = acceptPort(
      {
        post: (message) => webview.postMessage(message),
        listen: (listener) => {
          const handle = webview.onDidReceiveMessage(listener);
          return () => handle.dispose();
        },
      },
      (connection) => this.opened(connection),
    );
    this.owned.push(
      { dispose: end },
      engine.onDidChange(() => this.tellHost()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.tellHost()),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('espalier')) this.tellHost();
      }),
      runs.onDidChange(() => this.tellRuns()),
      runs.onDidChangeStatus((status) => {
        if (status.run === this.run) this.tell('status', status);
      }),
      ...this.watchModel(),
    );
    panel.onDidChangeViewState(() => {
      // a hidden page is gone: messages to it would be lost
      if (!panel.visible) this.leave();
    });
    panel.onDidDispose(() => {
      this.release();
      onDispose();
    });
    webview.html = panelHtml({
      script: this.address('panel.js'),
      style: this.address('panel.css'),
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('hex'),
      language: vscode.env.language,
      title: subject.name,
    });
    this.lookAhead();
  }

  /** Starts the engine and has it read the model while the page loads; what fails is reported when the page asks. */
  private lookAhead(): void {
    const { model } = this.subject;
    if (model === null) return;
    this.services.engine
      .look()
      .then((look) => look.request('inspect', { model, freeze: [], interiorOutputs: false }))
      .catch(() => {});
  }

  /** Brings it to the front, with something else in view. */
  reveal(show: Notice<Host, 'show'> | null): void {
    if (show) {
      this.subject.tab = show.tab;
      if (show.run !== null) this.subject.run = show.run;
      if (this.ready) this.tell('show', show);
      else this.show = show;
    }
    this.panel.reveal(undefined, false);
  }

  /** Lets go of the page; it stays as it is. */
  release(): void {
    this.leave();
    this.measurement.clear();
    if (this.runsTimer) clearTimeout(this.runsTimer);
    for (const one of this.owned.splice(0)) one.dispose();
  }

  private address(file: string): string {
    const { extensionUri } = this.services.context;
    return this.panel.webview
      .asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', file))
      .toString();
  }

  private opened(connection: MessageConnection): void {
    this.leave();
    this.connection = connection;
    connection.onError(([error]) => this.services.log.error(`panel: ${error.message}`));
    serve(
      connection,
      host,
      handlers({
        subject: this.subject,
        services: this.services,
        stars: this.stars,
        past: () => this.past(),
        remember: (state) => this.memory.set(subjectKey(this.subject), state),
        follow: (run) => this.follow(run),
        followed: () => this.run,
        measurement: this.measurement,
        ready: () => {
          this.ready = true;
          // from now on a page made anew is the same panel's
          this.back = true;
          // after the answer, so that the page knows what it is about
          const show = this.show;
          this.show = null;
          if (show) setTimeout(() => this.tell('show', show), 50);
        },
      }),
    );
    connection.listen();
  }

  private leave(): void {
    this.following?.dispose();
    this.following = null;
    this.connection = null;
    this.run = null;
    this.runsSent = '';
    this.ready = false;
  }

  /** What the page is given of its past: all where it comes back; where it is new, how runs were left. */
  private past(): PanelState | null {
    const { model, tab } = this.subject;
    const known = this.memory.of(subjectKey(this.subject));
    if (this.back || !known) return known;
    const { runs } = known;
    return { version: 1, model, compare: null, run: null, tab, draft: null, views: {}, runs };
  }

  private follow(run: string): void {
    const { runs } = this.services;
    this.following?.dispose();
    this.run = run;
    this.subject.run = run;
    this.tell('status', runs.status(run));
    this.following = runs.follow(run, (events, reset) =>
      this.tell('events', { run, reset, events: [...events] }),
    );
  }

  private tell<N extends keyof Host['notices'] & string>(name: N, value: Notice<Host, N>): void {
    if (!this.connection || !this.ready) return;
    try {
      notify(this.connection, host, name, value);
    } catch (error) {
      this.services.log.error(`panel: ${(error as Error).message}`);
    }
  }

  private tellHost(): void {
    this.tell('host', { trusted: vscode.workspace.isTrusted, backend: this.services.engine.description });
  }

  /** The list of runs, at most four times a second. */
  private tellRuns(): void {
    this.runsTimer ??= setTimeout(() => {
      this.runsTimer = null;
      const runs = runsOf(this.subject, this.services.runs.list);
      const text = JSON.stringify(runs);
      if (text === this.runsSent) return;
      this.runsSent = text;
      this.tell('runs', { runs });
    }, 250);
  }

  private watchModel(): vscode.Disposable[] {
    const { model, name } = this.subject;
    if (model === null) return [];
    const pattern = new vscode.RelativePattern(vscode.Uri.file(path.dirname(model)), path.basename(model));
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    let known: string | null = null;
    const version = () =>
      stat(model).then(
        ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
        () => 'gone',
      );
    void version().then((found) => (known = found));
    let timer: NodeJS.Timeout | null = null;
    const look = () => {
      // a file that is being written changes many times
      if (timer) clearTimeout(timer);
      timer = setTimeout(async () => {
        const now = await version();
        if (now === known) return;
        known = now;
        this.measurement.clear();
        const message =
          now === 'gone'
            ? t('{0} was deleted or moved.', name)
            : t('{0} changed on disk: it was read again.', name);
        this.tell('changed', { message });
      }, 500);
    };
    watcher.onDidChange(look);
    watcher.onDidCreate(look);
    watcher.onDidDelete(look);
    return [watcher, { dispose: () => timer && clearTimeout(timer) }];
  }
}
