import net from 'node:net';
import {
  Emitter,
  SocketMessageReader,
  SocketMessageWriter,
  createMessageConnection,
} from 'vscode-jsonrpc/node';
import type { Notice } from '../../protocol/contract.ts';
import { protocolVersion } from '../../protocol/contract.ts';
import { isRunPipe } from '../../protocol/pipes.ts';
import type { Work } from '../../protocol/look.ts';
import { work } from '../../protocol/look.ts';
import type { Client } from '../../protocol/rpc.ts';
import { Failure, client } from '../../protocol/rpc.ts';
import { t } from '../l10n.ts';
import type { ListedEvent } from '../../terms/run-events.ts';
import type { EngineFile, WorkStatus } from '../../terms/run-folder.ts';

/** So many of the latest events are at hand for those who begin to follow: more than a run holds back from its file. */
const recentEvents = 4096;

/** A connection to the process that works on a run, shaken hands with and attached. */
export class RunConnection {
  private readonly events = new Emitter<readonly ListedEvent[]>();
  private readonly beats = new Emitter<Notice<Work, 'heartbeat'>>();
  private readonly closed = new Emitter<void>();
  readonly onEvents = this.events.event;
  readonly onHeartbeat = this.beats.event;
  /** the connection is gone: see `ended` whether the process said why */
  readonly onClose = this.closed.event;
  /** the latest recorded events that came over this connection */
  readonly recent: ListedEvent[] = [];
  /** its last word */
  ended: Notice<Work, 'ended'> | null = null;
  open = true;
  /** events before this line of the file have happened before the connection */
  seq = 0;
  status: WorkStatus = 'running';
  lastBeat = Date.now();

  private constructor(
    readonly pid: number,
    private readonly socket: net.Socket,
    private readonly inner: Client<Work>,
  ) {
    inner.on('events', ({ events }) => {
      this.lastBeat = Date.now();
      this.recent.push(...events.filter((event) => event.seq !== undefined));
      if (this.recent.length > 2 * recentEvents) this.recent.splice(0, this.recent.length - recentEvents);
      this.events.fire(events);
    });
    inner.on('heartbeat', (beat) => {
      this.lastBeat = Date.now();
      this.status = beat.status;
      this.beats.fire(beat);
    });
    inner.on('ended', (ended) => (this.ended = ended));
    socket.once('close', () => {
      this.open = false;
      this.closed.fire();
    });
  }

  /**
   * Connects to the process that a run's engine.json names.
   * @throws Failure where it is not there, is not ours or speaks another protocol
   */
  static async connect(file: EngineFile, log: (line: string) => void): Promise<RunConnection> {
    if (file.protocol !== protocolVersion)
      throw new Failure(
        'input',
        t(
          'The run is at work in an Espalier of another version (protocol {0}, not {1}): let it end, or stop it where it was started.',
          file.protocol,
          protocolVersion,
        ),
      );
    if (!isRunPipe(file.pipe))
      throw new Failure('input', t('"{0}", which the run names, is no pipe of Espalier\'s.', file.pipe));
    const socket = await connected(file.pipe);
    const messages = createMessageConnection(
      new SocketMessageReader(socket),
      new SocketMessageWriter(socket),
    );
    messages.onError(([error]) => log(`run: ${error.message}`));
    const made = new RunConnection(
      file.pid,
      socket,
      client(messages, work, (error) => log(`run: ${error.message}`)),
    );
    messages.listen();
    try {
      await made.ask('hello', { protocol: protocolVersion, token: file.token }, 15_000);
      // answered once the run stands where its checkpoint was
      const { seq, status } = await made.ask('attach', {}, 120_000);
      made.seq = seq;
      made.status = status;
      return made;
    } catch (error) {
      made.close();
      throw error;
    }
  }

  /** Asks the process, which is given so many milliseconds: it answers between two pieces of its work. */
  async ask<M extends keyof Work['requests'] & string>(
    method: M,
    params: Parameters<Client<Work>['request']>[1] & object,
    limit: number,
  ) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Failure('internal', t("The run's process did not answer within {0} seconds.", limit / 1000)),
          ),
        limit,
      );
    });
    const gone = new Promise<never>((_, reject) => {
      this.socket.once('close', () => reject(new Failure('internal', t("The run's process is gone."))));
      if (!this.open) reject(new Failure('internal', t("The run's process is gone.")));
    });
    const answer = this.inner.request(method, params as never);
    for (const promise of [answer, late, gone]) promise.catch(() => {});
    try {
      return await Promise.race([answer, late, gone]);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

function connected(pipe: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(pipe);
    socket.setNoDelay(true);
    const timer = setTimeout(() => fail(new Error(t('it does not answer'))), 10_000);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Failure('internal', t("The run's process can't be reached: {0}.", error.message)));
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      // what breaks it also closes it
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
