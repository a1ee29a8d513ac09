import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { engineVersion } from '../../config/version.ts';
import { writeFileWhole } from '../../formats/files.ts';
import { InputError } from '../../graph/errors.ts';
import type { Notice, Params, Result } from '../../protocol/contract.ts';
import { protocolVersion } from '../../protocol/contract.ts';
import { work as contract } from '../../protocol/look.ts';
import type { EngineFile, Work } from '../../protocol/look.ts';
import { notify, serve } from '../../protocol/rpc.ts';
import type { RunFolder } from '../../run/folder.ts';
import { readEngineFile } from '../../run/summaries.ts';
import { refuseOthers } from '../version.ts';

/** What a client may ask for, once it has said who it is. */
export interface Desk {
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
const folderName = 'espalier-';

/** The local pipe of a run's process, which the run's engine.json names: several clients at once. */
export class Pipe {
  private readonly clients = new Set<Client>();
  private readonly token = randomBytes(24).toString('hex');
  private readonly server: Server;
  private folder: string | null = null;
  private file: EngineFile | null = null;

  constructor(
    private readonly run: RunFolder,
    private readonly desk: Desk,
  ) {
    this.server = createServer((socket) => this.accept(socket));
  }

  /** Number of clients that are attached. */
  get attached(): number {
    return [...this.clients].filter((client) => client.attached).length;
  }

  /** Listens, and says where in engine.json. */
  async open(): Promise<void> {
    await this.sweep();
    const pipe = await this.place();
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(pipe, resolve);
    });
    this.server.on('error', (error) => process.stderr.write(`pipe: ${error.message}\n`));
    this.file = { protocol: protocolVersion, pid: process.pid, pipe, token: this.token, status: 'running' };
    await this.write();
  }

  /** Says in engine.json whether the run is held. */
  async announce(status: 'running' | 'paused'): Promise<void> {
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

  /** Takes engine.json and the pipe away; whoever is connected stays so. */
  async withdraw(): Promise<void> {
    this.file = null;
    await rm(this.run.file('engine.json'), { force: true });
    this.server.close();
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
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
    const trusted = <P, R>(handler: (params: P) => R | Promise<R>) => {
      return async (params: P): Promise<R> => {
        if (!known) throw new InputError('say hello first, with the token of engine.json');
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
        return { protocol: protocolVersion, engine: engineVersion, pid: process.pid, id: this.run.id };
      },
      attach: trusted(async () => {
        client.attached = true;
        this.desk.onClients();
        return await this.desk.attach();
      }),
      pause: trusted(async () => {
        await this.desk.pause();
        return {};
      }),
      resume: trusted(async () => {
        await this.desk.resume();
        return {};
      }),
      stop: trusted(() => {
        // after the answer
        setImmediate(() => this.desk.stop());
        return {};
      }),
      keep: trusted((params: Params<Work, 'keep'>) => {
        this.desk.keep(params);
        return {};
      }),
    });
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.clients.delete(client);
      connection.dispose();
      if (client.attached) this.desk.onClients();
    });
    connection.onError(() => socket.destroy());
    connection.listen();
  }

  /** A name that nobody else can take: in a folder of our own, short enough for every system. */
  private async place(): Promise<string> {
    if (process.platform === 'win32') return `\\\\.\\pipe\\${folderName}${randomBytes(12).toString('hex')}`;
    const roots = [os.tmpdir(), '/tmp'];
    const root = roots.find((one) => path.join(one, `${folderName}XXXXXX`, 's').length < 100) ?? '/tmp';
    this.folder = await mkdtemp(path.join(root, folderName));
    await chmod(this.folder, 0o700);
    return path.join(this.folder, 's');
  }

  /** What a process that was killed left. */
  private async sweep(): Promise<void> {
    const left = await readEngineFile(this.run.folder);
    if (!left || process.platform === 'win32') return;
    const folder = path.dirname(left.pipe);
    const ours = path.basename(left.pipe) === 's' && path.basename(folder).startsWith(folderName);
    if (ours) await rm(folder, { recursive: true, force: true });
  }

  private async write(): Promise<void> {
    const target = this.run.file('engine.json');
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
