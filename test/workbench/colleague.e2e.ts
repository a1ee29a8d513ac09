import { copyFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { versions } from './places.ts';
import { until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';
import { git } from './workspace.ts';

// A run, its config committed, and a colleague who has the config, the original and the images, but not the result.
describe.each(versions)('code-server $version', (version) => {
  describe.skipIf(!version.here)('a colleague', () => {
    const w = suite(version);

    it("a colleague's config is applied in the editor to the same bytes", { timeout: 400_000 }, async () => {
      const folder = await w.workspace();
      const workbench = await (await w.window(folder)).ready();
      await workbench.rightClick('model.h5', 'Prune Channels');
      const panel = new PrunePanel(workbench);
      await panel.frame.getByRole('tab', { name: 'Network' }).waitFor({ timeout: 60_000 });
      await panel.start();
      await panel.reaches('done', 200);
      const file = path.join(folder, 'model.pruned.h5');
      const config = path.join(folder, 'model.espalier.json');
      const written = readFileSync(file);
      git(folder, 'add', 'model.espalier.json');
      git(folder, 'commit', '-m', 'Pruned');
      await workbench.page.close();

      // the colleague
      const theirs = await w.workspace();
      copyFileSync(config, path.join(theirs, 'model.espalier.json'));
      rmSync(path.join(theirs, 'model.pruned.h5'), { force: true });
      const window = await (await w.window(theirs)).ready();
      await window.openFile('model.espalier.json');
      await window.page.locator('.codelens-decoration a', { hasText: /^Apply$/ }).click();
      const dialog = window.dialog();
      await dialog.waitFor({ timeout: 30_000 });
      expect(await dialog.innerText()).toContain('trained after cutting');
      await dialog.getByRole('button', { name: 'Train Again' }).click();
      const result = path.join(theirs, 'model.pruned.h5');
      const there = async () => statSync(result, { throwIfNoEntry: false }) !== undefined;
      await until('the model is there', there, 120);
      await window.notification(/the same bytes as the run wrote/);
      expect(readFileSync(result).equals(written)).toBe(true);
      expect(window.violations).toEqual([]);
    });
  });
});
