import { describe, expect, it } from 'vitest';
import { newest } from './places.ts';
import { enginesOf, until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';

interface Learner {
  readonly method: string;
  /** enough to be stopped in the middle, over in half a minute */
  readonly settings: string;
  /** steps of its own curves, when it is over */
  readonly steps: number;
  /** its own curves, by their titles */
  readonly own: readonly string[];
}

const learners: readonly Learner[] = [
  {
    method: 'agent',
    settings: 'fill=1, joint=24, align=2, episodes=4, hidden=32, agentUpdates=20, decoderUpdates=20',
    steps: 24,
    own: ['Reward', 'Cost against the budget', 'Reconstruction error', 'Entropy'],
  },
  {
    method: 'constrained',
    settings: 'updates=40, episodesPerUpdate=6, finalists=2',
    steps: 40,
    own: ['Reward', 'Cost against the budget', 'Multiplier', 'Entropy'],
  },
];

// The two methods that learn by reinforcement: started, watched, stopped and resumed, as a user does it. What is theirs is in
// the panel and the engine, so one version is enough; that stop and resume work in both is shown by the mishaps.
describe.skipIf(!newest.here)('the methods that learn', () => {
  const w = suite(newest);
  const workers = () => enginesOf(w.server.folder).filter(({ command }) => /\.cjs run /.test(command));

  it.each([...learners])(
    '$method: its own curves from the running run, stop, resume, the end',
    async (learner) => {
      const { method, settings, steps, own } = learner;
      const folder = await w.workspace();
      const workbench = await (await w.window(folder)).ready();
      await workbench.rightClick('model.h5', 'Prune Channels');
      const panel = new PrunePanel(workbench);
      await panel.frame.getByRole('tab', { name: 'Network' }).waitFor();
      await panel.choose(method);
      await panel.start(settings);

      // the panel turns to the trade-off by itself once the run has begun
      await panel.reaches('running', 60);
      await panel.frame.getByRole('tab', { name: /^Trade-off/, selected: true }).waitFor();
      await panel.show('Curves');
      await until('its widths are drawn', async () => (await panel.heatSteps()) >= 3, 60);
      expect(await panel.state()).toBe('running');
      expect(await panel.curves()).toEqual(expect.arrayContaining([...own]));
      // what is drawn grows with the run
      const early = await panel.heatSteps();
      await until('another step is drawn', async () => (await panel.heatSteps()) > early, 60);
      await workbench.screenshot(`learner-${method}-running-${newest.version}`);

      await panel.stop();
      await until('its process is gone', () => workers().length === 0, 10);
      const stopped = await panel.heatSteps();
      expect(stopped).toBeGreaterThanOrEqual(early);
      expect(stopped).toBeLessThan(steps);

      await panel.button('Resume').click();
      await panel.reaches('running', 60);
      await panel.reaches('done', 180);
      // every step once, none lost in between and none told twice
      expect(await panel.heatSteps()).toBe(steps);
      expect(await panel.points('Entropy')).toBe(steps);
      expect(await panel.curves()).toEqual(expect.arrayContaining([...own]));
      await workbench.screenshot(`learner-${method}-done-${newest.version}`);
      await panel.frame.locator('.heat-card').scrollIntoViewIfNeeded();
      await workbench.screenshot(`learner-${method}-widths-${newest.version}`);
      expect(workers()).toEqual([]);
      expect(workbench.violations).toEqual([]);
    },
  );
});
