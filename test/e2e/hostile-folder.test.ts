// Nothing of the folder that one stands in is executed: each case here would have been, before.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LookingEngine } from '../../src/extension/engine/engine.ts';
import { chooseNode } from '../../src/extension/process/node.ts';
import { fetchedFolder } from '../../src/runtime/backend/find.ts';
import type { Draft } from '../../src/protocol/plan.ts';
import { draftFor } from '../engine/engine.ts';
import { cacheWithoutAddon, makeHostile, naively } from '../support/hostile-folder.ts';
import type { HostileFolder } from '../support/hostile-folder.ts';
import { demoFolder, root } from './cli.ts';

const cli = path.join(root, 'dist/cli.cjs');
const hasTensorflow = existsSync(fetchedFolder()) && existsSync('/usr/bin/g++');

let parent: string;
let here: string;
let quiet: string;
let hostile: HostileFolder;
let cache: string;

beforeAll(() => {
  parent = mkdtempSync(path.join(os.tmpdir(), 'espalier-isolation-'));
  here = demoFolder(path.join(parent, 'here'));
  quiet = demoFolder(path.join(parent, 'quiet'));
  cache = cacheWithoutAddon(path.join(parent, 'cache'));
  hostile = makeHostile(here, path.join(parent, 'marks'), '/usr/bin:/bin');
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** The command line in the hostile folder, or, in an environment as it should be, in one like it. */
function espalier(cwd: string, ...args: string[]) {
  const own = { ...process.env, PATH: '/usr/bin:/bin', ESPALIER_TENSORFLOW: undefined };
  const env = { ...(cwd === here ? hostile.env : own), ESPALIER_CACHE: cache };
  const done = spawnSync(process.execPath, [cli, ...args], { cwd, env, encoding: 'utf8' });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

it('the folder is as hostile as it looks', { timeout: 60_000 }, () => {
  naively(here, hostile.env, 'python3 -V; g++ --version');
  expect(hostile.executed()).toEqual(['g++', 'python3']);
  if (existsSync('/usr/bin/python3')) {
    naively(here, hostile.env, `/usr/bin/python3 -c 'import importlib.util'`);
    expect(hostile.executed()).toContain('importlib.py');
  }
  const load = `require(${JSON.stringify(path.join(root, 'node_modules/onnxruntime-node'))})`;
  spawnSync(process.execPath, ['-e', load], { cwd: here, env: hostile.env });
  if (existsSync('/usr/bin/gcc')) expect(hostile.executed()).toEqual(['libonnxruntime.so.1']);
});

describe('on the command line', () => {
  const data = ['--data', 'garden.zip', '--limit', '200', '--seed', '3'];
  const commands: string[][] = [
    ['doctor', '--json'],
    ['check', 'model.h5', '--json'],
    ['inspect', 'model.h5', '--json'],
    [
      ...['prune', 'model.h5', ...data, '--method', 'l1', '--target', 'macs=60%', '--threads', '1'],
      ...['--fine-tune-epochs', '1', '--validation-images', '50'],
    ],
    ['train', 'model.h5', ...data, '--epochs', '1', '--threads', '1', '--out', 'trained.h5'],
    ['evaluate', 'model.h5', '--data', 'garden.zip'],
    ['verify', 'model.espalier.json', '--json'],
  ];
  it.each(commands.map((words) => [words[0], words] as const))(
    '%s executes nothing of the folder, and does what it does elsewhere',
    { timeout: 300_000 },
    (_, words) => {
      const done = espalier(here, ...words);
      expect(hostile.executed()).toEqual([]);
      if (words[0] === 'evaluate') return expect(done.code, done.err).toBe(0);
      const there = espalier(quiet, ...words);
      expect(done.code, done.err).toBe(there.code);
      if (words.includes('--json')) expect(JSON.parse(done.out)).toEqual(JSON.parse(there.out));
    },
  );

  it('the same bytes come of it', () => {
    for (const name of ['model.pruned.h5', 'model.espalier.json', 'trained.h5']) {
      const [a, b] = [quiet, here].map((folder) => readFileSync(path.join(folder, name)));
      expect(a.equals(b), name).toBe(true);
    }
  });

  it.skipIf(!hasTensorflow)('with the TensorFlow that was fetched, and an addon built for it', () => {
    const { engines, packages } = JSON.parse(espalier(here, 'doctor', '--json').out) as {
      engines: { name: string; available: boolean; why: string }[];
      packages: { works: boolean }[];
    };
    expect(engines[0]).toMatchObject({ name: 'tensorflow', available: true });
    expect(engines[0].why).toContain('that setup fetched');
    expect(packages.every(({ works }) => works)).toBe(true);
  });

  it('nor does setup, which looks for a Python with pip', { timeout: 120_000 }, () => {
    const env = {
      ...hostile.env,
      ESPALIER_CACHE: path.join(parent, 'empty'),
      ESPALIER_PYTHON: undefined,
      // pip works, and fetches nothing
      PIP_NO_INDEX: '1',
    };
    const script = path.join(root, 'scripts/setup.mjs');
    const done = spawnSync(process.execPath, [script], { cwd: here, env, encoding: 'utf8' });
    expect(hostile.executed()).toEqual([]);
    expect(done.status, done.stderr).toBe(0);
  });
});

describe('in the editor, whose host stands in the folder', () => {
  let host: LookingEngine | null = null;
  const before = { cwd: process.cwd(), env: { ...process.env } };
  beforeAll(() => {
    process.chdir(here);
    Object.assign(process.env, { ...hostile.env, ESPALIER_CACHE: cache });
  });
  afterAll(async () => {
    await host?.restart();
    process.chdir(before.cwd);
    for (const name of Object.keys(process.env)) if (!(name in before.env)) delete process.env[name];
    Object.assign(process.env, before.env);
  });

  it.skipIf(!hasTensorflow)('looking executes nothing of it, before it is trusted and after', async () => {
    host = new LookingEngine({
      script: path.join(root, 'dist/engine.cjs'),
      node: () => chooseNode(''),
      log: () => {},
    });
    const look = await host.look();
    const draft: Draft = { ...draftFor(here), method: 'l1', settings: {} };
    const restricted = await look.request('doctor', {});
    expect(restricted.backend).toBe('none');
    expect(restricted.lines.find(({ name }) => name === 'tensorflow')!.text).toContain(
      'not looked for in Restricted Mode',
    );
    const { notes, problems } = await look.request('assess', { draft, measure: false });
    expect(problems).toEqual([]);
    expect(notes.filter(({ text }) => text.includes('wasm'))).toEqual([]);
    // nor is anything prepared where something asks for a backend
    const { why } = await look.request('setup', {});
    expect(why).toContain('Restricted Mode');
    expect(hostile.executed()).toEqual([]);

    await host.trust();
    // builds the addon
    expect((await look.request('setup', {})).ready).toBe(true);
    const trusted = await look.request('doctor', {});
    expect(trusted.lines.find(({ name }) => name === 'tensorflow')!.ok).toBe(true);
    expect(trusted.backend).toBe('tensorflow');
    expect(host.description).not.toContain('Restricted');
    expect(hostile.executed()).toEqual([]);
  });
});
