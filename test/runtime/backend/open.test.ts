import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findLibraries } from '../../../src/runtime/backend/find.ts';
import { prepareTensorflow } from '../../../src/runtime/backend/prepare.ts';
import { lacks, needs } from '../../support/needs.ts';
import { inChild } from './child.ts';

const { addon } = await prepareTensorflow({ fetch: false, log: () => undefined });
const need = needs(await lacks.tensorflow());
const libraries = (await findLibraries()).found?.folder;
const empty = mkdtempSync(path.join(os.tmpdir(), 'espalier-open-test-'));
afterAll(() => rmSync(empty, { recursive: true, force: true }));

const open = (options: string): string => `
  const { openBackend } = await import('./src/runtime/backend/open.ts');
  const b = await openBackend(${options});
  const again = await openBackend({ prefer: 'wasm' });
  const x = b.tf.ones([1, 3, 3, 1]);
  const [y] = b.tf.grads((x) => b.kernels.maxPool(b.tf.neg(x), [2, 2], [1, 1], 'valid'))([x]);
  console.log(JSON.stringify({ name: b.name, why: b.why, threads: b.threads, one: again === b, y: [...y.dataSync()] }));
`;
const gradient = [-1, -1, 0, -1, -1, 0, 0, 0, 0].map((v) => v + 0);

/** A machine where TensorFlow can't be had: nothing on PATH, nothing in the cache. */
const bare = { PATH: empty, ESPALIER_CACHE: empty, ESPALIER_TENSORFLOW: '' };

describe('openBackend, in a process of its own, bundled', () => {
  it.skipIf(need.skip)(need.name('tensorflow'), async () => {
    const { stdout, stderr } = await inChild(open(`{ prefer: 'tensorflow', threads: 1 }`), {
      TF_NUM_INTRAOP_THREADS: undefined,
    });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'tensorflow', threads: 1, one: true, y: gradient });
    expect(stderr).toBe('');
  });

  it('wasm, with two threads, and the process ends by itself', async () => {
    const { stdout, stderr } = await inChild(open(`{ prefer: 'wasm', threads: 2 }`));
    expect(JSON.parse(stdout)).toMatchObject({ name: 'wasm', threads: 2, one: true, y: gradient });
    expect(stderr).toBe('');
  });

  it('wasm, with one', async () => {
    const { stdout } = await inChild(open(`{ prefer: 'wasm', threads: 1 }`));
    expect(JSON.parse(stdout)).toMatchObject({ name: 'wasm', threads: 1 });
  });

  it('falls back to wasm where there is no TensorFlow, saying what it costs and what fixes it', async () => {
    const { stdout } = await inChild(open('{ threads: 1 }'), bare);
    const { name, why } = JSON.parse(stdout) as { name: string; why: string };
    expect(name).toBe('wasm');
    expect(why).toMatch(/5 times slower.*no TensorFlow was found.*npm run setup/);
  });

  // nothing can be made in /proc, and Node's own recursive mkdir never comes to an end there
  const noPlace = { HOME: '/proc', XDG_CACHE_HOME: '', ESPALIER_CACHE: '', ESPALIER_TENSORFLOW: libraries };
  it.skipIf(need.skip || process.platform !== 'linux')(
    need.name('falls back to wasm where the addon has no place to be built in'),
    async () => {
      const { stdout } = await inChild(open('{ threads: 1 }'), noPlace);
      const { name, why } = JSON.parse(stdout) as { name: string; why: string };
      expect(name).toBe('wasm');
      expect(why).toMatch(/can't write in \/proc\/.*set ESPALIER_CACHE to a folder that can be written/);
    },
  );

  it('refuses where tensorflow is wanted and there is none', async () => {
    const script = `
      const { openBackend } = await import('./src/runtime/backend/open.ts');
      console.log(await openBackend({ prefer: 'tensorflow' }).then(() => 'opened', (error) => error.message));`;
    const { stdout } = await inChild(script, bare);
    expect(stdout).toMatch(/tensorflow.*no TensorFlow was found.*npm run setup/);
  });
});

describe('doctor', () => {
  it('reports both backends and the packages, as JSON', async () => {
    const script = `
      const { doctor } = await import('./src/runtime/backend/doctor.ts');
      console.log(JSON.stringify(await doctor()));`;
    const report = JSON.parse((await inChild(script)).stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      node: process.version,
      engine: addon ? 'tensorflow' : 'wasm',
      engines: [
        { name: 'tensorflow', available: addon !== null, path: addon },
        { name: 'wasm', available: true, version: '4.22.0', fix: null },
      ],
      packages: [
        { name: 'onnxruntime-node', works: true },
        { name: 'sharp', works: true },
      ],
    });
    const without = JSON.parse((await inChild(script, bare)).stdout) as Record<string, unknown>;
    expect(without).toMatchObject({
      engine: 'wasm',
      engines: [{ available: false, path: null, fix: 'npm run setup' }, { available: true }],
    });
  });
});
