import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { formatConfig } from '../../../src/config/format.ts';
import { commitChoices } from '../../../src/extension/git/choices.ts';
import { commitFlow } from '../../../src/extension/git/flow.ts';
import type { Ask } from '../../../src/extension/git/flow.ts';
import { heldConfig } from '../../../src/extension/git/shown.ts';
import { hashModel } from '../../../src/formats/identity.ts';
import { TestRepository, placeConfig, sampleConfig } from './repo.ts';

const made: TestRepository[] = [];
function repo(): TestRepository {
  const one = new TestRepository().begin();
  made.push(one);
  return one;
}
afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** A config with its model in a repository, and what a run noted of them. */
function placed() {
  const r = repo();
  const { configFile } = placeConfig(r);
  const model = `${r.root}/resnet20.pruned.h5`;
  return { r, configFile, model, shown: { config: sha256(configFile), model: sha256(model) } };
}
const another = () =>
  formatConfig(sampleConfig({ method: { ...sampleConfig().method, name: 'constrained' } }));

describe('what is committed is what is shown', () => {
  it("another run's config in its place is refused, by what it holds", async () => {
    const { configFile, shown } = placed();
    await expect(heldConfig(configFile, hashModel, shown)).resolves.toBeTruthy();
    writeFileSync(configFile, another());
    await expect(heldConfig(configFile, hashModel, shown)).rejects.toThrow(
      /resnet20\.espalier\.json is not the one that is shown: by now it holds constrained, seed 7, 20\.3 M MACs/,
    );
  });

  it("another run's model beside the right config is refused", async () => {
    const { configFile, model, shown } = placed();
    writeFileSync(model, 'another');
    await expect(heldConfig(configFile, hashModel, shown)).rejects.toThrow(/not the model that was written/);
  });

  it('class names that are other than the config says are refused; those that are gone are left out', async () => {
    const r = repo();
    const labels = r.write('labels.txt', 'cat');
    const beside = [{ path: 'labels.txt', sha256: sha256(labels) }];
    const sample = sampleConfig();
    const { configFile } = placeConfig(r, {
      config: sampleConfig({ pruned: { ...sample.pruned!, beside } }),
    });
    const held = await heldConfig(configFile, hashModel);
    await held.check();
    r.write('labels.txt', 'dog');
    await expect(held.check()).rejects.toThrow(/changed while you were asked/);
    await expect(heldConfig(configFile, hashModel)).rejects.toThrow(
      /labels\.txt is not the one that was written with resnet20\.espalier\.json/,
    );
    rmSync(labels);
    const { config } = await heldConfig(configFile, hashModel);
    expect((await commitChoices(r.git, configFile, config, 1e9, null)).leftOut).toEqual([
      'labels.txt is not there',
    ]);
  });

  it('a weight file of a TensorFlow.js model counts', async () => {
    const r = repo();
    const configFile = r.write(
      'net.espalier.json',
      formatConfig(sampleConfig({ pruned: { path: 'net.pruned/model.json' } })),
    );
    const manifest = [{ paths: ['a.bin'], weights: [] }];
    const model = r.write('net.pruned/model.json', JSON.stringify({ weightsManifest: manifest }));
    r.write('net.pruned/a.bin', 'one');
    const shown = { config: sha256(configFile), model: await hashModel(model) };
    await heldConfig(configFile, hashModel, shown);
    r.write('net.pruned/a.bin', 'two');
    await expect(heldConfig(configFile, hashModel, shown)).rejects.toThrow(/not the model that was written/);
  });

  it.each(['config', 'model'] as const)(
    'a %s that changes between the questions and git add is not committed, and nothing stays staged',
    async (which) => {
      const { r, configFile, model, shown } = placed();
      const held = await heldConfig(configFile, hashModel, shown);
      const ask: Ask = {
        files: async (choices) => choices,
        others: async () => 'without',
        branch: async () => 'other',
        message: async () => {
          writeFileSync(which === 'config' ? configFile : model, another());
          return 'mine';
        },
      };
      const request = {
        configFile,
        config: held.config,
        largest: 1e9,
        report: null,
        isProtected: () => false,
      };
      const before = r.sh('rev-parse', 'HEAD');
      await expect(commitFlow(r.repository, { ...request, check: held.check }, ask)).rejects.toThrow(
        /changed while you were asked; nothing was committed/,
      );
      expect(r.sh('rev-parse', 'HEAD')).toBe(before);
      expect(r.staged()).toEqual([]);
      expect(r.sh('branch', '--show-current')).toBe('main');
    },
  );

  it('a config whose model lies elsewhere is refused', async () => {
    const { configFile } = placed();
    writeFileSync(configFile, formatConfig(sampleConfig({ pruned: { path: '../resnet20.h5' } })));
    await expect(heldConfig(configFile, hashModel)).rejects.toThrow(
      /pruned\.path "\.\.\/resnet20\.h5" leads out/,
    );
  });
});
