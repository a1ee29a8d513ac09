import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mostly } from './places.ts';
import { until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';
import type { Workbench } from './workbench.ts';
import { git } from './workspace.ts';

// Folders that aren't as one would wish: broken files, no git, no name for commits, no trust.
describe.each(mostly)('code-server $version', (version) => {
  describe.skipIf(!version.here)('when a folder lacks something', () => {
    // rounded widths leave so small a network too few candidates
    const w = suite(version, { settings: { 'espalier.roundTo': 1 } });

    /** Runs shortly in a window, and asks for the commit. */
    async function committing(workbench: Workbench): Promise<PrunePanel> {
      await workbench.rightClick('model.h5', 'Prune Channels');
      const panel = new PrunePanel(workbench);
      await panel.frame.getByRole('tab', { name: 'Network' }).waitFor();
      await panel.start('population=4, generations=1, epochs=1');
      await panel.reaches('done', 180);
      await panel.show('Trade-off');
      await panel.button('Commit pruned config…').click();
      return panel;
    }

    it('a broken model file is told in words, with what to do', async () => {
      const folder = await w.workspace();
      const workbench = await (await w.window(folder)).ready();
      await workbench.rightClick('broken.h5', 'Inspect Channels');
      const panel = new PrunePanel(workbench);
      await panel.shows(/broken\.h5/, 60);
      await panel.shows(/HDF5|not a model|can.t be read/i, 30);
      expect(await panel.text()).not.toMatch(/\bat .*\.cjs|undefined|\[object/);
      await workbench.screenshot(`mishap-broken-${version.version}`);
    });

    it('a folder without git: all works but the commit, which says why', async () => {
      const folder = await w.workspace({ git: false });
      // nothing of git comes up here that one could wait for
      const workbench = await w.window(folder);
      await committing(workbench);
      await workbench.dialog().getByText("isn't in a git repository").waitFor();
      await workbench.screenshot(`mishap-no-git-${version.version}`);
      await workbench.dialog().getByRole('button', { name: 'Cancel' }).click();
      expect(readdirSync(folder)).not.toContain('.git');
    });

    it('without a name for commits, it says how to set one and leaves the index as it was', async () => {
      const folder = await w.workspace({ identity: false });
      const workbench = await (await w.window(folder)).ready();
      const panel = await committing(workbench);
      await until('it is said that a name is missing', async () =>
        /user\.name/i.test(
          // at once: innerText would wait for a toast, where the panel says it itself
          (await workbench.page.locator('.notifications-toasts').allInnerTexts()).join() +
            (await panel.text()),
        ),
      );
      expect(git(folder, 'diff', '--cached', '--name-only').trim()).toBe('');
      expect(git(folder, 'rev-list', '--count', 'HEAD').trim()).toBe('1');
    });
  });

  describe.skipIf(!version.here)('in Restricted Mode', () => {
    // the question at the start is VS Code's own
    const settings = { 'security.workspace.trust.startupPrompt': 'never' };
    const w = suite(version, { trusted: false, settings });

    it('looking works, running does not', async () => {
      const folder = await w.workspace();
      const workbench = await w.window(folder);
      await workbench.rightClick('model.h5', 'Inspect Channels');
      const panel = new PrunePanel(workbench);
      await panel.shows('stem_conv', 60);
      expect(await workbench.contextMenu('model.h5')).not.toContain('Prune Channels…');
      await panel.show('Plan');
      await panel.shows(/trust/i, 30);
      expect(await panel.button('Start pruning').getAttribute('disabled')).not.toBeNull();
      await workbench.screenshot(`mishap-restricted-${version.version}`);
    });
  });
});
