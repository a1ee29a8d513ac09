import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { engineVersion } from '../../config/version.ts';
import { writeFileWhole } from '../../formats/files.ts';
import { InputError } from '../../graph/errors.ts';
import type { Notice, Params, Result } from '../../protocol/contract.ts';
import { protocolVersion } from '../../protocol/contract.ts';
import { work as contract } from '../../protocol/look.ts';
import type { Work } from '../../protocol/look.ts';
import { notify, serve } from '../../protocol/rpc.ts';
import type { RunFolder } from '../../run/store/folder.ts';
import { refuseOthers } from '../version.ts';
import { makePlace, removePlace } from './place.ts';
import { runFiles } from '../../terms/run-folder.ts';
import type { EngineFile, WorkStatus } from '../../terms/run-folder.ts';

/** What a client may ask for, once it has said who it is. */
export interface RunControl {
  attach(): Promise<Result<Work, 'attach'>>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): void;
  keep(params: Params<Work, 'keep'>): void;
  /** one came to be attached, or went away */
  onClients(): void;
}

interface Client {
  readonly socket: Socket;
  readonly connection: MessageConnection;
  attached: boolean;
}

/** A client that doesn't read what it is sent is let go at so many bytes. */
const backlog = 64 * 2 ** 20;
/** Bytes that may come in one message, before a client has said who it is and after; what it may ask for is short. */
const longest = { stranger: 64 * 2 ** 10, known: 2 ** 20 };

/** The local pipe of a run's process, which the run's engine.json names: several clients at once. */
export class Pipe {
  private readonly clients = new Set<Client>();
  private readonly token = randomBytes(24).toString('hex');
  private readonly server: Server;
  private folder: string | null = null;
  private file: EngineFile | null = null;

  constructor(
    private readonly run: RunFolder,
    private readonly control: RunControl,
  ) {
    this.server = createServer((socket) => this.accept(socket));
  }

  /** Number of clients that are attached. */
  get attached(): number {
    return [...this.clients].filter((client) => client.attached).length;
  }

  /** Listens, and says where in engine.json. */
  async open(): Promise<void> {
    const { pipe, folder } = await makePlace(this.run.folder);
    this.folder = folder;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(pipe, resolve);
    });
    this.server.on('error', (error) => process.stderr.write(`pipe: ${error.message}\n`));
    this.file = { protocol: protocolVersion, pid: process.pid, pipe, token: this.token, status: 'running' };
    await this.write();
  }

  /** Says in engine.json whether the run is held. */
  async announce(status: WorkStatus): Promise<void> {
    if (!this.file) return;
    this.file = { ...this.file, status };
    await this.write();
  }

  /** Tells all that are attached. */
  tell<N extends keyof Work['notices'] & string>(name: N, value: Notice<Work, N>): void {
    for (const { attached, socket, connection } of this.clients) {
      if (!attached) continue;
      if (socket.writableLength > backlog) socket.destroy();
      else notify(connection, contract, name, value);
    }
  }

  /** Takes engine.json and the pipe away; connections that are open stay open. */
  async withdraw(): Promise<void> {
    this.file = null;
    await rm(this.run.file(runFiles.engine), { force: true });
    this.server.close();
    if (this.folder) await removePlace(this.folder);
  }

  /** The last word, to all that are attached. */
  async close(ended: Notice<Work, 'ended'>): Promise<void> {
    await Promise.all(
      [...this.clients].map(async ({ attached, socket, connection }) => {
        // resolves once it is written
        if (attached) await connection.sendNotification('ended', ended).catch(() => {});
        await ending(socket);
      }),
    );
  }

  private accept(socket: Socket): void {
    const connection = createMessageConnection(
      new SocketMessageReader(socket),
      new SocketMessageWriter(socket),
    );
    const client: Client = { socket, connection, attached: false };
    let known = false;
    // what has come since the last message that was understood
    let unread = 0;
    const trusted = <P, R>(handler: (params: P) => R | Promise<R>) => {
      return async (params: P): Promise<R> => {
        if (!known) throw new InputError('say hello first, with the token of engine.json');
        unread = 0;
        return await handler(params);
      };
    };
    this.clients.add(client);
    serve(connection, contract, {
      hello: ({ protocol, token }) => {
        refuseOthers(protocol);
        if (!same(token, this.token)) {
          setTimeout(() => socket.destroy(), 100).unref();
          throw new InputError("this is not the token of the run's engine.json");
        }
        known = true;
        unread = 0;
        return { protocol: protocolVersion, engine: engineVersion, pid: process.pid, id: this.run.id };
      },
      attach: trusted(async () => {
        client.attached = true;
        this.control.onClients();
        return await this.control.attach();
      }),
      pause: trusted(async () => {
        await this.control.pause();
        return {};
      }),
      resume: trusted(async () => {
        await this.control.resume();
        return {};
      }),
      stop: trusted(() => {
        // after the answer
        setImmediate(() => this.control.stop());
        return {};
      }),
      keep: trusted((params: Params<Work, 'keep'>) => {
        this.control.keep(params);
        return {};
      }),
    });
    socket.setNoDelay(true);
    socket.on('data', ({ length }) => {
      unread += length;
      // whatever length it claims, no more of it is kept
      if (unread > (known ? longest.known : longest.stranger)) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.clients.delete(client);
      connection.dispose();
      if (client.attached) this.control.onClients();
    });
    connection.onError(() => socket.destroy());
    connection.listen();
  }

  private async write(): Promise<void> {
    const target = this.run.file(runFiles.engine);
    await writeFileWhole(target, Buffer.from(`${JSON.stringify(this.file)}\n`), 0o600);
  }
}

function same(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Ends a socket once what was written to it is on its way; one that takes no more is cut off. */
function ending(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), 1000);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    if (socket.destroyed) resolve();
    // the reader behind is still there: what it gets must not keep this side open
    socket.end(() => socket.destroySoon());
  });
}
