import { describe, expect, it, vi } from 'vitest';
import { InputError } from '../../../src/graph/errors.ts';
import {
  adopt,
  conflicts,
  defaultThreads,
  differences,
  goOnAlike,
  optionsOf,
} from '../../../src/runtime/backend/numerics.ts';
import { inChild } from './child.ts';
import type { Numerics } from '../../../src/terms/numerics.ts';

const recorded: Numerics = {
  backend: 'tensorflow',
  version: '2.15.0',
  threads: 2,
  processor: 'x64 avx512',
  options: { TF_ENABLE_ONEDNN_OPTS: '1' },
};

describe('settings of the backend', () => {
  it('are read as the library takes them', () => {
    expect(optionsOf({ TF_ENABLE_ONEDNN_OPTS: 'false', ONEDNN_MAX_CPU_ISA: 'avx2' }, null)).toEqual({
      TF_ENABLE_ONEDNN_OPTS: '0',
      ONEDNN_MAX_CPU_ISA: 'AVX2',
    });
    // what oneDNN takes for no limit, and what TensorFlow can't read
    expect(optionsOf({ TF_ENABLE_ONEDNN_OPTS: 'yes', ONEDNN_MAX_CPU_ISA: 'ALL' }, null)).toEqual({});
  });

  it.runIf(process.platform === 'linux' && process.arch === 'x64')("include TensorFlow's own choice", () => {
    expect(optionsOf({}, new Set(['avx2', 'fma']))).toEqual({ TF_ENABLE_ONEDNN_OPTS: '0' });
    expect(optionsOf({}, new Set(['avx2', 'avx512_vnni']))).toEqual({ TF_ENABLE_ONEDNN_OPTS: '1' });
  });

  it('that were recorded are set where the user set none', () => {
    const env: NodeJS.ProcessEnv = {};
    adopt(recorded, env);
    expect(env).toEqual({ TF_ENABLE_ONEDNN_OPTS: '1' });
    const own: NodeJS.ProcessEnv = { TF_ENABLE_ONEDNN_OPTS: '0' };
    adopt(recorded, own);
    expect(own).toEqual({ TF_ENABLE_ONEDNN_OPTS: '0' });
  });

  it('are those that something began with, or it does not go on', () => {
    const training = { what: 'stopped training of net.h5', anew: 'begin anew' };
    // whatever these tests themselves run under
    vi.stubEnv('ONEDNN_MAX_CPU_ISA', undefined);
    vi.stubEnv('TF_NUM_INTRAOP_THREADS', undefined);
    vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', '0');
    vi.stubEnv('DNNL_MAX_CPU_ISA', 'AVX2');
    expect(() => goOnAlike(recorded, undefined, training)).toThrow(
      /^the stopped training of net.h5 was begun .*TF_ENABLE_ONEDNN_OPTS 0 .*ONEDNN_MAX_CPU_ISA AVX2 .*begin anew$/,
    );
    vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', undefined);
    vi.stubEnv('DNNL_MAX_CPU_ISA', undefined);
    goOnAlike(recorded, undefined, training);
    expect(process.env.TF_ENABLE_ONEDNN_OPTS).toBe('1');
    vi.unstubAllEnvs();
  });

  it('that the user set otherwise are named', () => {
    expect(conflicts(recorded, undefined, {})).toEqual([]);
    expect(conflicts(recorded, 2, { TF_NUM_INTRAOP_THREADS: '1' })).toEqual([]);
    expect(
      conflicts(recorded, undefined, {
        TF_NUM_INTRAOP_THREADS: '1',
        TF_ENABLE_ONEDNN_OPTS: '0',
        ONEDNN_MAX_CPU_ISA: 'AVX2',
      }),
    ).toEqual([
      'TF_NUM_INTRAOP_THREADS 1 instead of 2',
      'TF_ENABLE_ONEDNN_OPTS 0 instead of 1',
      'ONEDNN_MAX_CPU_ISA AVX2 instead of unset',
    ]);
  });

  it('of another machine are named', () => {
    expect(differences(recorded, structuredClone(recorded))).toEqual([]);
    const now: Numerics = { ...recorded, processor: 'x64 avx2', version: '2.16.0', threads: 4 };
    expect(differences(recorded, now)).toEqual([
      'TensorFlow 2.16.0 instead of 2.15.0',
      'processor x64 avx2 instead of x64 avx512',
      'threads 4 instead of 2',
    ]);
  });
});

it('threads come from the environment where no option names them, and rubbish is refused', () => {
  expect(defaultThreads({ TF_NUM_INTRAOP_THREADS: '3' })).toBe(3);
  expect(defaultThreads({ TF_NUM_INTRAOP_THREADS: '0' })).toBeGreaterThan(0);
  expect(() => defaultThreads({ TF_NUM_INTRAOP_THREADS: 'many' })).toThrow(InputError);
});

it('an option for threads beats the environment', async () => {
  const script = `
    const { openBackend } = await import('./src/runtime/backend/open.ts');
    const { numericsOf } = await import('./src/runtime/backend/numerics.ts');
    const b = await openBackend({ threads: 1 });
    console.log(JSON.stringify({ ...numericsOf(b), env: process.env.TF_NUM_INTRAOP_THREADS ?? '1' }));`;
  const { stdout } = await inChild(script, { TF_NUM_INTRAOP_THREADS: '2' });
  const found = JSON.parse(stdout) as Numerics & { env: string };
  expect(found.threads).toBe(1);
  if (found.backend === 'tensorflow') expect(found.env).toBe('1');
});
