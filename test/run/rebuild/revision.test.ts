import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Compared } from '../../../src/run/rebuild/compare.ts';
import { parseRevision, withRevisions } from '../../../src/run/rebuild/revision.ts';
import { TestRepository } from '../../extension/git/repo.ts';

let r: TestRepository;
beforeEach(() => (r = new TestRepository().begin()));
afterEach(() => {
  vi.unstubAllEnvs();
  r.remove();
});

/** What a file holds at a revision, and the files beside it. */
async function at(file: string, revision: string, beside: string[] = []): Promise<Buffer[]> {
  const side = { kind: 'revision', file, revision } as const;
  return await withRevisions([side, { kind: 'model', file }], ([one]) => {
    const { file: copy } = one as Extract<Compared, { kind: 'model' }>;
    return Promise.resolve(
      [copy, ...beside.map((name) => path.join(path.dirname(copy), name))].map((f) => readFileSync(f)),
    );
  });
}

describe('a file as git has it', () => {
  it('has the bytes of the commit, the branch or the tag, also where the working tree has none', async () => {
    const bytes = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) % 256));
    const file = r.write('models/net.h5', bytes);
    r.commit('models/net.h5');
    r.sh('tag', 'v1');
    r.write('models/net.h5', 'newer');
    r.commit('models/net.h5');
    r.sh('branch', 'other');
    expect((await at(file, 'v1'))[0].equals(bytes)).toBe(true);
    expect((await at(file, 'HEAD~1'))[0].equals(bytes)).toBe(true);
    expect((await at(file, 'other'))[0].toString()).toBe('newer');
    r.sh('rm', '-q', '-r', 'models');
    expect((await at(file, 'HEAD'))[0].toString()).toBe('newer');
  });

  it('a config keeps the folder that its paths start from; copies are gone afterwards', async () => {
    const file = r.write('deep/net.espalier.json', '{}');
    r.commit('deep');
    const side = { kind: 'revision', file, revision: 'HEAD' } as const;
    const [copy] = await withRevisions([side, side], (sides) => Promise.resolve(sides));
    expect(copy).toMatchObject({ kind: 'config', at: path.dirname(file), label: 'net.espalier.json (HEAD)' });
    expect(existsSync((copy as { file: string }).file)).toBe(false);
  });

  it('a TensorFlow.js model comes with its weights', async () => {
    const manifest = [{ paths: ['w.bin', 'deep/v.bin'] }];
    const file = r.write('net/model.json', JSON.stringify({ modelTopology: {}, weightsManifest: manifest }));
    r.write('net/w.bin', 'old w');
    r.write('net/deep/v.bin', 'old v');
    r.commit('net');
    r.write('net/w.bin', 'new w');
    expect((await at(file, 'HEAD', ['w.bin', 'deep/v.bin'])).slice(1).map(String)).toEqual([
      'old w',
      'old v',
    ]);
  });

  it('what Git LFS keeps comes from the store of this machine, or is said to be missing', async () => {
    const oid = 'ab'.repeat(32);
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 5\n`;
    const file = r.write('net.h5', pointer);
    r.commit('net.h5');
    await expect(at(file, 'HEAD')).rejects.toThrow(/kept with Git LFS .*git lfs fetch/);
    const store = path.join(r.root, '.git/lfs/objects/ab/ab');
    mkdirSync(store, { recursive: true });
    writeFileSync(path.join(store, oid), 'large');
    expect(String((await at(file, 'HEAD'))[0])).toBe('large');
  });

  it.skipIf(process.platform === 'win32')('asks no git that the repository brings along', async () => {
    const file = r.write('net.h5', 'bytes');
    r.commit('net.h5');
    const ran = path.join(r.root, 'ran');
    const fake = r.write('node_modules/.bin/git', `#!/bin/sh\ntouch '${ran}'\nexit 1\n`);
    chmodSync(fake, 0o755);
    vi.stubEnv('PATH', `${path.dirname(fake)}${path.delimiter}${process.env.PATH}`);
    expect(String((await at(file, 'HEAD'))[0])).toBe('bytes');
    expect(existsSync(ran)).toBe(false);
  });

  it.each(['--output=pwned', '-h', '', 'HEAD:readme.txt', 'HEAD\nx', 'nothing-like-it'])(
    'refuses the revision %j',
    async (revision) => {
      await expect(at(path.join(r.root, 'readme.txt'), revision)).rejects.toThrow(
        /git revision|no commit, branch or tag/,
      );
      expect(existsSync(path.join(r.root, 'pwned'))).toBe(false);
    },
  );

  it('nothing of the repository runs: filters, textconv, hooks, a monitor', async () => {
    const touch = `touch ${path.join(r.root, 'ran')}; cat`;
    const file = r.write('net.h5', 'plain');
    r.commit('net.h5');
    for (const key of ['filter.x.smudge', 'filter.x.process', 'diff.x.textconv', 'core.fsmonitor'])
      r.sh('config', key, touch);
    r.write('.gitattributes', '*.h5 filter=x diff=x\n');
    expect(String((await at(file, 'HEAD'))[0])).toBe('plain');
    expect(existsSync(path.join(r.root, 'ran'))).toBe(false);
  });

  it('names of files are told from REVISION:PATH', () => {
    const file = r.write('odd:name.h5');
    expect(parseRevision('odd:name.h5', r.root)).toBeNull();
    expect(parseRevision(file, r.root)).toBeNull();
    expect(parseRevision('HEAD~1:a/b.h5', r.root)).toEqual({ revision: 'HEAD~1', path: 'a/b.h5' });
  });
});
