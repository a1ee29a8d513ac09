import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openZip } from '../../src/formats/keras/zip.ts';
import { newest, root } from './places.ts';
import { until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';
import { git } from './workspace.ts';

// What people have beside one trainable softmax head, from right-click to the written model (test/fixtures/people.py).
describe.skipIf(!newest.here)('networks that people have', () => {
  const w = suite(newest);

  /** The plan of a fixture, opened by its context menu, with the cheapest method. */
  async function planned(file: string) {
    const folder = await w.workspace();
    copyFileSync(path.join(root, 'test/fixtures/people', file), path.join(folder, file));
    git(folder, 'add', '.');
    git(folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.org', 'commit', '-q', '-m', file);
    const workbench = await (await w.window(folder)).ready();
    await workbench.page.setViewportSize({ width: 1600, height: 1000 });
    await workbench.rightClick(file, 'Prune Channels');
    const panel = new PrunePanel(workbench);
    await panel.frame.getByRole('tab', { name: 'Network' }).waitFor();
    await panel.choose('l1');
    await panel.plan('', '1');
    const picture = async (what: string) => {
      await panel.settled();
      await workbench.screenshot(`people-${path.parse(file).name}-${what}`);
    };
    return { folder, workbench, panel, picture };
  }

  /** Runs what is planned, and gives the config that it wrote. */
  async function run({ folder, panel, picture }: Awaited<ReturnType<typeof planned>>, config: string) {
    await panel.begin();
    await panel.reaches('done', 180);
    const file = path.join(folder, config);
    await until(`${config} is written`, () => existsSync(file));
    const said = panel.frame.getByText(/remarks? of the run/);
    if (await said.count()) await said.click();
    await picture('done');
    return JSON.parse(readFileSync(file, 'utf8')) as {
      pruned: { path: string; beside?: unknown[] };
      data: { labelsOf?: string; classes?: string[] };
      fineTuning: { frozen?: string };
      accuracy: { original: { accuracy: number; measure?: string; outputs?: { name: string }[] } };
    };
  }

  it('a frozen base: the plan says that it is trained, and can leave it', async () => {
    const opened = await planned('transfer.keras');
    const { panel, picture } = opened;
    await panel.shows(/frozen in the file, and are trained after cutting all the same/);
    await picture('plan');
    const keep = panel.frame.getByRole('checkbox', { name: /file has frozen stay as they are cut/ });
    await keep.click();
    await panel.shows(/frozen in the file and stay so, as asked/);
    await keep.click();
    await panel.shows(/are trained after cutting all the same,.*\(a choice under Advanced leaves them\)/);
    await panel.plan('', '1');
    const config = await run(opened, 'transfer.espalier.json');
    expect(config.fineTuning.frozen).toBe('trained');
    await panel.shows(/are trained after cutting all the same/);
    expect(opened.workbench.violations).toEqual([]);
  });

  it('two outputs: the labelled one is named and can be chosen; how far the other moved is shown', async () => {
    const opened = await planned('two.keras');
    const { panel, picture } = opened;
    const of = panel.frame.getByRole('combobox', { name: 'The output that the classes are of' });
    await of.filter({ hasText: 'kind (fits best)' }).waitFor();
    await of.scrollIntoViewIfNeeded();
    await panel.shows(
      /labels are of "kind".*"brightness" \(mean squared error\) keeps to the original's own answers/,
    );
    await picture('plan');
    await panel.pick('The output that the classes are of', 'kind');
    await panel.plan('', '1');
    const config = await run(opened, 'two.espalier.json');
    expect(config.data.labelsOf).toBe('kind');
    await panel.shows(
      /Other outputs, away from the original’s answers[\s\S]*brightness\s+mean squared error/,
    );
    expect(opened.workbench.violations).toEqual([]);
  });

  it('several sigmoids: their accuracy is called what it is', async () => {
    const opened = await planned('tags.keras');
    const { panel, picture } = opened;
    await panel.shows(/the network is multi-label: it learns 10 sigmoids, by binary cross-entropy/);
    await picture('plan');
    const config = await run(opened, 'tags.espalier.json');
    expect(config.accuracy.original.measure).toBe('top-1 of sigmoids');
    await panel.shows('Top-1 of sigmoids against MACs');
    expect(opened.workbench.violations).toEqual([]);
  });

  it('a Teachable Machine zip: from its context menu to a pruned zip with the same labels', async () => {
    const opened = await planned('teachable.zip');
    const { folder, picture } = opened;
    await opened.panel.shows('teachable.pruned.zip');
    await picture('plan');
    const config = await run(opened, 'teachable.espalier.json');
    // its classes are in the order in which their author made them
    expect(config.data.classes).toEqual([...config.data.classes!].sort().reverse());
    expect(config.accuracy.original.accuracy).toBeGreaterThan(50);
    expect(config.pruned.path).toBe('teachable.pruned.zip');
    const read = async (name: string) => {
      const file = path.join(folder, name);
      const zip = await openZip(readFileSync(file), file);
      return { names: [...zip.names].sort(), metadata: Buffer.from(await zip.read('metadata.json')) };
    };
    const [before, after] = [await read('teachable.zip'), await read('teachable.pruned.zip')];
    expect(after).toEqual(before);
    expect(opened.workbench.violations).toEqual([]);
  });
});
