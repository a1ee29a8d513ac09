import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-cli-'));
  const { options } = (await import('../../scripts/bundle.mjs' as string)) as { options: object };
  bundle = path.resolve('node_modules', `.espalier-cli-${process.pid}.cjs`);
  await build({ ...options, sourcemap: false, entryPoints: ['src/cli/main.ts'], outfile: bundle });
  const made = await espalier(
    'new',
    'cnn4',
    '--input',
    '8x8x1',
    '--classes',
    '4',
    '--width',
    '0.25',
    '--out',
    'net.h5',
  );
  expect(made.code).toBe(0);
  await writeFile(path.join(folder, 'empty.h5'), '');
  await writeFile(path.join(folder, 'text.h5'), 'not a model\n');
  await writeFile(path.join(folder, 'bad.espalier.json'), '{"espalier": 1}');
  await writeFile(path.join(folder, 'images.zip'), 'PK nothing');
  await mkdir(path.join(folder, 'nothing'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(bundle, { force: true });
});

interface Said {
  code: number;
  out: string;
  err: string;
}

function espalier(...args: string[]): Promise<Said> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [bundle, ...args], { cwd: folder, encoding: 'utf8' }, (error, out, err) => {
      // it has no exit code then, and did not fail by itself
      if (error?.signal) reject(new Error(`ended by ${error.signal}`));
      else resolve({ code: error ? ((error.code as unknown as number | undefined) ?? 1) : 0, out, err });
    });
  });
}

describe('bad input: exit 2 and one line', () => {
  const model = ['prune', 'net.h5'];
  const cases: [string, string[]][] = [
    ['an unknown command', ['prun']],
    ['an unknown option', ['inspect', 'net.h5', '--colour']],
    ['a missing argument', ['inspect']],
    ['one argument too many', ['inspect', 'net.h5', 'b.h5']],
    ['no such model', ['inspect', 'nope.h5']],
    ['a folder', ['inspect', 'nothing']],
    ['an empty file', ['inspect', 'empty.h5']],
    ['a file that is no model', ['check', 'text.h5']],
    ['an unknown network', ['new', 'resnet9000']],
    ['an odd shape', ['new', 'cnn4', '--input', '8x8']],
    ['images that nothing is measured on', ['inspect', 'net.h5', '--data', 'images.zip']],
    ['an effort of nothing', ['inspect', 'net.h5', '--effort', 'quick']],
    ['a sensitivity to nothing', ['inspect', 'net.h5', '--sensitivity']],
    ['a sensitivity on no images', ['inspect', 'net.h5', '--sensitivity', '--data', 'nothing']],
    ['no ending to tell the format', ['new', 'cnn4', '--out', 'x.foo']],
    ['no model', ['prune', '--target', 'macs=50%']],
    ['a target of nothing', [...model, '--target', 'macs=0%']],
    ['a target of all', [...model, '--target', 'macs=100%']],
    ['a negative target', [...model, '--target', 'macs=-5%']],
    ['a nonsense target', [...model, '--target', 'fast']],
    ['contradicting targets', [...model, '--target', 'macs=50%', '--target', 'macs=40%']],
    ['an unreachable target', [...model, '--target', 'macs=0.001%']],
    ['a target that holds already', [...model, '--target', 'macs=1G']],
    ['an unknown method', [...model, '--target', 'macs=50%', '--method', 'magic']],
    ['a method that needs images', [...model, '--target', 'macs=50%', '--method', 'rewarded-meta']],
    ['a broken setting', [...model, '--target', 'macs=50%', '--set', 'oops']],
    ['an unknown setting', [...model, '--target', 'macs=50%', '--set', 'oops=1']],
    ['an unknown layer', [...model, '--target', 'macs=50%', '--freeze', 'nope']],
    ['a seed that is none', [...model, '--target', 'macs=50%', '--seed', 'x']],
    ['an unknown effort', [...model, '--target', 'macs=50%', '--effort', 'heroic']],
    ['options about images without images', [...model, '--target', 'macs=50%', '--limit', '5']],
    ['no such images', [...model, '--target', 'macs=50%', '--method', 'l1', '--data', 'nope']],
    ['images that are none', [...model, '--target', 'macs=50%', '--method', 'l1', '--data', 'images.zip']],
    ['a folder without images', ['evaluate', 'net.h5', '--data', 'nothing']],
    ['nothing to go on with', ['prune', '--resume']],
    ['no such run', ['prune', '--resume', 'nope']],
    ['no run for a curve', ['front']],
    ['no such run for a curve', ['front', 'nope']],
    ['a curve over nothing', ['front', '--metric', 'latency']],
    ['no run to write from', ['write', '--pick', 'knee']],
    ['nothing picked', ['write']],
    ['a nonsense pick', ['write', '--pick', 'fast']],
    ['a config that is none', ['apply', 'bad.espalier.json']],
    ['no such config', ['verify', 'nope.espalier.json']],
    ['a diff with nothing', ['diff', 'net.h5', 'nope.h5']],
  ];
  test.each(cases)('%s', async (_, args) => {
    const before = (await readdir(folder)).filter((name) => name !== '.espalier');
    const { code, out, err } = await espalier(...args);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/\S/);
    expect(err).not.toMatch(/\n\s+at |undefined|\[object|Something went wrong/);
    expect((await readdir(folder)).filter((name) => name !== '.espalier')).toEqual(before);
    expect(await readdir(path.join(folder, '.espalier/runs')).catch(() => [])).toEqual([]);
  });
});

test.each([
  [[], /^espalier needs a command: name one \(espalier --help lists them\)$/],
  [['prun'], /^espalier has no command "prun": did you mean prune\? \(espalier --help lists them\)$/],
  [['xyzzy'], /^espalier has no command "xyzzy": name another/],
  [['--colour'], /^espalier has no option --colour: leave it out/],
  [
    ['inspect'],
    /^espalier inspect needs <model>: write espalier inspect <model>, options as espalier inspect/,
  ],
  [['inspect', 'net.h5', '--freez', 'a'], /has no option --freez: did you mean --freeze\?/],
  [['inspect', 'net.h5', 'b c.h5'], /^espalier inspect takes <model>, no more: leave out "b c.h5", or put/],
  [['doctor', 'x'], /^espalier doctor takes nothing, no more: leave out "x"/],
  [['train', 'net.h5'], /^espalier train needs --out <file> \(where the trained model goes\): add it$/],
  [
    ['evaluate', 'net.h5'],
    /^espalier evaluate needs --data <path> \(a folder of class folders, .*\): add it$/,
  ],
  [
    ['prune', 'net.h5', '--seed'],
    /^espalier prune: the option --seed <n> needs a value \(of every random draw/,
  ],
  [['prune', 'net.h5', '--effort', 'x'], /^--effort is one of quick, standard, thorough, not "x"$/],
  [['prune', 'net.h5', '--seed', '1.5'], /^--seed takes a whole number from 0 to 4294967295, not "1.5"$/],
] as const)('a mistake in the command line is one sentence of ours: %s', async (args, said) => {
  const { code, out, err } = await espalier(...args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err.trimEnd()).toMatch(said);
  const machine = await espalier(...args, '--json');
  expect(machine.code).toBe(2);
  // one that takes the place of a value, or comes before any command, is a mistake of its own
  if (args.length && args.at(-1) !== '--seed' && args[0] !== '--colour')
    expect(JSON.parse(machine.out)).toEqual({ type: 'error', message: err.trimEnd(), exitCode: 2 });
});

test('--out that is a file, or can never be made, is refused before anything runs', async () => {
  const outs = ['text.h5', 'text.h5/x', ...(process.platform === 'linux' ? ['/proc/x', '/proc/x/y'] : [])];
  for (const out of outs) {
    const { code, err } = await espalier('prune', 'net.h5', '--target', 'macs=50%', '--out', out);
    expect(code).toBe(2);
    expect(err).toMatch(/^can't write in .*; (free it or )?choose another folder$/m);
    expect(err).not.toMatch(/Something went wrong|kept/);
  }
  const { code, err } = await espalier('prune', 'net.h5', '--target', 'macs=50%', '--report', 'nothing');
  expect([code, err]).toEqual([2, expect.stringMatching(/it is a folder; name a file/)]);
});

describe('--report', () => {
  const run = ['prune', 'net.h5', '--target', 'macs=50%', '--method', 'l1', '--out', 'new/below'];
  const there = async () => (await readdir(folder)).sort();

  test('where it is refused, no folder of --out stays behind', async () => {
    const before = await there();
    for (const report of ['text.h5/x', 'nothing']) {
      const { code, err } = await espalier(...run, '--report', report);
      expect(code, err).toBe(2);
      expect(await there()).toEqual(before);
    }
    // nor where the run itself is refused
    const { code, err } = await espalier(...run, '--freeze', 'nosuch', '--report', 'other/r.html');
    expect(code, err).toBe(2);
    expect(await there()).toEqual(before);
  });

  test.skipIf(process.platform === 'win32')('a link to nothing is left alone, by force or not', async () => {
    await symlink('loop.html', path.join(folder, 'loop.html'));
    await symlink('gone', path.join(folder, 'gone.md'));
    for (const report of ['loop.html', 'gone.md', 'gone.html'])
      for (const more of [[], ['--force']]) {
        const { code, err } = await espalier(...run, '--report', report, ...more);
        expect(code).toBe(2);
        expect(err).toMatch(
          /can't write .*(loop\.html|gone\.md): it is a link that leads nowhere or in a circle/,
        );
      }
    for (const name of ['loop.html', 'gone.md'])
      expect((await lstat(path.join(folder, name))).isSymbolicLink()).toBe(true);
    for (const args of [
      ['inspect', 'loop.html'],
      ['diff', 'loop.html', 'net.h5'],
      ['verify', 'loop.html'],
    ])
      expect(await espalier(...args)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/loop\.html"?: .*its links lead in a circle/),
      });
    for (const name of ['loop.html', 'gone.md']) await rm(path.join(folder, name));
  });

  test.each(['r.html', 'r.md', 'r'])('%s: the page and the Markdown each have their ending', async (name) => {
    const { code, err } = await espalier(...run, '--report', `new/${name}`);
    expect(code, err).toBe(0);
    const page = name === 'r' ? 'r' : 'r.html';
    expect((await readdir(path.join(folder, 'new'))).sort()).toEqual(['below', page, 'r.md']);
    expect(await readFile(path.join(folder, 'new', page), 'utf8')).toMatch(/^<!doctype html>/i);
    expect(await readFile(path.join(folder, 'new/r.md'), 'utf8')).toMatch(/^\| `conv3` \|/m);
    for (const one of ['new', '.espalier']) await rm(path.join(folder, one), { recursive: true });
  });
});

describe('what is written is settled before anything is read', () => {
  const none = ['--data', 'no-such-images'];
  const train = (out: string, ...more: string[]) => ['train', 'net.h5', ...none, '--out', out, ...more];
  const fresh = (out: string) => ['new', 'cnn4', ...none, '--out', out];
  test.each([
    ['train, among other files', train('full/model.json'), /full holds notes\.txt already/],
    ['train, with --force', train('full/model.json', '--force'), /full holds notes\.txt already/],
    ['train, on --resume', train('full/model.json', '--resume'), /full holds notes\.txt already/],
    ['train, beside another model’s weights', train('weights/net.json'), /holds group1-shard1of1\.bin/],
    ['new, among other files', fresh('full/model.json'), /full holds notes\.txt already/],
    ['new, beside another model’s weights', fresh('weights/net.json'), /holds group1-shard1of1\.bin/],
    ['new, in no format', fresh('net.xyz'), /can't tell the format/],
    ['new, below a file', fresh('text.h5/net.h5'), /can't write in/],
    ['diff, below a file', ['diff', 'no.h5', 'such.h5', '--html', 'text.h5/x.html'], /can't write in/],
    ['diff, to a folder', ['diff', 'no.h5', 'such.h5', '--markdown', 'full', '--force'], /it is a folder/],
  ])('%s', async (_, args, why) => {
    await mkdir(path.join(folder, 'full'), { recursive: true });
    await mkdir(path.join(folder, 'weights'), { recursive: true });
    await writeFile(path.join(folder, 'full/notes.txt'), 'mine');
    await writeFile(path.join(folder, 'weights/group1-shard1of1.bin'), 'mine');
    const before = await readdir(folder, { recursive: true });
    const { code, err } = await espalier(...args);
    expect([code, err]).toEqual([2, expect.stringMatching(why)]);
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });
});

test('a run that a folder brought along asks before its script runs, and is told on the command line', async () => {
  // what is agreed to is noted in a folder of this test's own
  vi.stubEnv('ESPALIER_CACHE', path.join(folder, '.cache'));
  onTestFinished(() => void vi.unstubAllEnvs());
  const theirs = path.join(folder, '.espalier/runs/theirs');
  await mkdir(theirs, { recursive: true });
  expect((await espalier('prune', 'net.h5', '--target', 'macs=50%', '--out', 'o')).code).toBe(0);
  const [own] = await readdir(path.join(folder, '.espalier/runs')).then((all) =>
    all.filter((n) => n !== 'theirs'),
  );
  const plan = JSON.parse(
    await readFile(path.join(folder, '.espalier/runs', own, 'run.json'), 'utf8'),
  ) as object;
  const command = `${process.platform === 'win32' ? 'echo' : 'touch OWNED; echo'} 50 #`;
  const targets = [{ metric: 'script', value: 60, relative: false, command }];
  await writeFile(path.join(theirs, 'run.json'), JSON.stringify({ ...plan, targets }));
  for (const args of [['--resume'], ['--resume', 'theirs']]) {
    const { code, err } = await espalier('prune', ...args);
    expect(code).toBe(2);
    expect(err).toContain(
      `the run theirs was not planned here and runs the command ${JSON.stringify(command)}`,
    );
    expect(err).toContain('--allow-script');
  }
  const other = await espalier('prune', '--resume', 'theirs', '--target', 'script=echo 1 <= 60');
  expect([other.code, other.err]).toEqual([2, expect.stringContaining('which has no target')]);
  expect(await readdir(folder)).not.toContain('OWNED');
  await espalier('prune', '--resume', 'theirs', '--target', `script=${command} <= 60`);
  if (process.platform !== 'win32') expect(await readdir(folder)).toContain('OWNED');
  await rm(path.join(folder, '.espalier'), { recursive: true });
});

describe('help and version', () => {
  test.each([['--help'], ['prune', '--help'], ['--version'], ['help', 'apply']])('%s %s', async (...args) => {
    const { code, out, err } = await espalier(...(args.filter(Boolean) as string[]));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/\S/);
  });
});

test('inspect: a table for people, one object for programs', async () => {
  const { code, out } = await espalier('inspect', 'net.h5');
  expect(code).toBe(0);
  expect(out).toMatch(/conv1 +Conv2D +8×8×8/);
  expect(out).toContain('fixed: network output');
  const machine = await espalier('inspect', 'net.h5', '--json');
  const { macs, params, groups, layers } = JSON.parse(machine.out) as {
    macs: number;
    params: number;
    groups: { id: string; prunable: boolean; reason: string | null }[];
    layers: { macs: number; params: number }[];
  };
  // conv1 of 8x8x1 to 8 channels by 3x3: 8*8*9*8 multiply-accumulates
  expect(layers.find(({ macs: one }) => one > 0)?.macs).toBe(4608);
  expect(layers.reduce((sum, one) => sum + one.macs, 0)).toBe(macs);
  expect(layers.reduce((sum, one) => sum + one.params, 0)).toBe(params);
  expect(groups.filter(({ prunable }) => !prunable).map(({ reason }) => reason)).toEqual(['network output']);
});

test('prune without images, then apply, verify and diff', async () => {
  const pruned = await espalier(
    'prune',
    'net.h5',
    '--target',
    'macs=50%,params=60%',
    '--out',
    'out',
    '--report',
    'out/report.html',
    '--json',
  );
  expect(pruned.code).toBe(0);
  const events = pruned.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; seq?: number });
  expect(events.at(-1)?.type).toBe('result');
  const seqs = events.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
  expect(seqs).toEqual(seqs.map((_, i) => i));
  expect((await readdir(path.join(folder, 'out'))).sort()).toEqual([
    'net.espalier.json',
    'net.pruned.h5',
    'report.html',
    'report.md',
  ]);
  expect(await readFile(path.join(folder, 'out/report.html'), 'utf8')).not.toMatch(/https?:|<script/);

  expect((await espalier('verify', 'out/net.espalier.json')).code).toBe(0);
  const applied = await espalier('apply', 'out/net.espalier.json', '--out', 'again.h5', '--json');
  expect(applied.code).toBe(0);
  expect(JSON.parse(applied.out)).toMatchObject({ trained: false });
  const [a, b] = await Promise.all(
    ['out/net.pruned.h5', 'again.h5'].map((file) => espalier('inspect', file, '--json')),
  );
  expect((JSON.parse(a.out) as { macs: number }).macs).toBe((JSON.parse(b.out) as { macs: number }).macs);

  const diff = await espalier('diff', 'net.h5', 'out/net.espalier.json', '--json');
  const { layers, total } = JSON.parse(diff.out) as {
    layers: { channels: { removed: number[] } }[];
    total: { a: { macs: number }; b: { macs: number } };
  };
  expect(total.b.macs).toBeLessThanOrEqual(total.a.macs / 2);
  expect(layers.some(({ channels }) => channels.removed.length > 0)).toBe(true);
  const markdown = await espalier('diff', 'net.h5', 'out/net.pruned.h5', '--markdown');
  expect(markdown.out).toMatch(/\| `conv2` \| 8 → 4 \|/);
  expect((await espalier('diff', 'net.h5', 'out/net.espalier.json', '--html', 'diff.html')).code).toBe(0);
  expect(await readFile(path.join(folder, 'diff.html'), 'utf8')).toContain('<i class=x></i>');

  // what is there stays, a model above all
  const model = await readFile(path.join(folder, 'net.h5'));
  for (const option of ['--html', '--markdown']) {
    const refused = await espalier('diff', 'net.h5', 'out/net.espalier.json', option, 'net.h5');
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringMatching(/net\.h5 is the model that this command reads/),
    });
  }
  const page = ['diff', 'net.h5', 'out/net.espalier.json', '--html', 'diff.html'];
  expect((await espalier(...page)).code).toBe(2);
  expect((await espalier(...page, '--force')).code).toBe(0);
  // the source is needed, whatever is forced
  const onto = await espalier('apply', 'out/net.espalier.json', '--out', 'net.h5', '--force');
  expect(onto).toMatchObject({ code: 2, err: expect.stringMatching(/is the model before pruning/) });
  expect(await readFile(path.join(folder, 'net.h5'))).toEqual(model);
  // a link that leads nowhere is somebody's
  if (process.platform !== 'win32') {
    await symlink('nowhere.h5', path.join(folder, 'link.h5'));
    expect((await espalier('apply', 'out/net.espalier.json', '--out', 'link.h5')).code).toBe(2);
  }
  const long = await espalier('apply', 'out/net.espalier.json', '--out', `${'a'.repeat(300)}.h5`);
  expect(long).toMatchObject({ code: 2, err: expect.stringMatching(/its name is too long/) });
  const odd = await espalier('apply', 'out/net.espalier.json', '--out', 'odd.txt');
  expect(odd).toMatchObject({ code: 2, err: expect.stringMatching(/odd\.txt"; name a file that ends in/) });

  // a config that no longer holds: exit 1
  const config = path.join(folder, 'out/net.espalier.json');
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/("after": \{ "macs": )\d+/, '$17'));
  const broken = await espalier('verify', 'out/net.espalier.json', '--json');
  expect(broken.code).toBe(1);
  expect((JSON.parse(broken.out) as { ok: boolean }).ok).toBe(false);
});

test('what another run wrote is overwritten only when that is said', async () => {
  const prune = (method: string, ...more: string[]) =>
    espalier('prune', 'net.h5', '--target', 'macs=50%', '--out', 'own', '--method', method, ...more);
  const config = () => readFile(path.join(folder, 'own/net.espalier.json'), 'utf8');
  expect((await prune('l1')).code).toBe(0);
  const first = await config();
  // the same again, as a script does it
  const again = await prune('l1');
  expect(again.code, again.err).toBe(0);
  expect(await config()).toBe(first);
  const runs = async () => (await readdir(path.join(folder, '.espalier/runs'))).length;
  const before = await runs();
  for (const more of [[], ['--json']]) {
    const refused = await prune('uniform', ...more);
    expect(refused.code).toBe(2);
    expect(refused.err.trim().split('\n')).toHaveLength(1);
    expect(refused.err).toMatch(/own\/net\.espalier\.json is there already.*--out.*--force/);
  }
  expect(await runs()).toBe(before);
  expect(await config()).toBe(first);
  expect((await readdir(path.join(folder, 'own'))).sort()).toEqual(['net.espalier.json', 'net.pruned.h5']);
  expect((await prune('uniform', '--force')).code).toBe(0);
  expect(await config()).toContain('"name": "uniform"');
  expect((await readdir(path.join(folder, 'own'))).sort()).toEqual(['net.espalier.json', 'net.pruned.h5']);
});

test('a run of several points ends with how to write another, and that writes it', async () => {
  const run = ['prune', 'net.h5', '--target', 'macs=50%', '--points', '3', '--out', 'points'];
  const pruned = await espalier(...run);
  expect(pruned.code).toBe(0);
  const [, id, pick] = /^another point's model: espalier write (\S+) --pick (\S+)$/m.exec(pruned.out)!;
  expect(pick).toMatch(/^l1@[\d.]+%#0$/);
  const written = await espalier('write', id, '--pick', pick);
  expect([written.code, written.err]).toEqual([0, '']);
  const [, config] = /^config +(.*)$/m.exec(written.out)!;
  expect(config).toMatch(/^points.net\.l1-[\d.]+-0\.espalier\.json$/);
  const { cost } = JSON.parse(await readFile(path.join(folder, config), 'utf8')) as {
    cost: { before: { macs: number }; after: { macs: number } };
  };
  expect(cost.after.macs).toBeLessThan(0.2 * cost.before.macs);
  for (const one of ['points', '.espalier']) await rm(path.join(folder, one), { recursive: true });
});

test('without a target a run is the trade-off, and says so', async () => {
  const pruned = await espalier('prune', 'net.h5', '--out', 'whole');
  expect(pruned.code).toBe(0);
  expect(pruned.err).toContain(
    'no target was given: the trade-off from 80 % of the MACs downwards, in 5 points',
  );
  const points = [...pruned.err.matchAll(/^l1(?:@([\d.]+)%)?: chosen/gm)].map(([, share]) => share);
  expect(points.length).toBeGreaterThan(3);
  expect(points[0]).toBeUndefined();
  expect(Number(points.at(-1))).toBeLessThan(30);
  for (const one of ['whole', '.espalier']) await rm(path.join(folder, one), { recursive: true });
});

test.each([
  [['help', 'foo'], /has no command "foo"/],
  [['apply', ''], /<config> is empty/],
  [['verify', ' '], /<config> is empty/],
  [['evaluate', 'net.h5', '--data', ''], /--data <path> is empty/],
  [['new', 'cnn4', '--out='], /--out <file> is empty/],
])('%j is one sentence that says what is missing', async (args, sentence) => {
  const { code, err } = await espalier(...args);
  expect(code).toBe(2);
  expect(err.trim()).toMatch(sentence);
  expect(err.trim().split('\n')).toHaveLength(1);
});

test('new and train ask before they overwrite a model', async () => {
  const bytes = await readFile(path.join(folder, 'net.h5'));
  for (const command of [
    ['new', 'cnn4', '--out', 'net.h5'],
    ['train', 'net.h5', '--data', 'nothing', '--out', 'net.h5'],
  ]) {
    const refused = await espalier(...command);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/^net\.h5 is there already.*--force\n$/);
  }
  expect((await readFile(path.join(folder, 'net.h5'))).equals(bytes)).toBe(true);
});

test('what a command reads is not overwritten, not even by force', async () => {
  const bytes = await readFile(path.join(folder, 'net.h5'));
  const run = ['prune', 'net.h5', '--target', 'macs=50%', '--out', 'kept'];
  await writeFile(path.join(folder, 'net.md'), '');
  for (const command of [
    [...run, '--report', 'net.h5'],
    ['diff', 'net.h5', 'net.h5', '--html', 'net.h5'],
    ['diff', 'net.h5', 'net.h5', '--markdown', './net.h5'],
  ]) {
    const refused = await espalier(...command, '--force');
    expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/net\.h5 is the model that/)]);
  }
  expect((await espalier(...run)).code).toBe(0);
  const config = 'kept/net.espalier.json';
  const recipe = await readFile(path.join(folder, config));
  for (const command of [
    ['apply', config, '--out', config],
    ['diff', config, 'net.h5', '--html', config],
    [...run, '--report', config],
  ]) {
    const refused = await espalier(...command, '--force');
    expect([command, refused.code, refused.err]).toEqual([command, 2, expect.stringMatching(/json is /)]);
  }
  expect((await readFile(path.join(folder, config))).equals(recipe)).toBe(true);
  expect((await readFile(path.join(folder, 'net.h5'))).equals(bytes)).toBe(true);
  for (const one of ['kept', 'net.md', '.espalier']) await rm(path.join(folder, one), { recursive: true });
});

test('help comes at once: nothing heavy is loaded for it', async () => {
  const loaded = await new Promise<string>((resolve) => {
    const code = `process.argv.push('--help'); process.on('exit', () => console.error(Object.keys(require.cache).join('\\n'))); require(${JSON.stringify(bundle)})`;
    execFile(process.execPath, ['-e', code], (_, __, err) => resolve(err));
  });
  expect(loaded).toContain('espalier-cli');
  expect(loaded).not.toMatch(/tfjs|sharp|onnxruntime|h5wasm/);
});
