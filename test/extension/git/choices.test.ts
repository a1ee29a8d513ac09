import { afterEach, describe, expect, it } from 'vitest';
import { formatConfig } from '../../../src/config/format.ts';
import { commitChoices, modelFiles, shards } from '../../../src/extension/git/choices.ts';
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

const megabyte = 1e6;

describe('what is ticked', () => {
  it('leaves a large model unticked, and says why', async () => {
    const r = repo();
    const { configFile, config } = placeConfig(r, { modelBytes: 3 * megabyte });
    const ticked = async (largest: number) =>
      (await commitChoices(r.git, configFile, config, largest, null)).choices
        .filter(({ picked }) => picked)
        .map(({ kind }) => kind);
    expect(await ticked(3 * megabyte)).toEqual(['config', 'model']);
    expect(await ticked(3 * megabyte - 1)).toEqual(['config']);
    const { choices } = await commitChoices(r.git, configFile, config, megabyte, null);
    expect(choices[1].detail).toMatch(/3\.0 MB.*1\.0 MB.*largeModelMegabytes/);
  });

  it('ticks a large model that the repository keeps with LFS, where git-lfs is set up', async () => {
    const r = repo();
    const { configFile, config } = placeConfig(r, { modelBytes: 3 * megabyte, folder: 'deep/er' });
    r.write('deep/.gitattributes', '*.h5 filter=lfs diff=lfs merge=lfs -text\n');
    const model = async () =>
      (await commitChoices(r.git, configFile, config, megabyte, null)).choices.find(
        ({ kind }) => kind === 'model',
      )!;
    // whatever this machine's own git is set up for
    for (const way of ['clean', 'process']) r.sh('config', `filter.lfs.${way}`, '');
    r.sh('config', 'filter.lfs.required', 'false');
    expect(await model()).toMatchObject({ picked: false, detail: expect.stringMatching(/isn't set up/) });
    r.sh('config', 'filter.lfs.clean', 'git-lfs clean -- %f');
    expect(await model()).toMatchObject({ picked: true, detail: expect.stringMatching(/kept with Git LFS/) });
    r.write('deep/er/.gitattributes', '*.pruned.h5 -filter\n');
    expect(await model()).toMatchObject({ picked: false, detail: expect.stringMatching(/larger than/) });
  });

  it('takes a TensorFlow.js model with its weight files, as one', async () => {
    const r = repo();
    const config = sampleConfig({ pruned: { path: 'net.pruned/model.json' } });
    r.write('resnet20.h5');
    r.commit('resnet20.h5');
    const configFile = r.write('model.espalier.json', formatConfig(config));
    const manifest = [{ paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: [] }];
    r.write('net.pruned/model.json', JSON.stringify({ modelTopology: {}, weightsManifest: manifest }));
    r.write('net.pruned/group1-shard1of2.bin', new Uint8Array(megabyte));
    r.write('net.pruned/group1-shard2of2.bin', new Uint8Array(megabyte));
    const { choices } = await commitChoices(r.git, configFile, config, 1.5 * megabyte, null);
    expect(choices[1]).toMatchObject({
      kind: 'model',
      label: 'net.pruned/model.json and 2 weight files',
      picked: false,
      paths: ['net.pruned/model.json', 'net.pruned/group1-shard1of2.bin', 'net.pruned/group1-shard2of2.bin'],
    });
    // The weights kept with LFS, the small model.json is no longer large.
    r.write('.gitattributes', '*.bin filter=lfs -text\n');
    r.sh('config', 'filter.lfs.clean', 'git-lfs clean -- %f');
    expect((await commitChoices(r.git, configFile, config, 1.5 * megabyte, null)).choices[1].picked).toBe(
      true,
    );
  });

  it('ticks the class names that belong to the model', async () => {
    const r = repo();
    const sample = sampleConfig();
    const config = {
      ...sample,
      pruned: { ...sample.pruned!, beside: [{ path: 'labels.txt', sha256: '0'.repeat(64) }] },
    };
    const { configFile } = placeConfig(r, { config });
    r.write('labels.txt', 'cat');
    const { choices } = await commitChoices(r.git, configFile, config, megabyte, null);
    expect(choices.find(({ kind }) => kind === 'labels')).toMatchObject({
      paths: ['labels.txt'],
      picked: true,
    });
  });

  it('leaves out what is ignored, missing or outside, in words', async () => {
    const r = repo();
    const { configFile, config } = placeConfig(r);
    r.write('.gitignore', '*.h5\n');
    expect(await commitChoices(r.git, configFile, config, megabyte, null)).toMatchObject({
      choices: [{ kind: 'config' }],
      leftOut: ['resnet20.pruned.h5 is ignored by .gitignore'],
    });
    const gone = sampleConfig({ pruned: { path: 'no.h5' } });
    expect((await commitChoices(r.git, configFile, gone, megabyte, null)).leftOut).toEqual([
      'no.h5 is not there',
    ]);
    const other = repo();
    other.write('elsewhere.h5');
    const outside = sampleConfig({ pruned: { path: `../${other.root.split('/').pop()}/elsewhere.h5` } });
    expect((await commitChoices(r.git, configFile, outside, megabyte, null)).leftOut).toEqual([
      'elsewhere.h5 lies outside this repository',
    ]);
  });

  it('offers a report, and not one inside the ignored run folder', async () => {
    const r = repo();
    const { configFile, config } = placeConfig(r);
    const kinds = async (report: string) =>
      (await commitChoices(r.git, configFile, config, megabyte, report)).choices.map(({ kind }) => kind);
    expect(await kinds(r.write('report.html'))).toEqual(['config', 'model', 'report']);
    r.write('.espalier/.gitignore', '*\n');
    expect(await kinds(r.write('.espalier/runs/one/report.html'))).toEqual(['config', 'model']);
  });
});

describe('weight files', () => {
  it('never lead out of the folder of the model.json', () => {
    const paths = ['a.bin', '../../etc/passwd', '/etc/passwd', 'sub/b.bin', 'a.bin'];
    expect(shards(JSON.stringify({ weightsManifest: [{ paths }] }))).toEqual(['a.bin', 'sub/b.bin']);
  });

  it('are the model alone where the JSON is none', async () => {
    const r = repo();
    const file = r.write('x/model.json', 'not json');
    expect(await modelFiles(file)).toEqual([file]);
    expect(await modelFiles('/nowhere/model.h5')).toEqual(['/nowhere/model.h5']);
  });
});
