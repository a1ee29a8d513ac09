import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mostly } from './places.ts';
import { enginesOf, processesOf, until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';
import type { Workbench } from './workbench.ts';

/** Long enough to be disturbed in the middle; ends all the same. */
const long = 'population=8, generations=16, epochs=1, stopEarly=false';
/** For runs that are stopped and never end: a slow machine takes minutes to open a window. */
const endless = 'population=8, generations=300, epochs=1, stopEarly=false';

// What goes wrong in mid-run: reloads, stops, crashes, two windows.
describe.each(mostly)('code-server $version', (version) => {
  describe.skipIf(!version.here)('when things go otherwise', () => {
    // rounded widths leave so small a network too few candidates to be disturbed among
    const w = suite(version, { settings: { 'espalier.roundTo': 1 } });
    const workers = () => enginesOf(w.server.folder).filter(({ command }) => /\.cjs run /.test(command));
    const runsOf = (folder: string) =>
      readdirSync(path.join(folder, '.espalier/runs'), { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      );

    /** A window with a run that has found its first candidates. */
    async function running(
      folder: string,
      settings = long,
    ): Promise<{ workbench: Workbench; panel: PrunePanel }> {
      const workbench = await (await w.window(folder)).ready();
      await workbench.rightClick('model.h5', 'Prune Channels');
      const panel = new PrunePanel(workbench);
      await panel.frame.getByRole('tab', { name: 'Network' }).waitFor();
      await panel.start(settings);
      await panel.show('Trade-off');
      await until('the first candidates are shown', async () => (await panel.candidates()) > 2, 120);
      return { workbench, panel };
    }

    it('a reload in mid-run: the panel comes back with the run, which goes on', async () => {
      const folder = await w.workspace();
      const { workbench } = await running(folder, endless);
      const [worker] = workers();
      await workbench.reload();
      await workbench.ready();
      const panel = new PrunePanel(workbench);
      await panel.shows('candidates', 60);
      await panel.reaches('running', 30);
      expect(runsOf(folder)).toHaveLength(1);
      // the same process, or a new one that took the run up where the old one left it; never two
      expect(workers()).toHaveLength(1);
      console.log(
        `${version.version}: after the reload ${workers()[0].pid === worker.pid ? 'it went on' : 'it was resumed'}`,
      );
      const before = await panel.candidates();
      await until('candidates come again', async () => (await panel.candidates()) > before, 60);
      await panel.stop();
    });

    it('stop leaves no process, and resume goes on from there to the end', async () => {
      const folder = await w.workspace();
      const { panel } = await running(folder);
      const stopped = Date.now();
      await panel.stop();
      await until('its process is gone', () => workers().length === 0, 10);
      console.log(`${version.version}: stopped within ${Date.now() - stopped} ms`);
      const found = await panel.candidates();
      await panel.button('Resume').click();
      await panel.reaches('running', 60);
      await panel.reaches('done', 180);
      expect(await panel.candidates()).toBeGreaterThanOrEqual(found);
      expect(workers()).toEqual([]);
    });

    it('killed with -9: the offer to resume, and it resumes', async () => {
      const folder = await w.workspace();
      const { workbench, panel } = await running(folder, endless);
      const before = await panel.candidates();
      process.kill(workers()[0].pid, 'SIGKILL');
      await panel.reaches('failed', 30);
      const offer = await workbench.notification(/ended|crash|stopped|killed/i);
      await workbench.screenshot(`mishap-killed-${version.version}`);
      await offer.getByRole('button', { name: /Resume/ }).click();
      await panel.reaches('running', 60);
      await until('candidates come again', async () => (await panel.candidates()) > before, 60);
      expect(runsOf(folder)).toHaveLength(1);
      await panel.stop();
    });

    it('the looking process killed: the next look works', async () => {
      const folder = await w.workspace();
      const workbench = await (await w.window(folder)).ready();
      await workbench.rightClick('model.h5', 'Inspect Channels');
      const panel = new PrunePanel(workbench);
      await panel.shows('stem_conv', 60);
      for (const { pid } of enginesOf(w.server.folder)) process.kill(pid, 'SIGKILL');
      await panel.show('Plan');
      await panel.show('Channel diff');
      await workbench.rightClick('broken.h5', 'Inspect Channels');
      await new PrunePanel(workbench, 1).shows(/broken\.h5/, 60);
      await workbench.rightClick('model.h5', 'Inspect Channels');
      await panel.show('Network');
      await panel.shows('stem_conv', 60);
    });

    it('two windows on one workspace: both follow the one run, either may stop it', async () => {
      const folder = await w.workspace();
      const { panel: first } = await running(folder, endless);
      const other = await (await w.window(folder)).ready();
      await other.rightClick('model.h5', 'Prune Channels');
      const second = new PrunePanel(other);
      await second.frame.getByRole('tab', { name: 'Runs' }).waitFor();
      await second.show('Runs');
      await second.shows(/rewarded-meta/, 30);
      await other.palette('Espalier: Open Run');
      // it asks which, where the workspace has more than one
      await other.acceptUntil('the run is shown', async () => (await second.state()) === 'running');
      expect(workers()).toHaveLength(1);
      await second.stop();
      await first.reaches('stopped', 30);
      await until('its process is gone', () => workers().length === 0, 10);
    });

    it('when the extension host dies with its window, its run ends by itself, with a checkpoint', async () => {
      const folder = await w.workspace();
      const { workbench } = await running(folder, endless);
      // a window would start another host, and its panel take the run up
      await workbench.page.close();
      expect(workers()).toHaveLength(1);
      for (const { pid, command } of processesOf(w.server.folder))
        if (command.includes('--type=extensionHost')) process.kill(pid, 'SIGKILL');
      await until('its process is gone', () => workers().length === 0, 60);
      const [run] = runsOf(folder);
      expect(readdirSync(path.join(folder, '.espalier/runs', run.name))).toContain('checkpoint');
    });
  });
});
