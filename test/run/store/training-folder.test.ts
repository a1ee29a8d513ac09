import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { TrainingFolder } from '../../../src/run/store/training-folder.ts';
import type { Numerics } from '../../../src/terms/numerics.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-training-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const first: Numerics = {
  backend: 'tensorflow',
  version: '2.15.0',
  threads: 2,
  processor: 'x64 avx512',
  options: { TF_ENABLE_ONEDNN_OPTS: '0', ONEDNN_MAX_CPU_ISA: 'AVX2' },
};

test('a training keeps what it began to compute by, whatever a later session computes by', async () => {
  const out = path.join(folder, 'net.h5');
  expect(await TrainingFolder.computedBy(out)).toBeUndefined();
  const save = async (resume: boolean, computedBy?: Numerics) => {
    const training = await TrainingFolder.open(out, { seed: 1 }, { resume, computedBy });
    await training.save({ json: { epoch: 1 }, arrays: new Map() });
    await training.close();
  };
  await save(false, first);
  expect(await TrainingFolder.computedBy(out)).toEqual(first);
  await save(true, { ...first, processor: 'x64 avx2' });
  expect(await TrainingFolder.computedBy(out)).toEqual(first);
  // one of an older version says nothing of it, and goes on
  await save(false);
  await save(true, first);
  expect(await TrainingFolder.computedBy(out)).toBeUndefined();
});
