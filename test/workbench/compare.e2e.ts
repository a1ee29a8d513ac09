import { describe, expect, it } from 'vitest';
import { mostly } from './places.ts';
import { PrunePanel } from './prune-panel.ts';
import { done } from './terminal.ts';
import { suite } from './workbench-suite.ts';
import { git } from './workspace.ts';

// A config in git, and one that costs less and can do less in its place: it isn't shown as a gain.
describe.each(mostly)('code-server $version', (version) => {
  describe.skipIf(!version.here)('a config compared with what git has', () => {
    const w = suite(version);

    it('shows what the networks can do before what they cost, and a fall in accuracy not in green', async () => {
      const folder = await w.workspace();
      const prune = (...words: string[]) =>
        done(folder, 'prune', 'model.h5', '--data', 'images', '--effort', 'quick', ...words);
      expect(await prune('--method', 'l1', '--target', 'macs=70%', '--fine-tune-epochs', '2')).toBe(0);
      git(folder, 'add', 'model.espalier.json');
      git(folder, 'commit', '-q', '-m', 'Pruned to 70 %');
      git(folder, 'branch', 'better');
      const worse = ['--method', 'random', '--target', 'macs=25%', '--fine-tune-epochs', '0', '--force'];
      expect(await prune(...worse)).toBe(0);

      const workbench = await (await w.window(folder)).ready();
      await workbench.openFile('model.espalier.json');
      const lens = (name: RegExp) => workbench.page.locator('.codelens-decoration a', { hasText: name });
      await lens(/^Compare with HEAD$/).click();
      const panel = new PrunePanel(workbench);
      await holds(panel);
      await workbench.screenshot(`compare-head-${version.version}`);

      // any branch, too
      await workbench.openFile('model.espalier.json');
      await lens(/^Compare with…$/)
        .first()
        .click();
      await workbench.pick('better');
      await panel.shows(/\(better\)/);
      await holds(panel);
      await workbench.screenshot(`compare-branch-${version.version}`);
      expect(workbench.violations).toEqual([]);
    });
  });
});

async function holds(panel: PrunePanel): Promise<void> {
  const figures = panel.frame.locator('.figures');
  await figures.waitFor();
  await panel.settled();
  const text = await figures.innerText();
  // in the order in which it matters: what it can do, how it came about, what it costs
  const order = ['Test accuracy', 'Method', 'Seed', 'Images', 'MACs'].map((word) => text.indexOf(word));
  expect(order.every((at) => at >= 0)).toBe(true);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(text).toMatch(/l1\s*→\s*random/);
  const row = figures.locator('.metrics .stat').filter({ hasText: 'Test accuracy' });
  const [, before, after] = /([\d.]+)[^\d]*→\s*([\d.]+)/.exec(await row.innerText())!.map(Number);
  expect(after).toBeLessThan(before);
  const change = row.locator('.number.bad');
  expect(await change.count()).toBe(1);
  expect(await row.locator('.good').count()).toBe(0);
}
