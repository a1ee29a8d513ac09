import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { formatConfig } from '../../../src/config/format.ts';
import type { PrunedConfig } from '../../../src/config/schema.ts';
import { GitCli } from '../../../src/extension/git/cli.ts';
import { CliRepository } from '../../../src/extension/git/repository.ts';

/** A real repository in a temporary folder, alone with its own settings. */
export class TestRepository {
  readonly root = realpathSync(mkdtempSync(path.join(tmpdir(), 'espalier-git-')));
  readonly git = new GitCli('git', this.root);
  readonly repository = new CliRepository(this.git);

  constructor(identity = true) {
    this.sh('init', '-q', '-b', 'main');
    this.sh('config', 'core.hooksPath', '.hooks');
    this.sh('config', 'commit.gpgSign', 'false');
    if (identity) {
      this.sh('config', 'user.name', 'A Tester');
      this.sh('config', 'user.email', 'tester@example.com');
    }
  }

  /** git, straight: what the tests check against. */
  sh(...args: string[]): string {
    return execFileSync('git', args, {
      cwd: this.root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  write(file: string, content: string | Uint8Array = file): string {
    const full = path.join(this.root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, content);
    return full;
  }

  /** One commit with a file, so that HEAD is born. */
  begin(): this {
    this.write('readme.txt', 'one\ntwo\nthree\n');
    this.sh('add', '.');
    this.sh('commit', '-q', '-m', 'begin');
    return this;
  }

  commit(...files: string[]): void {
    this.sh('add', '--', ...files);
    this.sh('commit', '-q', '-m', 'more');
  }

  /** names in HEAD's commit, as `git show --stat` would list them */
  shown(): string[] {
    return this.sh('show', '--name-only', '--format=', 'HEAD').split('\n').filter(Boolean).sort();
  }

  staged(): string[] {
    return this.sh('diff', '--cached', '--name-only').split('\n').filter(Boolean).sort();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A whole config of a small network; `change` is laid over it. */
export function sampleConfig(change: Partial<PrunedConfig> = {}): PrunedConfig {
  const score = (accuracy: number, split: 'validation' | 'test' = 'validation') => ({
    split,
    accuracy,
    loss: 0.3,
    images: split === 'test' ? 10000 : 5000,
  });
  return {
    espalier: 1,
    engine: '0.1.0',
    source: { path: 'resnet20.h5', sha256: 'a'.repeat(64), format: 'keras-h5' },
    pruned: { path: 'resnet20.pruned.h5' },
    method: { name: 'rewarded-meta', seed: 7, effort: 'standard', roundTo: 1, freeze: [] },
    settings: {},
    targets: [{ metric: 'macs', limit: 20_400_000, original: 40_800_000 }],
    groups: [{ id: 'conv2d', channels: 16, kept: '0-7', layers: ['conv2d'] }],
    cost: {
      before: { macs: 40_800_000, params: 272_000, bytes: 1_088_000, peakActivationBytes: 1 },
      after: { macs: 20_300_000, params: 149_000, bytes: 596_000, peakActivationBytes: 1 },
    },
    accuracy: {
      original: score(92.41),
      cut: score(41.7),
      recalibrated: score(90.8),
      fineTuned: score(91.64),
    },
    ...change,
  };
}

/** Puts a config with its pruned model and source into the repository. */
export function placeConfig(
  repository: TestRepository,
  { folder = '', config = sampleConfig(), modelBytes = 2000, source = true } = {},
): { configFile: string; config: PrunedConfig } {
  const at = (file: string) => path.posix.join(folder, file);
  if (source) {
    repository.write(at('resnet20.h5'), 'source');
    repository.commit(at('resnet20.h5'));
  }
  repository.write(at('resnet20.pruned.h5'), new Uint8Array(modelBytes));
  return { configFile: repository.write(at('resnet20.espalier.json'), formatConfig(config)), config };
}
