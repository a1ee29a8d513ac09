import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyOfHead } from '../../../src/extension/git/head.ts';
import { TestRepository } from './repo.ts';

let r: TestRepository;
let folder: string;
beforeEach(() => {
  r = new TestRepository().begin();
  folder = mkdtempSync(path.join(tmpdir(), 'espalier-head-'));
});
afterEach(() => {
  r.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('a copy of HEAD', () => {
  it('has the committed bytes, also binary ones, not those of the working tree', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) % 256);
    const file = r.write('models/net.h5', bytes);
    r.commit('models/net.h5');
    r.write('models/net.h5', 'changed');
    const copy = await copyOfHead(r.git, file, folder);
    expect(Uint8Array.from(readFileSync(copy.file))).toEqual(bytes);
    expect(path.basename(copy.file)).toBe('net.h5');
    expect(r.sh('rev-parse', 'HEAD').startsWith(copy.hash)).toBe(true);
    expect((await copyOfHead(r.git, file, folder)).file).toBe(copy.file);
  });

  it('of a TensorFlow.js model brings its weight files', async () => {
    const json = JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ['w.bin', 'deep/v.bin'] }] });
    const file = r.write('net/model.json', json);
    r.write('net/w.bin', 'old w');
    r.write('net/deep/v.bin', 'old v');
    r.commit('net');
    r.write('net/w.bin', 'new w');
    const copy = await copyOfHead(r.git, file, folder);
    expect(readFileSync(path.join(path.dirname(copy.file), 'w.bin'), 'utf8')).toBe('old w');
    expect(readFileSync(path.join(path.dirname(copy.file), 'deep/v.bin'), 'utf8')).toBe('old v');
  });

  it('says what is missing: never committed, or only an LFS pointer', async () => {
    const file = r.write('new.h5');
    await expect(copyOfHead(r.git, file, folder)).rejects.toThrow(/new\.h5 isn't in HEAD/);
    r.write('new.h5', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n');
    r.commit('new.h5');
    await expect(copyOfHead(r.git, file, folder)).rejects.toThrow(/kept with Git LFS/);
    const empty = new TestRepository();
    try {
      await expect(copyOfHead(empty.git, empty.write('a.h5'), folder)).rejects.toThrow(/no commit yet/);
    } finally {
      empty.remove();
    }
  });

  it('is made through the filters of the repository, as a checkout is', async () => {
    r.sh('config', 'filter.shout.clean', 'tr A-Z a-z');
    r.sh('config', 'filter.shout.smudge', 'tr a-z A-Z');
    r.write('.gitattributes', '*.h5 filter=shout\n');
    const file = r.write('net.h5', 'LOUD');
    r.commit('.gitattributes', 'net.h5');
    expect(r.sh('cat-file', 'blob', 'HEAD:net.h5')).toBe('loud');
    expect(readFileSync((await copyOfHead(r.git, file, folder)).file, 'utf8')).toBe('LOUD');
  });

  it('is removed when a dozen newer ones are there', async () => {
    const first = await (async () => {
      const file = r.write('net.h5', 'content 0');
      r.commit('net.h5');
      return (await copyOfHead(r.git, file, folder)).file;
    })();
    for (let n = 1; n <= 12; n++) {
      const file = r.write('net.h5', `content ${n}`);
      r.commit('net.h5');
      await copyOfHead(r.git, file, folder);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(readdirSync(folder)).toHaveLength(12);
    expect(existsSync(first)).toBe(false);
  });
});
