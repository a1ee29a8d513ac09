import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LookingEngine } from '../../../src/extension/engine/engine.ts';
import { LookProcess } from '../../../src/extension/engine/look-process.ts';
import { chooseNode } from '../../../src/extension/process/node.ts';
import { gone, isAlive } from '../../../src/extension/process/processes.ts';
import { programFolders } from '../../../src/system/programs.ts';
import { built, demoModel } from '../support.ts';
import { protocolVersion } from '../../../src/protocol/contract.ts';

let folder: string;
let log: string[];
const hosts: { dispose(): void }[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-look-'));
  log = [];
});
afterEach(() => {
  for (const host of hosts.splice(0)) host.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function host(script: string) {
  const made = new LookingEngine({ script, node: () => chooseNode(''), log: (line) => log.push(line) });
  hosts.push(made);
  return made;
}

/** A program in place of the engine; `rpc` answers as it says. */
function program(body: string) {
  const file = path.join(folder, 'engine.cjs');
  writeFileSync(file, body);
  return file;
}

const answering = (answers: string) => `
  process.on('disconnect', () => process.exit());
  process.on('message', ({ id, method }) => { const answer = (${answers})[method];
    if (answer !== undefined) process.send({ jsonrpc: '2.0', id, result: answer }); });`;

describe('the looking process', () => {
  it('starts on first need, reads a network, says what it runs on, and ends with us', async () => {
    const engine = host(built('engine.cjs'));
    expect(engine.pid).toBeNull();
    const look = await engine.look();
    const network = await look.request('inspect', { model: demoModel, freeze: [], interiorOutputs: false });
    expect(network.layers.length).toBeGreaterThan(5);
    expect(engine.description).toContain(process.version.slice(1));
    expect(await engine.look()).toBe(look);
    const { pid } = engine;
    engine.dispose();
    expect(await gone(pid!, 60_000)).toBe(true);
  });

  it('tells input errors as such, and lives on', async () => {
    const engine = host(built('engine.cjs'));
    const look = await engine.look();
    const model = path.join(folder, 'broken.h5');
    writeFileSync(model, 'no model at all');
    await expect(
      look.request('inspect', { model, freeze: [], interiorOutputs: false }),
    ).rejects.toMatchObject({
      kind: 'input',
    });
    expect(await engine.look()).toBe(look);
  });

  it('is started anew after it was killed, and says how it ended', async () => {
    const engine = host(built('engine.cjs'));
    const look = await engine.look();
    const first = engine.pid!;
    const waiting = look.request('findData', { folders: [os.tmpdir()], model: demoModel });
    process.kill(first, 'SIGKILL');
    await expect(waiting).rejects.toThrow('SIGKILL');
    await (await engine.look()).request('runs', { workspace: folder });
    expect(engine.pid).not.toBe(first);
  });

  it('tells the last lines of stderr of one that dies at once', async () => {
    const engine = host(
      program(`process.stderr.write('one\\nthe libraries are missing\\n'); process.exit(7);`),
    );
    await expect(engine.look()).rejects.toMatchObject({
      message: expect.stringMatching(/code 7.*the libraries are missing/),
      detail: 'one\nthe libraries are missing',
    });
  });

  it('says in one sentence that the versions differ', async () => {
    const hello = { protocol: 99, engine: '9', pid: 1, node: 'v20', methods: [], preprocesses: [] };
    const engine = host(program(answering(JSON.stringify({ hello }))));
    await expect(engine.look()).rejects.toThrow(/protocol 99 .* reload the window/);
  });

  it('hears nothing of the shell’s and the host’s settings', async () => {
    const file = path.join(folder, 'env.json');
    const script = program(
      `require('fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify([process.env, process.execArgv])); process.exit(1)`,
    );
    process.env.NODE_OPTIONS = '--no-warnings';
    process.env.VSCODE_PID = '1';
    try {
      await host(script)
        .look()
        .catch(() => {});
    } finally {
      delete process.env.NODE_OPTIONS;
      delete process.env.VSCODE_PID;
    }
    const [env, flags] = JSON.parse(readFileSync(file, 'utf8')) as [Record<string, string>, string[]];
    expect(Object.keys(env).filter((name) => /^(NODE_OPTIONS|VSCODE_|ELECTRON_)/.test(name))).toEqual([]);
    // nor of what is the current folder on it
    expect(env.PATH).toBe(programFolders().join(path.delimiter));
    expect(flags).toEqual([]);
  });

  it('works in a folder of ours, and is told whether the workspace is trusted, also later', async () => {
    const file = path.join(folder, 'told.jsonl');
    const script = program(`
      const tell = (what) => require('fs').appendFileSync(${JSON.stringify(file)}, JSON.stringify(what) + '\\n');
      tell(process.cwd());
      process.on('disconnect', () => process.exit());
      process.on('message', ({ id, method, params }) => {
        if (method !== 'hello') return;
        tell(params.trusted);
        const result = { protocol: ${protocolVersion}, engine: '1', pid: 1, node: 'v20', methods: [], preprocesses: [] };
        process.send({ jsonrpc: '2.0', id, result });
      });`);
    const told = () =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
    const engine = host(script);
    await engine.look();
    expect(told()).toEqual([realpathSync(folder), false]);
    void engine.trust();
    await expect.poll(() => told().at(-1)).toBe(true);
  });

  it('gives up a request that hangs: a process that answers pings lives on, one that does not is ended', async () => {
    const hello = {
      protocol: protocolVersion,
      engine: '1',
      pid: 1,
      node: 'v20',
      methods: [],
      preprocesses: [],
    };
    const start = async (body: string, ping: number) => {
      let ended = false;
      const made = new LookProcess({
        script: program(body),
        node: await chooseNode(''),
        log: (line) => log.push(line),
        onEnd: () => (ended = true),
        limit: 500,
        ping,
      });
      hosts.push({ dispose: () => void made.end() });
      return { made, ended: () => ended };
    };
    const busy = await start(answering(JSON.stringify({ hello })), 60_000);
    await expect(busy.made.client.request('runs', { workspace: folder })).rejects.toThrow(
      '"runs" within 0.5 seconds',
    );
    // it answers after that, so it was not ended
    const pid = () =>
      busy.made.client.request('hello', { protocol: protocolVersion }).then((said) => said.pid, String);
    await expect.poll(pid).toBe(1);
    expect(busy.ended()).toBe(false);
    await busy.made.end();

    // hung, deaf to SIGTERM, with a child of its own
    const child = path.join(folder, 'child.pid');
    const hung = await start(
      `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      require('fs').writeFileSync(${JSON.stringify(child)}, String(child.pid));
      process.on('SIGTERM', () => {});
      process.on('message', () => { for (;;); });`,
      500,
    );
    await expect.poll(() => existsSync(child), { timeout: 30_000 }).toBe(true);
    await expect(hung.made.client.request('runs', { workspace: folder })).rejects.toThrow('within');
    await expect.poll(hung.ended).toBe(true);
    const grandchild = Number(readFileSync(child, 'utf8'));
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  it('refuses a Node that is none, is missing or is not absolute', async () => {
    const bad = path.join(folder, 'node');
    writeFileSync(bad, '#!/bin/sh\necho v18.1.0\n', { mode: 0o755 });
    await expect(chooseNode(bad)).rejects.toThrow(/v18.1.0, older than 20.19. Correct the setting/);
    await expect(chooseNode(path.join(folder, 'none'))).rejects.toThrow('is not there');
    await expect(chooseNode('node')).rejects.toThrow('not an absolute path');
    expect((await chooseNode(process.execPath)).env.ELECTRON_RUN_AS_NODE).toBeUndefined();
    expect(existsSync((await chooseNode('')).path)).toBe(true);
  });
});
