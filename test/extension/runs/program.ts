import type * as ChildProcess from 'node:child_process';
import type * as Fs from 'node:fs';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Net from 'node:net';
import type * as Os from 'node:os';
import type * as Path from 'node:path';
import path from 'node:path';
import type * as Rpc from 'vscode-jsonrpc/node';
import { protocolVersion } from '../../../src/protocol/contract.ts';

/** How the stand-in for a run's process behaves; written as `behave.json` into the run's folder. */
export interface Behaviour {
  /** ends with this code and these words before it can be reached */
  readonly dies?: { readonly code: number; readonly says: string };
  /** events a second */
  readonly rate?: number;
  /** ends well after so many events */
  readonly events?: number;
  /** fails with this message after its events */
  readonly fails?: string;
  /** answers no stop, and ignores SIGTERM */
  readonly deaf?: boolean;
  /** sends no heartbeats */
  readonly silent?: boolean;
  /** milliseconds for its last checkpoint: it can be reached until then */
  readonly lingers?: number;
  /** starts a process of its own, whose id it writes into child.pid */
  readonly child?: boolean;
}

/**
 * A program that speaks the run process's part of the protocol and behaves as it is told: to see what becomes of processes that
 * crash, hang or fail, which the real engine does only by accident.
 * @returns its file, called engine.cjs like the real one
 */
export function standIn(folder: string): string {
  const file = path.join(folder, 'bin', 'engine.cjs');
  mkdirSync(path.dirname(file), { recursive: true });
  const rpc = createRequire(import.meta.url).resolve('vscode-jsonrpc/node');
  writeFileSync(file, `(${program.toString()})(${JSON.stringify(rpc)}, ${protocolVersion}, require)`);
  return file;
}

function program(rpcFile: string, protocol: number, require: NodeJS.Require) {
  const fs = require('fs') as typeof Fs;
  const net = require('net') as typeof Net;
  const path = require('path') as typeof Path;
  const os = require('os') as typeof Os;
  const rpc = require(rpcFile) as typeof Rpc;
  const folder = process.argv[3];
  const at = (name: string) => path.join(folder, name);
  const behave = JSON.parse(fs.readFileSync(at('behave.json'), 'utf8')) as Behaviour;
  fs.appendFileSync(at('starts.txt'), `${process.argv.slice(4).join(' ')}\n`);
  if (behave.dies) {
    process.stderr.write(behave.dies.says);
    process.exit(behave.dies.code);
  }
  if (behave.deaf) process.on('SIGTERM', () => {});
  else process.on('SIGTERM', () => process.exit(1));
  if (behave.child) {
    const { spawn } = require('child_process') as typeof ChildProcess;
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    fs.writeFileSync(at('child.pid'), String(child.pid));
  }
  let seq = fs.existsSync(at('events.jsonl'))
    ? fs.readFileSync(at('events.jsonl'), 'utf8').split('\n').length - 1
    : 0;
  let status = 'running';
  let alone = false;
  const attached = new Set<Rpc.MessageConnection>();
  let over = false;
  const end = (how: string, message: string) => {
    if (over) return;
    over = true;
    for (const one of attached) one.sendNotification('ended', { status: how, message }).catch(() => {});
    const gone = () => fs.rmSync(at('engine.json'), { force: true });
    if (behave.lingers) process.on('exit', gone);
    else gone();
    if (how === 'failed') fs.writeFileSync(at('failure.json'), JSON.stringify({ message, kind: 'internal' }));
    setTimeout(() => process.exit(how === 'failed' ? 1 : 0), behave.lingers ?? 20);
  };
  // process ids come again, and one that was killed leaves its file behind
  const inside = fs.mkdtempSync(path.join(os.tmpdir(), 'espalier-'));
  const pipe = path.join(inside, 's');
  process.on('exit', () => fs.rmSync(inside, { recursive: true, force: true }));
  net
    .createServer((socket) => {
      const connection = rpc.createMessageConnection(
        new rpc.SocketMessageReader(socket),
        new rpc.SocketMessageWriter(socket),
      );
      socket.on('error', () => {});
      connection.onRequest('hello', ({ token }: { token: string }) => {
        if (token !== 'secret') throw new Error('who are you');
        return { protocol, engine: '1', pid: process.pid, id: path.basename(folder) };
      });
      connection.onRequest('attach', () => {
        attached.add(connection);
        return { seq, status };
      });
      connection.onRequest('pause', () => {
        status = 'paused';
        return {};
      });
      connection.onRequest('resume', () => {
        status = 'running';
        return {};
      });
      connection.onRequest('keep', (given: { alone: boolean }) => {
        alone = given.alone;
        return {};
      });
      connection.onRequest('stop', () => {
        if (!behave.deaf) setTimeout(() => end('stopped', ''), 10);
        return behave.deaf ? new Promise(() => {}) : {};
      });
      socket.on('close', () => {
        attached.delete(connection);
        if (!attached.size && !alone) end('stopped', '');
      });
      connection.listen();
    })
    .listen(pipe, () =>
      fs.writeFileSync(
        at('engine.json'),
        JSON.stringify({ protocol, pid: process.pid, pipe, token: 'secret', status }),
      ),
    );
  let told = 0;
  setInterval(
    () => {
      if (over || status === 'paused' || !attached.size) return;
      const event = { type: 'metric', seq: seq++, at: seq, arm: 'a', name: 'reward', step: seq, value: seq };
      fs.appendFileSync(at('events.jsonl'), `${JSON.stringify(event)}\n`);
      for (const one of attached) one.sendNotification('events', { events: [event] }).catch(() => {});
      if (++told === behave.events) end(behave.fails ? 'failed' : 'done', behave.fails ?? '');
    },
    1000 / (behave.rate ?? 50),
  );
  if (!behave.silent)
    setInterval(() => {
      for (const one of attached) one.sendNotification('heartbeat', { rss: 2 ** 28, status }).catch(() => {});
    }, 100);
}
