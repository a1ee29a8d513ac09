import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PrunedConfig } from '../../src/config/schema.ts';
import { loadModel, saveModel } from '../../src/formats/index.ts';
import type { LoadedModel } from '../../src/formats/index.ts';
import { makeZip } from '../../src/formats/keras/zip.ts';
import { inferShapes, sizeOf } from '../../src/graph/shapes.ts';
import { demoFolder, espalier, killed, root } from './cli.ts';

const data = ['--data', 'garden.zip'];
const few = [...data, '--limit', '300', '--validation-images', '60'];
const small = [...few, '--target', 'macs=60%', '--effort', 'quick', '--threads', '1'];
const quick = ['--set', 'population=4', '--set', 'generations=1', '--epochs', '1'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-apply-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (where: string, name: string) => path.join(where, name);
const bytes = (where: string, name: string) => readFileSync(at(where, name));
const configOf = (where: string, name: string) => JSON.parse(bytes(where, name).toString()) as PrunedConfig;

/** A colleague's checkout: what is committed, and the images. */
function colleague(from: string, name: string, ...without: string[]): string {
  const where = at(folder, name);
  cpSync(from, where, { recursive: true });
  for (const one of ['.espalier', ...without]) rmSync(at(where, one), { recursive: true });
  return where;
}

function withEnv(env: NodeJS.ProcessEnv, cwd: string, ...args: string[]) {
  const cli = at(root, 'dist/cli.cjs');
  const done = spawnSync(process.execPath, [cli, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { code: done.status, err: done.stderr };
}

describe('a fine-tuned network', () => {
  let mine: string;
  const config = 'model.espalier.json';
  const file = 'model.pruned.h5';
  beforeAll(() => {
    mine = demoFolder(at(folder, 'mine'));
    const training = ['--method', 'l1', '--fine-tune-epochs', '2', '--augment', 'flip,shift=1'];
    const done = espalier(mine, 'prune', 'model.h5', ...small, ...training);
    expect(done.code, done.err).toBe(0);
  }, 600_000);

  it("says where its weights come from, what computed them, and its file's own hash", () => {
    const { method, pruned, computedBy } = configOf(mine, config);
    expect(method.weights).toBe('source');
    expect(pruned!.sha256).toBe(createHash('sha256').update(bytes(mine, file)).digest('hex'));
    expect(computedBy).toMatchObject({ threads: 1 });
    expect(computedBy!.version).toMatch(/^\d+\.\d+/);
    if (computedBy!.backend === 'tensorflow')
      expect(computedBy!.options!.TF_ENABLE_ONEDNN_OPTS).toMatch(/^[01]$/);
  });

  it('is rebuilt by a colleague to the same bytes', { timeout: 600_000 }, () => {
    const theirs = colleague(mine, 'theirs', file);
    const done = espalier(theirs, 'apply', config, ...data);
    expect(done.code, done.err).toBe(0);
    expect(done.out).toContain('the same bytes as the run wrote');
    expect(bytes(theirs, file).equals(bytes(mine, file))).toBe(true);
    const again = espalier(theirs, 'apply', config);
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('holds these bytes already')]);
  });

  it('is never overwritten by one that is only cut', { timeout: 600_000 }, () => {
    const before = bytes(mine, file);
    const theirs = colleague(mine, 'asked', file);
    const none = espalier(theirs, 'apply', config);
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('--cut-only')]);
    expect(readdirSync(theirs)).not.toContain(file);
    const refused = espalier(mine, 'apply', config, '--cut-only');
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/model\.pruned\.h5.*--out.*--force/);
    expect(bytes(mine, file).equals(before)).toBe(true);

    writeFileSync(at(theirs, file), 'somebody else wrote this');
    expect(espalier(theirs, 'apply', config, ...data).code).toBe(2);
    expect(bytes(theirs, file).toString()).toBe('somebody else wrote this');
    const forced = espalier(theirs, 'apply', config, '--cut-only', '--force', '--json');
    expect(forced.code, forced.err).toBe(0);
    const { outcome, cost } = JSON.parse(forced.out) as { outcome: string; cost: { macs: number } };
    expect(outcome).toBe('cut');
    const inspected = espalier(theirs, 'inspect', file, '--json');
    expect((JSON.parse(inspected.out) as { macs: number }).macs).toBe(cost.macs);
    // the same cut again: nothing to do, nothing to ask
    expect(espalier(theirs, 'apply', config, '--cut-only').code).toBe(0);
  });

  it('other bytes: exit code 1, and what was otherwise', { timeout: 600_000 }, () => {
    const theirs = colleague(mine, 'other', file);
    const done = espalier(theirs, 'apply', config, ...data, '--epochs', '1', '--json');
    expect(done.code, done.err).toBe(1);
    expect(JSON.parse(done.out)).toMatchObject({ outcome: 'other', differences: ['1 epochs instead of 2'] });
  });

  it('other images: refused before anything is trained', { timeout: 600_000 }, () => {
    const theirs = colleague(mine, 'images', file);
    const text = bytes(theirs, config).toString();
    writeFileSync(
      at(theirs, config),
      text.replace(/("digest": ")[0-9a-f]/, (_, start: string) => `${start}x`),
    );
    const done = espalier(theirs, 'apply', config, ...data);
    expect([done.code, done.err]).toEqual([
      2,
      expect.stringContaining('not those that the config was made with'),
    ]);
    expect(readdirSync(theirs)).not.toContain(file);
  });

  it('verify notices one flipped bit of its file', { timeout: 600_000 }, () => {
    const theirs = colleague(mine, 'flipped');
    expect(espalier(theirs, 'verify', config).code).toBe(0);
    const changed = bytes(theirs, file);
    changed[changed.length - 5] ^= 1;
    writeFileSync(at(theirs, file), changed);
    const done = espalier(theirs, 'verify', config);
    expect([done.code, done.out]).toEqual([1, expect.stringMatching(/pruned file, SHA-256.*DIFFERS/)]);
  });
});

it('a TensorFlow.js model is rebuilt to the same bytes, shards and all', { timeout: 600_000 }, () => {
  const mine = demoFolder(at(folder, 'tfjs'));
  const made = espalier(mine, 'train', 'model.h5', ...few, '--epochs', '1', '--out', 'net/model.json');
  expect(made.code, made.err).toBe(0);
  const done = espalier(
    mine,
    'prune',
    'net/model.json',
    ...small,
    '--method',
    'l1',
    '--fine-tune-epochs',
    '1',
    '--out',
    '.',
  );
  expect(done.code, done.err).toBe(0);
  const theirs = colleague(mine, 'tfjs-theirs', 'net.pruned');
  const applied = espalier(theirs, 'apply', 'model.espalier.json', ...data);
  expect([applied.code, applied.out], applied.err).toEqual([0, expect.stringContaining('the same bytes')]);
  const names = readdirSync(at(mine, 'net.pruned'));
  expect(readdirSync(at(theirs, 'net.pruned'))).toEqual(names);
  for (const name of names)
    expect(bytes(theirs, `net.pruned/${name}`).equals(bytes(mine, `net.pruned/${name}`)), name).toBe(true);
});

describe('a Teachable Machine export', () => {
  const pruned = ['--method', 'l1', '--target', 'macs=60%', '--threads', '1', '--out', '.'];
  let tm: string;
  beforeAll(async () => {
    tm = demoFolder(at(folder, 'tm'));
    const model = await loadModel(at(tm, 'model.h5'));
    await saveModel(model, model.graph, model.weights, at(tm, 'net/model.json'));
    writeFileSync(at(tm, 'net/metadata.json'), JSON.stringify({ labels: model.labels ?? namesOf(model) }));
    const names = readdirSync(at(tm, 'net'));
    const entries = new Map(names.map((name) => [name, bytes(tm, `net/${name}`)]));
    writeFileSync(at(tm, 'tm.zip'), await makeZip(entries));
  }, 600_000);

  /** as many names as it has outputs */
  const namesOf = ({ graph }: LoadedModel) =>
    Array.from({ length: sizeOf(inferShapes(graph)[graph.outputs[0]]) }, (_, i) => `class ${i}`);
  const apply = (where: string, config: string, ...more: string[]) => {
    const { code, out, err } = espalier(where, 'apply', config, ...more);
    return { code, said: out + err };
  };

  it(
    'is compared in its zip to the byte, and in another container as a network',
    { timeout: 600_000 },
    () => {
      const config = 'tm.espalier.json';
      const done = espalier(
        tm,
        'prune',
        'tm.zip',
        ...few,
        ...pruned,
        '--effort',
        'quick',
        '--fine-tune-epochs',
        '1',
      );
      expect(done.code, done.err).toBe(0);
      const images = [...data, '--threads', '1'];
      const there = apply(tm, config, ...images);
      expect(there).toEqual({ code: 0, said: expect.stringContaining('nothing to do') });
      const theirs = colleague(tm, 'tm-theirs', 'tm.pruned.zip');
      const again = apply(theirs, config, ...images);
      expect(again).toEqual({ code: 0, said: expect.stringContaining('the same bytes') });
      expect(bytes(theirs, 'tm.pruned.zip').equals(bytes(tm, 'tm.pruned.zip'))).toBe(true);
      const bare = apply(theirs, config, ...images, '--out', 'bare/model.json');
      expect(bare).toEqual({
        code: 0,
        said: expect.stringContaining('the network that the run wrote, to the bit'),
      });
      // one epoch more is another network, also there
      const other = apply(theirs, config, ...images, '--epochs', '2', '--out', 'other.h5');
      expect(other).toEqual({ code: 1, said: expect.stringContaining('2 epochs instead of 1') });
    },
  );

  it('may hold a model of Keras, and be cut without images', { timeout: 600_000 }, async () => {
    const where = demoFolder(at(folder, 'tm-h5'));
    writeFileSync(at(where, 'k.zip'), await makeZip(new Map([['keras_model.h5', bytes(where, 'model.h5')]])));
    expect(espalier(where, 'prune', 'k.zip', ...pruned).code).toBe(0);
    const theirs = colleague(where, 'tm-h5-theirs', 'k.pruned.zip');
    expect(apply(theirs, 'k.espalier.json').said).toContain('the same bytes');
    const bare = apply(theirs, 'k.espalier.json', '--out', 'k.h5');
    expect(bare).toEqual({ code: 0, said: expect.stringContaining('another format or container') });
  });

  it('keeps the class names beside it as the run wrote them', { timeout: 600_000 }, () => {
    const config = 'model.espalier.json';
    const names = 'net.pruned/metadata.json';
    expect(espalier(tm, 'prune', 'net/model.json', ...pruned).code).toBe(0);
    const before = bytes(tm, names);
    expect(espalier(tm, 'verify', config).code).toBe(0);
    writeFileSync(at(tm, names), '{"labels": ["mine"]}');
    expect(espalier(tm, 'verify', config).code).toBe(1);
    const refused = apply(tm, config);
    expect(refused.code).toBe(2);
    expect(refused.said).toMatch(/net\.pruned.metadata\.json is not as the run wrote it .* --out .* --force/);
    expect(bytes(tm, names).toString()).toContain('mine');
    expect(apply(tm, config, '--force')).toEqual({
      code: 0,
      said: expect.stringContaining(path.normalize(names)),
    });
    expect(bytes(tm, names).equals(before)).toBe(true);
    expect(readdirSync(at(tm, 'net.pruned'))).not.toContain('model.metadata.json');
    expect(espalier(tm, 'verify', config).code).toBe(0);
    // it is written again where it was taken away, without being asked
    rmSync(at(tm, names));
    expect(apply(tm, config).code).toBe(0);
    expect(bytes(tm, names).equals(before)).toBe(true);
  });
});

describe('a network whose batch norms go after their images slowly, trained in a few steps', () => {
  const mine = () => at(folder, 'slow');
  const prune = ['prune', 'slow.h5', ...small, '--method', 'l1', '--retrain', 'scratch'];
  beforeAll(async () => {
    demoFolder(mine());
    const model = await loadModel(at(mine(), 'model.h5'));
    const text = JSON.stringify(model.container.kerasConfig).replace(
      /"momentum":[\d.]+/g,
      '"momentum":0.999',
    );
    const kerasConfig: unknown = JSON.parse(text);
    const slow = { ...model, container: { kerasConfig, files: new Map<string, Uint8Array>() } };
    await saveModel(slow, model.graph, model.weights, at(mine(), 'slow.h5'));
    const done = espalier(mine(), ...prune, '--fine-tune-epochs', '6');
    expect(done.code, done.err).toBe(0);
    expect(done.err).toContain('batch norms measured afresh after training');
  }, 600_000);

  it('ends with the statistics of what it learned, not with those of long ago', () => {
    const events = bytes(mine(), '.espalier/runs/slow-l1-1/events.jsonl').toString().trim().split('\n');
    const losses = events.map((line) => JSON.parse(line) as { type: string; accuracy?: number });
    const last = losses.filter(({ type }) => type === 'loss').at(-1)!.accuracy!;
    const { fineTuning, accuracy } = configOf(mine(), 'slow.espalier.json');
    expect(fineTuning!.recalibrated).toBe(true);
    expect(accuracy.fineTuned!.accuracy).toBeGreaterThan(last);
  });

  it('is rebuilt to the same bytes, and so by a run that was killed', { timeout: 600_000 }, async () => {
    const again = espalier(mine(), 'apply', 'slow.espalier.json', ...data, '--out', 'again.h5');
    expect(again.code, again.err).toBe(0);
    expect(bytes(mine(), 'again.h5').equals(bytes(mine(), 'slow.pruned.h5'))).toBe(true);
    const cut = colleague(mine(), 'slow-killed', 'slow.pruned.h5', 'slow.espalier.json');
    const log = at(cut, '.espalier/runs/slow-l1-1/events.jsonl');
    const settled = () => existsSync(log) && readFileSync(log, 'utf8').includes('measured afresh');
    await killed(cut, settled, ...prune, '--fine-tune-epochs', '6', '--checkpoint-seconds', '0');
    const done = espalier(cut, 'prune', '--resume');
    expect(done.code, done.err).toBe(0);
    for (const name of ['slow.pruned.h5', 'slow.espalier.json'])
      expect(bytes(cut, name).equals(bytes(mine(), name)), name).toBe(true);
  });
});

describe('a generator', () => {
  const train = ['--method', 'rewarded-meta', '--fine-tune-epochs', '1', ...quick];

  it('leaves a network that is rebuilt from the source by default', { timeout: 600_000 }, () => {
    const mine = demoFolder(at(folder, 'meta'));
    const done = espalier(mine, 'prune', 'model.h5', ...small, ...train);
    expect(done.code, done.err).toBe(0);
    expect(configOf(mine, 'model.espalier.json').method.weights).toBe('source');
    const again = espalier(mine, 'apply', 'model.espalier.json', ...data, '--out', 'again.h5');
    expect(again.code, again.err).toBe(0);
    expect(bytes(mine, 'again.h5').equals(bytes(mine, 'model.pruned.h5'))).toBe(true);
  });

  it(
    'keeps its own weights where asked to, and then says that they are in no config',
    { timeout: 600_000 },
    () => {
      const mine = demoFolder(at(folder, 'generated'));
      const done = espalier(mine, 'prune', 'model.h5', ...small, ...train, '--retrain', 'generated');
      expect(done.code, done.err).toBe(0);
      expect(done.err + done.out).toContain("espalier apply can't rebuild it");
      const theirs = colleague(mine, 'generated-theirs', 'model.pruned.h5');
      const refused = espalier(theirs, 'apply', 'model.espalier.json', ...data);
      expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('rewarded-meta itself')]);
      expect(refused.err.trim().split('\n')).toHaveLength(1);
      expect(readdirSync(theirs)).not.toContain('model.pruned.h5');
      expect(espalier(theirs, 'apply', 'model.espalier.json', '--cut-only').code).toBe(0);
      // a config of an older version, which said nothing of it
      const text = bytes(theirs, 'model.espalier.json').toString();
      writeFileSync(at(theirs, 'old.espalier.json'), text.replace(/,\s*"weights": "generated"/, ''));
      expect(espalier(theirs, 'apply', 'old.espalier.json', ...data, '--out', 'x.h5').code).toBe(1);
    },
  );

  it('is not asked of a method that has none', () => {
    const mine = demoFolder(at(folder, 'none'));
    const done = espalier(mine, 'prune', 'model.h5', ...small, '--method', 'l1', '--retrain', 'generated');
    expect([done.code, done.err]).toEqual([2, expect.stringContaining('makes no weights of its own')]);
  });
});

it('a run goes on by the settings that it began with, and refuses others', { timeout: 600_000 }, async () => {
  const where = demoFolder(at(folder, 'resumed'));
  const options = [
    ...few,
    '--target',
    'macs=60%',
    '--effort',
    'quick',
    '--method',
    'l1',
    '--fine-tune-epochs',
    '6',
  ];
  const whole = demoFolder(at(folder, 'whole'));
  const env = { TF_NUM_INTRAOP_THREADS: '1' };
  expect(withEnv(env, whole, 'prune', 'model.h5', ...options).code).toBe(0);
  const before = process.env.TF_NUM_INTRAOP_THREADS;
  process.env.TF_NUM_INTRAOP_THREADS = '1';
  try {
    const checkpoints = ['--checkpoint-seconds', '0'];
    const kept = () => existsSync(at(where, '.espalier/runs/model-l1-1/checkpoint'));
    expect(await killed(where, kept, 'prune', 'model.h5', ...options, ...checkpoints)).toBe(null);
  } finally {
    if (before === undefined) delete process.env.TF_NUM_INTRAOP_THREADS;
    else process.env.TF_NUM_INTRAOP_THREADS = before;
  }
  const other = withEnv({ TF_NUM_INTRAOP_THREADS: '2' }, where, 'prune', '--resume');
  expect([other.code, other.err]).toEqual([
    2,
    expect.stringContaining('TF_NUM_INTRAOP_THREADS 2 instead of 1'),
  ]);
  const unset = withEnv({ TF_NUM_INTRAOP_THREADS: undefined }, where, 'prune', '--resume');
  expect(unset.code, unset.err).toBe(0);
  expect(bytes(where, 'model.pruned.h5').equals(bytes(whole, 'model.pruned.h5'))).toBe(true);
});
