import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { versions } from './places.ts';
import { enginesOf, until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';
import type { Workbench } from './workbench.ts';
import { git } from './workspace.ts';

/** Opens the panel and gives the milliseconds from the click until it says what can be reached. */
async function useful(workbench: Workbench): Promise<number> {
  await workbench.rightClick('model.h5', 'Prune Channels');
  const clicked = Date.now();
  const panel = new PrunePanel(workbench);
  await panel.frame.getByText('Can be reached').waitFor();
  return Date.now() - clicked;
}

// What README.md says of VS Code, as a user goes it.
describe.each(versions)('code-server $version', (version) => {
  describe.skipIf(!version.here)('from right-click to commit', () => {
    const w = suite(version);

    it('prunes on real images, slides the choice, shows the diff, writes and commits', async () => {
      const folder = await w.workspace();
      const workbench = await (await w.window(folder)).ready();
      await until('the menus have our entries', async () =>
        (await workbench.contextMenu('model.h5')).includes('Prune Channels…'),
      );
      const menu = await workbench.contextMenu('notes.md');
      expect(menu.filter((entry) => /Prune|Inspect Channels/.test(entry))).toEqual([]);

      // the first webview that a browser's profile ever shows costs the workbench itself seconds (its service worker)
      const first = await useful(workbench);
      await workbench.palette('View: Close All Editors');
      // and with an engine that has to start first, as on a day's first click
      for (const { pid } of enginesOf(w.server.folder)) process.kill(pid, 'SIGKILL');
      await until('the engine is gone', () => !enginesOf(w.server.folder).length);
      const later = await useful(workbench);
      console.log(
        `${version.version}: the plan is useful ${later} ms after the click (the browser's first webview: ${first} ms)`,
      );
      const panel = new PrunePanel(workbench);
      await panel.show('Network');
      await panel.shows('Conv2D', 60);
      await workbench.screenshot(`walk-network-${version.version}`);

      await panel.show('Plan');
      await panel.shows('Can be reached', 60);
      await workbench.screenshot(`walk-plan-${version.version}`);
      await panel.start();

      // candidates come one by one, while the run works
      await panel.show('Trade-off');
      await until('the first candidates are shown', async () => (await panel.candidates()) > 0, 120);
      const early = await panel.candidates();
      expect(await panel.state()).toBe('running');
      expect(enginesOf(w.server.folder).length).toBeGreaterThan(0);
      await workbench.screenshot(`walk-running-${version.version}`);
      await panel.reaches('done', 180);
      expect(await panel.candidates()).toBeGreaterThanOrEqual(early);
      expect(await panel.candidates()).toBeGreaterThan(3);

      // a coefficient moves the choice, and nothing is trained for it
      const before = await panel.chosen();
      const engines = enginesOf(w.server.folder).length;
      const slider = panel.frame.getByLabel('Efficiency coefficient');
      const other = panel.frame.getByLabel('Accuracy coefficient');
      await other.fill('0');
      await slider.fill('4');
      await until('the choice moved', async () => (await panel.chosen()) !== before, 10);
      expect(enginesOf(w.server.folder).length).toBeLessThanOrEqual(engines);
      const moved = await panel.chosen();
      await workbench.screenshot(`walk-tradeoff-${version.version}`);

      await panel.show('Channel diff');
      await panel.shows(/kept/i, 30);
      // the original and a candidate of one run were measured on the same images
      expect(await panel.text()).not.toContain('measured on other images');
      await workbench.screenshot(`walk-diff-${version.version}`);

      // fine-tune the one that the coefficients chose
      await panel.show('Trade-off');
      await panel.button('Fine-tune').first().click();
      await until(
        'it is fine-tuned',
        async () => /\d/.test(await panel.frame.locator('.candidate-card .steps > div').nth(2).innerText()),
        120,
      );
      expect(await panel.chosen()).toBe(moved);

      await panel.button('Write model…').first().click();
      await workbench.page.locator('.quick-input-widget').waitFor();
      await workbench.page.keyboard.press('Enter');
      // another candidate than the run's own result: what the run wrote stays
      const stem = `model.rewarded-meta-${moved}`;
      const config = `${stem}.espalier.json`;
      await until('the model is written', () => existsSync(path.join(folder, config)), 60);
      expect(readdirSync(folder)).toEqual(
        expect.arrayContaining(['model.espalier.json', 'model.pruned.h5', `${stem}.pruned.h5`]),
      );

      await panel
        .button(/^Commit/)
        .first()
        .click();
      await until('it is asked what to commit', () =>
        workbench.page.locator('.quick-input-list .monaco-list-row').count(),
      );
      await workbench.screenshot(`walk-commit-${version.version}`);
      await workbench.acceptUntil(
        'it is committed',
        () => git(folder, 'rev-list', '--count', 'HEAD').trim() === '2',
      );
      const files = git(folder, 'show', '--name-only', '--format=', 'HEAD').trim().split('\n').sort();
      expect(files).toEqual([config, `${stem}.pruned.h5`].sort());
      expect(git(folder, 'show', '-s', '--format=%an %ae', 'HEAD').trim()).toBe(
        'A. Gardener gardener@example.org',
      );
      expect(git(folder, 'show', '-s', '--format=%B', 'HEAD')).toMatch(/MACs/);
      const left = git(folder, 'status', '--porcelain').trim().split('\n').sort();
      expect(left).toEqual(['?? model.espalier.json', '?? model.pruned.h5']);
      expect(workbench.violations).toEqual([]);
    });
  });
});
