import { Emitter } from 'vscode-jsonrpc/node';
import type { Look } from '../../protocol/look.ts';
import type { Client } from '../../protocol/rpc.ts';
import { Failure } from '../../protocol/rpc.ts';
import { t } from '../l10n.ts';
import type { Engine } from '../types.ts';
import { LookProcess } from './look-process.ts';
import type { NodeChoice } from '../process/node.ts';

export interface EngineOptions {
  /** dist/engine.cjs */
  readonly script: string;
  /** what it is started with, as the settings have it */
  readonly node: () => Promise<NodeChoice>;
  readonly log: (line: string) => void;
  /** whether the workspace is trusted; default no */
  readonly trusted?: () => boolean;
}

/** Keeps one looking process: made on first need, and anew after it ended. */
export class LookingEngine implements Engine {
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private current: Promise<LookProcess> | null = null;
  private process: LookProcess | null = null;
  /** at work apart */
  private readonly others = new Set<LookProcess>();
  private text: string | null = null;
  private disposed = false;

  constructor(private readonly options: EngineOptions) {}

  get description(): string | null {
    return this.text;
  }

  /** its process, for tests; null where none works */
  get pid(): number | null {
    return this.process?.pid ?? null;
  }

  async look(): Promise<Client<Look>> {
    if (this.disposed) throw new Failure('cancelled', t('The window is closing.'));
    this.current ??= this.start();
    const mine = this.current;
    try {
      return (await mine).client;
    } catch (error) {
      if (this.current === mine) this.current = null;
      throw error;
    }
  }

  async apart<T>(work: (client: Client<Look>) => Promise<T>): Promise<T> {
    if (this.disposed) throw new Failure('cancelled', t('The window is closing.'));
    const { script, log } = this.options;
    const node = await this.options.node();
    const made: LookProcess = new LookProcess({
      script,
      node,
      log,
      trusted: this.options.trusted?.() ?? false,
      onEnd: () => this.others.delete(made),
    });
    this.others.add(made);
    try {
      await made.shakeHands();
      return await work(made.client);
    } finally {
      await made.end();
    }
  }

  async restart(): Promise<void> {
    const old = this.current;
    this.current = null;
    await old?.then(
      (process) => process.end(),
      () => {},
    );
    this.describe(null);
  }

  /** Tells the process that the user trusts the workspace now. */
  async trust(): Promise<void> {
    try {
      const process = await this.current;
      await process?.trust();
      if (process) await this.findBackend(process);
    } catch {
      // the next process hears of it when it starts
    }
  }

  dispose(): void {
    this.disposed = true;
    for (const other of this.others) void other.end();
    void this.restart();
  }

  private async start(): Promise<LookProcess> {
    const { script, log } = this.options;
    const node = await this.options.node();
    const began = Date.now();
    const made: LookProcess = new LookProcess({
      script,
      node,
      log,
      trusted: this.options.trusted?.() ?? false,
      onEnd: () => {
        if (this.process === made) {
          this.process = null;
          this.current = null;
          this.describe(null);
        }
        log(`engine: process ${made.pid ?? '?'} has ended`);
      },
    });
    this.process = made;
    try {
      const { engine, node: version } = await made.shakeHands();
      log(
        `engine ${engine}: process ${made.pid}, Node ${version} (${node.path}), ready after ${Date.now() - began} ms`,
      );
      this.describe(`Node ${version.replace(/^v/, '')}`);
      // when what the user waits for has had its turn
      setTimeout(() => void this.findBackend(made), 3000).unref();
      return made;
    } catch (error) {
      await made.end();
      throw error;
    }
  }

  /** Says which backend runs would use. */
  private async findBackend(process: LookProcess): Promise<void> {
    try {
      const { node } = await process.shakeHands();
      const { backend, why } = await process.client.request('doctor', {});
      if (process.alive) this.describe(`Node ${node.replace(/^v/, '')} · ${backend}: ${why}`);
    } catch {
      // it is reported where it is asked for
    }
  }

  private describe(text: string | null): void {
    if (text === this.text) return;
    this.text = text;
    this.changed.fire();
  }
}
