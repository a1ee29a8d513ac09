import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { versions } from './places.ts';
import { until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { typed } from './terminal.ts';
import { suite } from './workbench-suite.ts';

/** Milliseconds within which the panel is to know that a terminal's run has ended; it looks every two seconds. */
const SECONDS = 30_000;

// A run of a terminal's, looked at and waited for in the panel.
describe.each(versions)('code-server $version', (version) => {
  describe.skipIf(!version.here)('a run in a terminal', () => {
    const w = suite(version, { settings: { 'espalier.roundTo': 1 } });
    let terminal: ChildProcess | null = null;
    afterEach(() => {
      terminal?.kill('SIGKILL');
      terminal = null;
    });

    it('is looked at as running, not stopped from here, and its end by Ctrl-C lets the queue go on', async () => {
      const folder = await w.workspace();
      const runs = path.join(folder, '.espalier/runs');
      const long = ['population=8', 'generations=300', 'epochs=1', 'stopEarly=false'].flatMap((one) => [
        '--set',
        one,
      ]);
      const words = ['--data', 'images', '--target', 'macs=50%', '--effort', 'quick', ...long];
      terminal = typed(folder, 'prune', 'model.h5', ...words);
      const ended = once(terminal, 'exit') as Promise<[number | null]>;
      await until(
        'the terminal has begun a run',
        () => existsSync(runs) && readdirSync(runs).some((name) => name.startsWith('model-')),
      );
      const [name] = readdirSync(runs).filter((one) => one.startsWith('model-'));

      const workbench = await (await w.window(folder)).ready();
      await workbench.rightClick('model.h5', 'Prune Channels');
      const panel = new PrunePanel(workbench);
      await panel.frame.getByRole('tab', { name: 'Runs' }).waitFor();
      // planned beside it, before the panel turns to the terminal's run
      await panel.choose('l1');
      await panel.start('', '1');
      await panel.shows(/Waiting/);
      await panel.show('Runs');
      await panel.frame.getByRole('button', { name, exact: true }).click();
      await panel.reaches('running');
      await until('its candidates are shown', async () => (await panel.candidates()) > 2);
      const stop = panel.frame.locator('.top vscode-button').filter({ hasText: 'Stop' });
      await stop.waitFor();
      expect(await stop.getAttribute('aria-disabled')).toBe('true');
      expect(await stop.getAttribute('title')).toContain('Ctrl-C');
      await workbench.screenshot(`terminal-running-${version.version}`);
      const queued = readdirSync(runs).filter((one) => one.startsWith('model-l1'));
      expect(queued).toHaveLength(1);
      expect(existsSync(path.join(runs, queued[0], 'engine.json'))).toBe(false);

      terminal.kill('SIGINT');
      expect((await ended)[0]).toBe(130);
      const at = Date.now();
      await panel.reaches('stopped');
      const took = Date.now() - at;
      console.log(`${version.version}: the panel knew ${took} ms after the terminal's run had ended`);
      expect(took).toBeLessThan(SECONDS);
      await workbench.screenshot(`terminal-stopped-${version.version}`);
      // the one that waited goes on by itself, under a name of its own: the terminal's run has the plain one
      await until('the queued run has written', () => existsSync(path.join(folder, 'model.l1.pruned.h5')));
      await panel.show('Runs');
      await panel.frame.getByRole('button', { name: queued[0], exact: true }).click();
      await panel.reaches('done');
      expect(workbench.violations).toEqual([]);
    });
  });

  describe.skipIf(!version.here)('a reload', () => {
    const w = suite(version, { settings: { 'espalier.roundTo': 1 } });

    it('keeps the coefficients and the candidate that was chosen', async () => {
      const folder = await w.workspace();
      const workbench = await (await w.window(folder)).ready();
      await workbench.rightClick('model.h5', 'Prune Channels');
      const before = new PrunePanel(workbench);
      await before.frame.getByRole('tab', { name: 'Network' }).waitFor();
      await before.start('population=4, generations=1, epochs=1');
      await before.reaches('done');
      await before.show('Trade-off');
      await before.frame.getByLabel('Efficiency coefficient').fill('3.5');
      await before.frame.getByLabel('Accuracy coefficient').fill('0.25');
      // one that the coefficients don't choose, taken from the table
      const chosen = await before.chosen();
      await before.frame.locator('.candidates .rows [role=row][aria-selected=false]').first().click();
      await until('another is chosen', async () => (await before.chosen()) !== chosen);
      const picked = await before.chosen();
      await before.settled();
      await workbench.screenshot(`reload-before-${version.version}`);

      await workbench.reload();
      await workbench.ready();
      const after = new PrunePanel(workbench);
      await until('the candidate is shown again', async () => (await after.chosen()) === picked);
      expect(await after.frame.getByLabel('Efficiency coefficient').inputValue()).toBe('3.5');
      expect(await after.frame.getByLabel('Accuracy coefficient').inputValue()).toBe('0.25');
      await workbench.screenshot(`reload-after-${version.version}`);
    });
  });
});
