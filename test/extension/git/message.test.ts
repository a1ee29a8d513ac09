import { describe, expect, it } from 'vitest';
import { branchName, commitMessage } from '../../../src/extension/git/message.ts';
import { isProtectedBy } from '../../../src/extension/git/protect.ts';
import { sampleConfig } from './repo.ts';

describe('message', () => {
  it('states goal, method and accuracies in one line, and every number below', () => {
    const { subject, body } = commitMessage(
      sampleConfig({ controls: [{ name: 'uniform', macs: 1, params: 1, cut: 11.8, fineTuned: 90.04 }] }),
    );
    expect(subject).toBe('Prune resnet20 to 50 % MACs (rewarded-meta): 92.4 → 91.6 %');
    expect(body.split('\n')).toEqual([
      'MACs: 40.8 M → 20.3 M (49.8 %)',
      'Parameters: 272 k → 149 k (54.8 %)',
      'Accuracy on validation (5,000 images): original 92.41 %, after cutting 41.70 %, recalibrated 90.80 %, fine-tuned 91.64 %',
      'Controls at the same budget, validation: uniform 90.04 %',
      'Seed 7, effort standard, Espalier 0.1.0',
    ]);
  });

  it('prefers test accuracies where both were measured, and says so', () => {
    const score = (accuracy: number) => ({ split: 'test' as const, accuracy, loss: 1, images: 10_000 });
    const { accuracy } = sampleConfig();
    const config = sampleConfig({
      accuracy: { ...accuracy, originalTest: score(92.38), test: score(91.09) },
    });
    expect(commitMessage(config).subject).toMatch(/: 92\.4 → 91\.1 % on test$/);
    expect(commitMessage(config).body).toContain(
      'Accuracy on test (10,000 images): original 92.38 %, pruned 91.09 %',
    );
    expect(commitMessage(sampleConfig({ accuracy: { ...accuracy, test: score(91) } })).subject).toMatch(
      /92\.4 → 91\.6 %$/,
    );
  });

  it('says what it can of a config without accuracies, targets, or with several', () => {
    expect(commitMessage(sampleConfig({ accuracy: {}, targets: [] })).subject).toBe(
      'Prune resnet20 to 49.8 % MACs (rewarded-meta)',
    );
    const targets = [
      { metric: 'macs' as const, limit: 12_240_000, original: 40_800_000 },
      { metric: 'latency' as const, limit: 1, original: 1.5 },
    ];
    expect(commitMessage(sampleConfig({ targets })).subject).toContain('to 30 % MACs and 66.7 % latency (');
  });

  it('proposes a branch that git takes', () => {
    expect(branchName(sampleConfig())).toBe('prune/resnet20-macs-50');
    const odd = sampleConfig({
      source: { path: 'a b/my net~v2.h5', sha256: 'a'.repeat(64), format: 'keras-h5' },
    });
    expect(branchName(odd)).toBe('prune/my-net-v2-macs-50');
    const tfjs = sampleConfig({
      source: { path: '../mobilenet/model.json', sha256: 'a'.repeat(64), format: 'tfjs-layers' },
      targets: [],
    });
    expect(branchName(tfjs)).toBe('prune/mobilenet-rewarded-meta');
  });
});

describe('protected branches', () => {
  it('follow the patterns of git.branchProtection', () => {
    expect(isProtectedBy(['main'], 'main')).toBe(true);
    expect(isProtectedBy(['main'], 'main2')).toBe(false);
    expect(isProtectedBy(['release/*'], 'release/1.0')).toBe(true);
    expect(isProtectedBy(['release/*'], 'release/1/x')).toBe(false);
    expect(isProtectedBy(['release/**'], 'release/1/x')).toBe(true);
    expect(isProtectedBy(['v1.0', ''], 'v1x0')).toBe(false);
  });
});
