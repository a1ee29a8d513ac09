import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { formatConfig } from '../../../src/config/format.ts';
import type { Choice } from '../../../src/extension/git/choices.ts';
import { commitFlow } from '../../../src/extension/git/flow.ts';
import type { Ask, Head } from '../../../src/extension/git/flow.ts';
import { withRevisions } from '../../../src/run/rebuild/revision.ts';
import { CliRepository } from '../../../src/extension/git/repository.ts';
import { GitCli } from '../../../src/extension/git/cli.ts';
import { lacks, needs } from '../../support/needs.ts';
import { TestRepository, placeConfig, sampleConfig } from './repo.ts';

const made: TestRepository[] = [];
function repo(identity = true): TestRepository {
  const one = new TestRepository(identity);
  made.push(one);
  return one;
}
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

/** Answers as a user who takes what is ticked; and remembers what was asked. */
function user(answers: Partial<Ask> = {}) {
  const seen: { choices: Choice[]; leftOut: string[]; others: string[]; head?: Head; proposed?: string } = {
    choices: [],
    leftOut: [],
    others: [],
  };
  const ask: Ask = {
    files: async (choices, leftOut) => {
      seen.choices = [...choices];
      seen.leftOut = [...leftOut];
      return answers.files ? answers.files(choices, leftOut) : choices.filter(({ picked }) => picked);
    },
    others: async (paths) => {
      seen.others = [...paths];
      return answers.others ? answers.others(paths) : 'without';
    },
    branch: async (head, proposed, taken) => {
      seen.head = head;
      seen.proposed = proposed;
      return answers.branch ? answers.branch(head, proposed, taken) : '';
    },
    message: async (subject, body) =>
      answers.message ? answers.message(subject, body) : `${subject}\n\n${body}\n`,
  };
  return { ask, seen };
}

const request = (configFile: string, config = sampleConfig(), more = {}) => ({
  configFile,
  config,
  largest: 1e6,
  report: null,
  isProtected: () => false,
  ...more,
});

const lfs = needs(lacks.gitLfs());

describe('commit', () => {
  it.skipIf(lfs.skip)(
    lfs.name('keeps a large model with Git LFS, where the repository does, and finds it again'),
    async () => {
      const r = repo().begin();
      // the hooks are not asked for: they would upload
      r.sh('lfs', 'install', '--local', '--skip-repo');
      r.sh('lfs', 'track', '*.h5');
      r.commit('.gitattributes');
      const { configFile } = placeConfig(r);
      const weights = Buffer.alloc(2_000_000, 7);
      const model = r.write('resnet20.pruned.h5', weights);
      const { ask, seen } = user();
      // larger than what is committed otherwise
      await commitFlow(r.repository, request(configFile), ask);
      expect(seen.choices.find(({ kind }) => kind === 'model')?.picked).toBe(true);
      expect(r.shown()).toEqual(['resnet20.espalier.json', 'resnet20.pruned.h5']);
      expect(r.sh('show', 'HEAD:resnet20.pruned.h5')).toMatch(
        /^version https:\/\/git-lfs.*\noid sha256:.*\nsize 2000000$/,
      );
      expect(r.sh('lfs', 'ls-files', '--name-only').split('\n')).toContain('resnet20.pruned.h5');
      writeFileSync(model, 'changed since');
      const side = { kind: 'revision', file: model, revision: 'HEAD' } as const;
      await withRevisions([side, side], async ([one]) =>
        expect(readFileSync((one as { file: string }).file).equals(weights)).toBe(true),
      );
    },
  );

  it('commits the config and the model, and nothing else that lies about', async () => {
    const r = repo().begin();
    const { configFile } = placeConfig(r);
    r.write('notes.txt');
    r.write('readme.txt', 'changed\n');
    const { ask, seen } = user();
    const result = await commitFlow(r.repository, request(configFile), ask);
    expect(r.shown()).toEqual(['resnet20.espalier.json', 'resnet20.pruned.h5']);
    expect(result).toMatchObject({ hash: r.sh('rev-parse', 'HEAD'), branch: 'main', warning: null });
    expect([...result!.files].sort()).toEqual(r.shown());
    expect(r.sh('log', '-1', '--format=%s')).toBe(
      'Prune resnet20 to 50 % MACs (rewarded-meta): 92.4 → 91.6 %',
    );
    expect(r.sh('log', '-1', '--format=%b')).toContain('after cutting 41.70 %, recalibrated 90.80 %');
    expect(seen.others).toEqual([]);
    expect(r.sh('status', '--porcelain').split('\n')).toEqual(['M readme.txt', '?? notes.txt']);
  });

  it('leaves other staged changes staged, to the line', async () => {
    const r = repo().begin();
    const { configFile } = placeConfig(r);
    // One line staged, another changed afterwards; a new file, and one that is removed.
    r.write('gone.txt');
    r.commit('gone.txt');
    r.write('readme.txt', 'one staged\ntwo\nthree\n');
    r.write('new.txt', 'new');
    r.sh('add', 'readme.txt', 'new.txt');
    r.sh('rm', '-q', 'gone.txt');
    r.write('readme.txt', 'one staged\ntwo\nthree in the tree\n');
    const before = r.sh('diff', '--cached');
    const { ask, seen } = user();
    await commitFlow(r.repository, request(configFile), ask);
    expect(seen.others.sort()).toEqual(['gone.txt', 'new.txt', 'readme.txt']);
    expect(r.shown()).toEqual(['resnet20.espalier.json', 'resnet20.pruned.h5']);
    expect(r.sh('diff', '--cached')).toBe(before);
    expect(readFileSync(path.join(r.root, 'readme.txt'), 'utf8')).toContain('three in the tree');
    expect(existsSync(path.join(r.root, 'gone.txt'))).toBe(false);
  });

  it('commits other staged changes only where the user says so', async () => {
    const r = repo().begin();
    const { configFile } = placeConfig(r);
    r.write('new.txt');
    r.sh('add', 'new.txt');
    const result = await commitFlow(
      r.repository,
      request(configFile),
      user({ others: async () => 'with' }).ask,
    );
    expect(r.shown()).toEqual(['new.txt', 'resnet20.espalier.json', 'resnet20.pruned.h5']);
    expect(result!.warning).toBeNull();
  });

  it.each(['files', 'others', 'branch', 'message'] as const)(
    'changes nothing when called off at %s',
    async (step) => {
      const r = repo().begin();
      const { configFile } = placeConfig(r);
      r.write('new.txt');
      r.sh('add', 'new.txt');
      const [head, index] = [r.sh('rev-parse', 'HEAD'), r.sh('ls-files', '-s')];
      const { ask } = user({ [step]: async () => null });
      expect(await commitFlow(r.repository, request(configFile), ask)).toBeNull();
      expect(r.sh('rev-parse', 'HEAD')).toBe(head);
      expect(r.sh('ls-files', '-s')).toBe(index);
    },
  );

  it('makes a branch on request, and the old one stays where it was', async () => {
    const r = repo().begin();
    const { configFile } = placeConfig(r);
    r.sh('branch', 'prune/resnet20-macs-50');
    const main = r.sh('rev-parse', 'main');
    const { ask, seen } = user({
      branch: async (_head, proposed, taken) => {
        expect(await taken('prune/resnet20-macs-50')).toMatch(/branch of this name/);
        expect(await taken('a..b')).toMatch(/no branch of this name/);
        expect(await taken(proposed)).toBeNull();
        return proposed;
      },
    });
    const result = await commitFlow(r.repository, request(configFile), ask);
    expect(seen.proposed).toBe('prune/resnet20-macs-50-2');
    expect(result!.branch).toBe('prune/resnet20-macs-50-2');
    expect(r.sh('branch', '--show-current')).toBe('prune/resnet20-macs-50-2');
    expect(r.sh('rev-parse', 'main')).toBe(main);
    expect(r.sh('rev-parse', 'HEAD~1')).toBe(main);
  });

  it('says where HEAD is: protected, detached, or before the first commit', async () => {
    const r = repo();
    const { configFile } = placeConfig(r, { source: false });
    r.write('resnet20.h5', 'source');
    const unborn = user();
    await commitFlow(r.repository, request(configFile), unborn.ask);
    expect(unborn.seen.head).toEqual({ branch: 'main', born: false, protected: false });
    expect(r.shown()).toEqual(['resnet20.espalier.json', 'resnet20.pruned.h5']);
    // The original isn't in git: it is offered, not ticked.
    expect(unborn.seen.choices.find(({ kind }) => kind === 'source')).toMatchObject({ picked: false });

    r.write('resnet20.espalier.json', formatConfig(sampleConfig({ engine: '0.2.0' })));
    const onMain = user({ branch: async () => null });
    await commitFlow(
      r.repository,
      request(configFile, undefined, { isProtected: (b: string) => b === 'main' }),
      onMain.ask,
    );
    expect(onMain.seen.head).toEqual({ branch: 'main', born: true, protected: true });

    r.sh('checkout', '-q', '--detach');
    const detached = user();
    const result = await commitFlow(r.repository, request(configFile), detached.ask);
    expect(detached.seen.head).toEqual({ branch: null, born: true, protected: false });
    expect(result!.branch).toBeNull();
  });

  it('puts index and branch back where a hook refuses', async () => {
    const r = repo().begin();
    const { configFile } = placeConfig(r);
    r.write('new.txt');
    r.sh('add', 'new.txt');
    mkdirSync(path.join(r.root, '.hooks'));
    writeFileSync(
      path.join(r.root, '.hooks/pre-commit'),
      '#!/bin/sh\necho "no pruning on Fridays" >&2\nexit 1\n',
    );
    chmodSync(path.join(r.root, '.hooks/pre-commit'), 0o755);
    const index = r.sh('ls-files', '-s');
    const { ask } = user({ branch: async (_head, proposed) => proposed });
    await expect(commitFlow(r.repository, request(configFile), ask)).rejects.toThrow(/no pruning on Fridays/);
    expect(r.sh('ls-files', '-s')).toBe(index);
    expect(r.sh('branch', '--show-current')).toBe('main');
    expect(r.sh('branch', '--list', 'prune/*')).toBe('');
  });

  it('warns where a hook adds a file', async () => {
    const r = repo().begin();
    const { configFile } = placeConfig(r);
    mkdirSync(path.join(r.root, '.hooks'));
    writeFileSync(
      path.join(r.root, '.hooks/pre-commit'),
      '#!/bin/sh\necho x > extra.txt\ngit add extra.txt\n',
    );
    chmodSync(path.join(r.root, '.hooks/pre-commit'), 0o755);
    const result = await commitFlow(r.repository, request(configFile), user().ask);
    expect(result!.warning).toMatch(/extra\.txt/);
  });

  it('says in one sentence why it can not: identity, lock, conflict, merge, nothing to do', async () => {
    const nobody = repo(false);
    const { configFile } = placeConfig(nobody, { source: false });
    const global = process.env.GIT_CONFIG_GLOBAL;
    process.env.GIT_CONFIG_GLOBAL = path.join(nobody.root, 'no-such-file');
    try {
      await expect(commitFlow(nobody.repository, request(configFile), user().ask)).rejects.toMatchObject({
        name: 'InputError',
        message: expect.stringMatching(/doesn't know who you are/),
      });
    } finally {
      if (global === undefined) delete process.env.GIT_CONFIG_GLOBAL;
      else process.env.GIT_CONFIG_GLOBAL = global;
    }

    const r = repo().begin();
    const placed = placeConfig(r);
    r.write('.git/index.lock', '');
    await expect(commitFlow(r.repository, request(placed.configFile), user().ask)).rejects.toThrow(
      /Another git process/,
    );
    r.sh('update-ref', 'refs/heads/side', 'HEAD');
    rmSync(path.join(r.root, '.git/index.lock'));

    await commitFlow(r.repository, request(placed.configFile), user().ask);
    await expect(commitFlow(r.repository, request(placed.configFile), user().ask)).rejects.toThrow(
      /nothing to commit: resnet20\.espalier\.json is committed already/i,
    );

    r.write('readme.txt', 'ours\n');
    r.commit('readme.txt');
    r.sh('checkout', '-q', 'side');
    r.write('readme.txt', 'theirs\n');
    r.commit('readme.txt');
    expect(() => r.sh('merge', '-q', 'main')).toThrow();
    r.write('resnet20.espalier.json', formatConfig(sampleConfig({ engine: '0.3.0' })));
    await expect(commitFlow(r.repository, request(placed.configFile), user().ask)).rejects.toThrow(
      /has conflicts/,
    );
    r.sh('add', 'readme.txt');
    await expect(commitFlow(r.repository, request(placed.configFile), user().ask)).rejects.toThrow(
      /in the middle of a merge/,
    );
  });

  it('works from a sub-folder, with odd names, in a folder reached by a link', async () => {
    const r = repo().begin();
    const { configFile } = placeConfig(r, { folder: 'models [new]/ü *' });
    const link = `${r.root}-link`;
    symlinkSync(r.root, link);
    try {
      const linked = new CliRepository(new GitCli('git', link));
      const result = await commitFlow(linked, request(configFile), user().ask);
      expect([...result!.files].sort()).toEqual([
        'models [new]/ü */resnet20.espalier.json',
        'models [new]/ü */resnet20.pruned.h5',
      ]);
    } finally {
      rmSync(link);
    }
  });
});
