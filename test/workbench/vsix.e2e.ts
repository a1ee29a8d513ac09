import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPromise } from 'yauzl';
import { OWN, packages } from '../../scripts/package-contents.mjs';
import { root, vsix } from './places.ts';
import { PATIENCE } from './processes.ts';

const here = `${process.platform}-${process.arch}`;

describe.each([
  // each with what only it shows; the other two ways are gone in the workbenches
  { kind: 'universal', target: null, most: 12e6, backend: 'wasm' },
  { kind: 'native', target: here, most: 40e6, backend: 'auto' },
] as const)('the $kind VSIX', ({ kind, target, most, backend }) => {
  let folder: string;
  let bytes = 0;
  const entries: string[] = [];

  beforeAll(async () => {
    // elsewhere, where no node_modules above can help out
    folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-unpacked-'));
    const zip = await openPromise(vsix(kind), { lazyEntries: true });
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      entries.push(entry.fileName);
      bytes += entry.compressedSize;
      const file = path.join(folder, entry.fileName);
      mkdirSync(path.dirname(file), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(file));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds what the list allows and nothing else', () => {
    const renamed: Record<string, string> = {
      'readme.md': 'README.md',
      'changelog.md': 'CHANGELOG.md',
      'LICENSE.txt': 'LICENSE',
    };
    const allowed = Object.entries(packages(target));
    const strange = entries.filter((entry) => {
      if (['[Content_Types].xml', 'extension.vsixmanifest'].includes(entry)) return false;
      const name = entry.replace(/^extension\//, '');
      if (name === 'THIRD_PARTY_NOTICES.txt') return false;
      const module = /^dist\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(name);
      if (!module) return !OWN.some((own) => own.test(renamed[name] ?? name));
      const places = allowed.find(([one]) => one === module[1])?.[1];
      return !(
        module[2] === 'package.json' ||
        places?.some((place) => module[2] === place || (place.endsWith('/') && module[2].startsWith(place)))
      );
    });
    expect(strange).toEqual([]);
    const copied = new Set(
      entries.flatMap((entry) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(entry)?.[1] ?? []),
    );
    expect([...copied].sort()).toEqual(allowed.map(([name]) => name).sort());
    for (const name of ['extension', 'host', 'engine', 'cli', 'setup'])
      expect(entries).toContain(`extension/dist/${name}.cjs`);
    expect(entries).toContain('extension/dist/webview/panel.js');
  });

  it('has no TensorFlow library, no source map, no test, and native code only where it is meant', () => {
    expect(entries.filter((entry) => /libtensorflow|\.map$|\.d\.ts$|_test\.|\/test\//.test(entry))).toEqual(
      [],
    );
    const binaries = entries.filter((entry) => /\.(node|dll|dylib|so[.\d]*)$/.test(entry));
    if (kind === 'universal') expect(binaries).toEqual([]);
    else expect(binaries.length).toBeGreaterThanOrEqual(3);
    expect(
      binaries.filter((entry) => /win32|darwin|arm64|x64/.test(entry) && !entry.includes(process.arch)),
    ).toEqual([]);
  });

  it('is small', () => expect(bytes).toBeLessThan(most));

  const cli = (...words: string[]) => {
    const done = spawnSync(process.execPath, [path.join(folder, 'extension/dist/cli.cjs'), ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { code: done.status, out: done.stdout, said: done.stderr };
  };

  it('its doctor finds all that it brings', () => {
    const { engines, packages: parts } = JSON.parse(cli('doctor', '--json').out) as {
      engines: { name: string; available: boolean }[];
      packages: { name: string; works: boolean }[];
    };
    expect(engines.find(({ name }) => name === 'wasm')?.available).toBe(true);
    expect(parts.find(({ name }) => name === 'sharp')?.works).toBe(true);
    expect(parts.find(({ name }) => name === 'onnxruntime-node')?.works).toBe(kind === 'native');
  });

  // its decoder's threads, where it is WebAssembly, once held up a process that was told to go while they started
  it('leaves no looking process behind, whenever its host goes', async () => {
    for (let delay = 200; delay <= 1400; delay += 100) {
      const child = fork(path.join(folder, 'extension/dist/engine.cjs'), ['look'], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
      const gone = once(child, 'exit');
      const model = path.join(root, 'media/demo/model.h5');
      const params = { path: path.join(root, 'media/demo/garden.zip'), model };
      child.send({ jsonrpc: '2.0', id: 1, method: 'openData', params });
      await sleep(delay);
      child.disconnect();
      const ended = await Promise.race([gone.then(() => true), sleep(PATIENCE * 1000, false)]);
      child.kill('SIGKILL');
      expect(ended, `told to go after ${delay} ms`).toBe(true);
    }
  });

  it(`prunes on real images by itself (${backend})`, () => {
    for (const file of ['model.h5', 'garden.zip'])
      copyFileSync(path.join(root, 'media/demo', file), path.join(folder, file));
    const pruned = cli(
      ...['prune', 'model.h5', '--data', 'garden.zip', '--limit', '300', '--validation-images', '100'],
      ...['--target', 'macs=50%', '--effort', 'quick', '--fine-tune-epochs', '1', '--backend', backend],
      ...['--set', 'population=4', '--set', 'generations=1', '--set', 'epochs=1', '--out', `out-${backend}`],
    );
    expect(pruned.code, pruned.said).toBe(0);
    expect(existsSync(path.join(folder, `out-${backend}`, 'model.pruned.h5'))).toBe(true);
    const verified = JSON.parse(cli('verify', `out-${backend}/model.espalier.json`, '--json').out) as {
      ok: boolean;
    };
    expect(verified.ok).toBe(true);
  });
});
