import { existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mostly } from './places.ts';
import { until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';
import { git } from './workspace.ts';

// A window on two folders, each a repository of its own.
describe.each(mostly)('code-server $version', (version) => {
  describe.skipIf(!version.here)('with two folders in one window', () => {
    const w = suite(version);

    it('images, run and commit are those of the model’s own folder', async () => {
      const [one, two] = [await w.workspace(), await w.workspace()];
      renameSync(path.join(two, 'model.h5'), path.join(two, 'second.h5'));
      git(two, 'add', '-A');
      git(two, 'commit', '-q', '-m', 'Another name');
      const file = path.join(w.server.folder, 'both.code-workspace');
      writeFileSync(file, JSON.stringify({ folders: [{ path: one }, { path: two }] }));
      const workbench = await w.window(file);
      const second = path.basename(two);
      await until('the second folder is open', async () => {
        if (await workbench.row('second.h5').isVisible()) return true;
        // while the explorer still fills, a click only selects
        if ((await workbench.row(second).getAttribute('aria-expanded')) !== 'true')
          await workbench.row(second).click();
        return false;
      });
      await workbench.rightClick('second.h5', 'Prune Channels');
      const panel = new PrunePanel(workbench);
      await panel.frame.getByRole('tab', { name: 'Network' }).waitFor();
      await panel.start('population=4, generations=1, epochs=1');
      await panel.reaches('done', 180);
      expect(existsSync(path.join(two, '.espalier/runs/second-rewarded-meta-1'))).toBe(true);
      expect(existsSync(path.join(one, '.espalier'))).toBe(false);
      await panel.show('Runs');
      await panel.shows(/second/, 30);

      await panel.show('Trade-off');
      await panel.button('Commit pruned config…').click();
      const commits = (folder: string) => git(folder, 'rev-list', '--count', 'HEAD').trim();
      // files, branch and message as they are proposed
      await workbench.acceptUntil('it is committed', () => commits(two) === '3');
      expect(git(two, 'show', '--name-only', '--format=', 'HEAD')).toContain('second.espalier.json');
      expect(git(two, 'status', '--porcelain').trim()).toBe('');
      expect(commits(one)).toBe('1');
      expect(git(one, 'status', '--porcelain').trim()).toBe('');
      await workbench.screenshot(`roots-${version.version}`);
      expect(workbench.violations).toEqual([]);
    });
  });
});
