// The built engine in real processes: what the extension's host does, without an editor.
import { spawn, fork, execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import {
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import type { Notice } from '../../src/protocol/contract.ts';
import { look, work } from '../../src/protocol/look.ts';
import type { Look, Work } from '../../src/protocol/look.ts';
import type { Draft } from '../../src/protocol/plan.ts';
import { client } from '../../src/protocol/rpc.ts';
import type { Client } from '../../src/protocol/rpc.ts';
// @ts-expect-error a script without types
import { options } from '../../scripts/bundle.mjs';
import type { ListedEvent } from '../../src/terms/run-events.ts';
import { protocolVersion } from '../../src/protocol/contract.ts';
import { engineFile } from '../../src/terms/run-folder.ts';
import type { EngineFile } from '../../src/terms/run-folder.ts';

export const root = path.resolve(import.meta.dirname, '../..');

/** The programs bundled as they ship, in a folder of their own: others may be building into dist. */
export interface Built {
  readonly engine: string;
  readonly cli: string;
  remove(): void;
}

export async function buildPrograms(): Promise<Built> {
  mkdirSync(path.join(root, 'out'), { recursive: true });
  const folder = mkdtempSync(path.join(root, 'out', 'engine-test-'));
  const entry = { engine: 'src/engine/main.ts', cli: 'src/cli/main.ts' };
  for (const [name, file] of Object.entries(entry))
    await build({
      ...options,
      entryPoints: [path.join(root, file)],
      outfile: path.join(folder, `${name}.cjs`),
    } as Parameters<typeof build>[0]);
  return {
    engine: path.join(folder, 'engine.cjs'),
    cli: path.join(folder, 'cli.cjs'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A workspace with the demo's model and images. */
export function workspace(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-engine-'));
  for (const file of ['model.h5', 'garden.zip'])
    copyFileSync(path.join(root, 'media/demo', file), path.join(folder, file));
  return folder;
}

/** A draft for the demo in a workspace, as small as can be. */
export function draftFor(folder: string, given: Partial<Draft> = {}): Draft {
  return {
    model: path.join(folder, 'model.h5'),
    workspace: folder,
    data: { path: path.join(folder, 'garden.zip'), preprocess: 'unit', limit: 400, validationImages: 80 },
    targets: [{ metric: 'macs', value: 50, relative: true }],
    method: 'rewarded-meta',
    settings: { population: 6, generations: 4, epochs: 1 },
    effort: 'quick',
    seed: 1,
    roundTo: 'auto',
    freeze: [],
    interiorOutputs: false,
    controls: [],
    fineTuneEpochs: 1,
    backend: 'auto',
    measureLatency: false,
    ...given,
  };
}

/** A looking engine, connected. */
export interface Looking {
  readonly child: ChildProcess;
  readonly ask: Client<Look>['request'];
  readonly connection: MessageConnection;
  end(): Promise<void>;
}

/** In a trusted workspace, as the host says by its first hello. */
export function startLook(engine: string): Looking {
  const child = fork(engine, ['look'], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
  const { request } = client(connection, look);
  connection.listen();
  request('hello', { protocol: protocolVersion, trusted: true }).catch(() => {});
  return {
    child,
    connection,
    ask: request,
    end: async () => {
      if (child.connected) child.disconnect();
      await exitOf(child);
    },
  };
}

/** A process that works on a run, started as the host does: detached, its stderr in run.log. */
export function startRun(
  engine: string,
  folder: string,
  { args = [], env = {} }: { args?: string[]; env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  const log = openSync(path.join(folder, 'run.log'), 'a');
  return spawn(process.execPath, [engine, 'run', folder, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', log],
    env: { ...process.env, ...env },
  });
}

export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

/** A client of a run's process. */
export interface Working {
  readonly file: EngineFile;
  readonly socket: net.Socket;
  readonly ask: Client<Work>['request'];
  readonly events: ListedEvent[];
  /** when each batch of events came, in milliseconds */
  readonly batches: number[];
  readonly beats: Notice<Work, 'heartbeat'>[];
  ended: Notice<Work, 'ended'> | null;
  close(): void;
}

/** Waits until a run's engine.json is of the process that was started, and connects; says hello where it shall. */
export async function connect(folder: string, child: ChildProcess, hello = true): Promise<Working> {
  let file: EngineFile | null = null;
  // one that a killed process left is of another
  const isThere = () => (file = readEngineFile(folder))?.pid === child.pid;
  await until(isThere, 'engine.json is there');
  return await connected(file!, hello);
}

function readEngineFile(folder: string): EngineFile | null {
  try {
    return engineFile.parse(JSON.parse(readFileSync(path.join(folder, 'engine.json'), 'utf8')));
  } catch {
    return null;
  }
}

async function connected(file: EngineFile, hello: boolean): Promise<Working> {
  const socket = net.connect(file.pipe);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  const connection = createMessageConnection(
    new SocketMessageReader(socket),
    new SocketMessageWriter(socket),
  );
  const inner = client(connection, work);
  const working: Working = {
    file,
    socket,
    ask: inner.request,
    events: [],
    batches: [],
    beats: [],
    ended: null,
    close: () => socket.destroy(),
  };
  inner.on('events', ({ events }) => {
    working.events.push(...events);
    working.batches.push(performance.now());
  });
  inner.on('heartbeat', (beat) => working.beats.push(beat));
  inner.on('ended', (ended) => (working.ended = ended));
  connection.listen();
  if (hello) await working.ask('hello', { protocol: protocolVersion, token: file.token });
  return working;
}

/** Polls until something holds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  seconds = 300,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await sleep(30);
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // a zombie has ended
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}

/** Runs the built command line to its end; throws where it fails. */
export function espalier(cli: string, cwd: string, ...args: string[]): string {
  return execFileSync(process.execPath, [cli, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
