import { describe, expect, it } from 'vitest';
import { decideOneDnn } from '../../../src/runtime/backend/onednn.ts';

const linux = (...flags: string[]) => ({ platform: 'linux' as const, arch: 'x64', flags: new Set(flags) });

describe('oneDNN', () => {
  it('is switched on where TensorFlow itself would leave it off', () => {
    const decided = decideOneDnn({}, linux('avx2', 'fma'));
    expect(decided).toMatchObject({ on: true, set: '1' });
    expect(decided.text).toMatch(/set by Espalier/);
    expect(decideOneDnn({}, linux('avx2', 'avx_vnni')).text).toMatch(/on this processor/);
    expect(decideOneDnn({}, { ...linux(), platform: 'win32' })).toMatchObject({ on: true, set: '1' });
  });

  it.each(['0', 'false', 'FALSE'])('stays off where the user says %s', (value) => {
    const decided = decideOneDnn({ TF_ENABLE_ONEDNN_OPTS: value }, linux('avx2'));
    expect(decided).toMatchObject({ on: false, set: undefined });
    expect(decided.text).toContain(`TF_ENABLE_ONEDNN_OPTS=${value} in your environment`);
  });

  it('takes what TensorFlow does not understand for nothing said, and names a limit', () => {
    expect(decideOneDnn({ TF_ENABLE_ONEDNN_OPTS: 'yes' }, linux('avx2')).set).toBe('1');
    expect(decideOneDnn({ ONEDNN_MAX_CPU_ISA: 'AVX2' }, linux('avx2')).text).toMatch(/limited to AVX2/);
  });

  it('is left to TensorFlow where nobody measured', () => {
    expect(decideOneDnn({}, { platform: 'linux', arch: 'arm64', flags: null })).toMatchObject({
      on: null,
      set: undefined,
    });
    expect(decideOneDnn({}, { platform: 'darwin', arch: 'x64', flags: null })).toMatchObject({
      on: false,
      set: undefined,
    });
  });
});
