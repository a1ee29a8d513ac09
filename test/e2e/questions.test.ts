// What is asked in a terminal, answered by keys: in a terminal that Python's pty module makes.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { lacks, needs } from '../support/needs.ts';
import { demoFolder, espalier, root } from './cli.ts';

const { skip, name } = needs(lacks.terminal());
const base = mkdtempSync(path.join(os.tmpdir(), 'espalier-questions-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** The command line in a terminal; `keys` are typed as soon as it asks. */
function typed(cwd: string, keys: string, ...args: string[]): { code: number | null; said: string } {
  const terminal = path.join(root, 'test/support/terminal.py');
  const command = [process.execPath, path.join(root, 'dist/cli.cjs'), ...args];
  // what is agreed to is noted in a folder of this test's own
  const env = { ...process.env, ESPALIER_CACHE: path.join(base, 'cache') };
  const done = spawnSync('python3', [terminal, '[y/N]', keys, ...command], { cwd, env, encoding: 'utf8' });
  return { code: done.status, said: done.stdout + done.stderr };
}

const answers = [
  ['yes', 'y\\r', 0],
  ['yes, in full', 'YES\\r', 0],
  ['no', 'n\\r', 2],
  ['nothing', '\\r', 2],
  ['something else', 'maybe\\r', 2],
  ['the end of input (Ctrl-D)', '\\x04', 2],
  ['Ctrl-C', '\\x03', 130],
] as const;

let n = 0;
let where: string;
beforeEach(() => {
  where = demoFolder(path.join(base, `t${n++}`));
});

describe.skipIf(skip)(name('whether a file may be overwritten'), () => {
  it.each(answers)('%s', (_, keys, expected) => {
    const file = path.join(where, 'net.h5');
    writeFileSync(file, 'somebody wrote this');
    const { code, said } = typed(where, keys, 'new', 'cnn4', '--out', 'net.h5');
    expect(said).toContain('net.h5 is there already');
    expect(code, said).toBe(expected);
    const kept = readFileSync(file, 'latin1') === 'somebody wrote this';
    expect(kept).toBe(expected !== 0);
    expect(said.includes('wrote ')).toBe(expected === 0);
    if (expected === 2) expect(said).toContain('or overwrite it with --force');
  });
});

describe.skipIf(skip)(name('whether a run that came with a folder may start its script'), () => {
  it.each(answers.filter(([what]) => ['yes', 'no', 'Ctrl-C'].includes(what)))('%s', (_, keys, expected) => {
    const own = path.join(where, '.espalier/runs');
    const planned = espalier(where, 'prune', 'model.h5', '--method', 'l1', '--target', 'macs=60%');
    expect(planned.code, planned.err).toBe(0);
    const [mine] = readdirSync(own);
    const plan = JSON.parse(readFileSync(path.join(own, mine, 'run.json'), 'utf8')) as object;
    const targets = [{ metric: 'script', value: 60, relative: false, command: 'touch ran; echo 50 #' }];
    mkdirSync(path.join(own, 'theirs'));
    writeFileSync(path.join(own, 'theirs/run.json'), JSON.stringify({ ...plan, targets, out: 'theirs' }));
    const { code, said } = typed(where, keys, 'prune', '--resume', 'theirs');
    expect(said).toContain('was not planned here');
    // 50 is within 60 as it is: the run itself is refused, once it has asked its script
    expect(code, said).toBe(expected === 0 ? 2 : expected);
    expect(existsSync(path.join(where, 'ran'))).toBe(expected === 0);
  });
});
