import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import path from 'node:path';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { IPCMessageReader, IPCMessageWriter, createMessageConnection } from 'vscode-jsonrpc/node';
import { protocolVersion } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';
import { look } from '../../protocol/look.ts';
import type { Client } from '../../protocol/rpc.ts';
import { Failure, client } from '../../protocol/rpc.ts';
import type { Result } from '../../protocol/contract.ts';
import { limits } from './limits.ts';
import { t } from '../l10n.ts';
import type { NodeChoice } from '../process/node.ts';
import { endTree, gone } from '../process/processes.ts';
import { Tail } from '../process/tail.ts';

export interface LookOptions {
  readonly script: string;
  readonly node: NodeChoice;
  readonly log: (line: string) => void;
  /** whether the workspace is trusted; unless it is, no backend is looked for */
  readonly trusted?: boolean;
  /** called once, when the process has ended for whatever reason */
  readonly onEnd: () => void;
  /** milliseconds in which a process that works answers a ping while a request is overdue */
  readonly ping?: number;
  /** milliseconds instead of the limits of limits.ts, for tests */
  readonly limit?: number;
}

/** One process that looks: forked, shaken hands with, asked with time-outs, ended with all its children. */
export class LookProcess {
  readonly client: Client<Look>;
  private hello: Result<Look, 'hello'> | null = null;
  private readonly child: ChildProcess;
  private readonly connection: MessageConnection;
  private readonly tail = new Tail();
  private readonly ended: Promise<Failure>;
  private over: Failure | null = null;
  private asked = false;

  constructor(private readonly options: LookOptions) {
    const { script, node, log } = options;
    this.child = fork(script, ['look'], {
      execPath: node.path,
      // the host's own flags are none of its business
      execArgv: [],
      env: node.env,
      // the host's own may be the folder that the user opened
      cwd: path.dirname(script),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // a group of its own, so that it can be ended with all that it started
      detached: process.platform !== 'win32',
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.tail.add(text);
        for (const line of text.split('\n')) if (line.trim()) log(line.trimEnd());
      });
    this.ended = new Promise((resolve) => {
      const end = (failure: Failure) => {
        if (this.over) return;
        this.over = failure;
        this.connection.dispose();
        resolve(failure);
        options.onEnd();
      };
      // `close`, unlike `exit`, comes after the last words
      this.child.once('close', (code, signal) => end(this.failure(code, signal)));
      this.child.once('error', (error) => {
        if (this.child.pid !== undefined) return log(`engine: ${error.message}`);
        const fix = t('See the setting "espalier.nodePath".');
        end(
          new Failure(
            'input',
            `${t('The engine can\'t be started with "{0}": {1}.', node.path, error.message)} ${fix}`,
          ),
        );
      });
    });
    this.connection = createMessageConnection(
      new IPCMessageReader(this.child),
      new IPCMessageWriter(this.child),
    );
    this.connection.onError(([error]) => log(`engine: ${error.message}`));
    this.connection.listen();
    this.client = this.limited(client(this.connection, look, (error) => log(`engine: ${error.message}`)));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get alive(): boolean {
    return !this.over;
  }

  /**
   * Who is there; once.
   * @throws Failure where it does not speak this version's protocol, or does not start
   */
  async shakeHands(): Promise<Result<Look, 'hello'>> {
    const trusted = this.options.trusted ?? false;
    this.hello ??= await this.client.request('hello', { protocol: protocolVersion, trusted });
    if (this.hello.protocol !== protocolVersion)
      throw new Failure(
        'internal',
        t(
          'The engine speaks protocol {0} and the extension {1}: reload the window, and install Espalier again if that does not help.',
          this.hello.protocol,
          protocolVersion,
        ),
      );
    return this.hello;
  }

  /** The user trusts the workspace from now on. */
  async trust(): Promise<void> {
    await this.client.request('hello', { protocol: protocolVersion, trusted: true });
  }

  /** Asks it to end by closing its channel; what has not gone then is ended with its children. */
  async end(): Promise<void> {
    if (this.over) return;
    this.asked = true;
    this.connection.end();
    const { pid } = this.child;
    if (this.child.connected) this.child.disconnect();
    if (pid === undefined) return;
    if (!(await gone(pid, 1500))) await endTree(pid);
  }

  /** Requests that end: by their answer, the end of the process, or their time. */
  private limited(inner: Client<Look>): Client<Look> {
    return {
      on: (name, listener) => inner.on(name, listener),
      request: async (method, params, signal) => {
        if (this.over) throw this.over;
        const give = new AbortController();
        const stop = () => give.abort();
        signal?.addEventListener('abort', stop, { once: true });
        if (signal?.aborted) stop();
        const limit = this.options.limit ?? limits[method];
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<never>((_, reject) => {
          timer = setTimeout(() => {
            give.abort();
            void this.endIfHung();
            const text = t(
              'The engine did not answer "{0}" within {1} seconds: try again, or see the log.',
              method,
              limit / 1000,
            );
            reject(new Failure('internal', text, this.tail.last().join('\n')));
          }, limit);
        });
        const answer = inner.request(method, params, give.signal);
        answer.catch(() => {});
        try {
          return await Promise.race([answer, late, this.ended.then((failure) => Promise.reject(failure))]);
        } catch (error) {
          // a closed channel is noticed before the end of the process, which says more
          if (!this.child.connected && !this.over)
            await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 1000))]);
          throw this.over ?? error;
        } finally {
          clearTimeout(timer);
          signal?.removeEventListener('abort', stop);
        }
      },
    };
  }

  /** A process that does not even answer a ping would never answer anything again. */
  private async endIfHung(): Promise<void> {
    const ping = this.connection.sendRequest('hello', { protocol: protocolVersion }).then(
      () => true,
      () => true,
    );
    const wait = new Promise<boolean>((resolve) =>
      setTimeout(() => resolve(false), this.options.ping ?? 10_000).unref(),
    );
    if (await Promise.race([ping, wait])) return;
    this.options.log('engine: does not respond; it is ended');
    if (this.child.pid !== undefined) await endTree(this.child.pid, 500);
  }

  private failure(code: number | null, signal: NodeJS.Signals | null): Failure {
    if (this.asked) return new Failure('cancelled', t('The engine was stopped.'));
    const how = signal
      ? t('The engine was ended by {0}.', signal)
      : t('The engine ended with code {0}.', code ?? '?');
    const last = this.tail.last();
    const said = last.length ? ` ${t('It last said: {0}', last.at(-1)!)}` : '';
    return new Failure('internal', how + said, last.join('\n'));
  }
}
