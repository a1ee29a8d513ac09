import { describe, expect, it } from 'vitest';
import { serious } from './accessibility.ts';
import { newest } from './places.ts';
import { until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { suite } from './workbench-suite.ts';

const themes = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'hc-dark': 'Dark High Contrast',
  'hc-light': 'Light High Contrast',
};
const tabs = ['Network', 'Plan', 'Trade-off', 'Curves', 'Channel diff', 'Runs'] as const;

// Every view with a real run in it, in every theme, in the real workbench: pictures to be looked at, and what a
// checker finds in them.
describe.skipIf(!newest.here)('views', () => {
  const w = suite(newest);

  it('show a real run in four themes, with nothing that keeps people out', async () => {
    const folder = await w.workspace();
    const workbench = await (await w.window(folder)).ready();
    await workbench.page.setViewportSize({ width: 1600, height: 1000 });
    await workbench.rightClick('model.h5', 'Prune Channels');
    const panel = new PrunePanel(workbench);
    await panel.frame.getByRole('tab', { name: 'Network' }).waitFor();
    await panel.start('population=24, generations=8, epochs=3', '3', ['uniform', 'random']);
    await panel.reaches('done', 400);
    const problems: string[] = [];
    for (const [name, theme] of Object.entries(themes)) {
      await workbench.theme(theme);
      const kind = name.startsWith('hc') ? 'high-contrast' : `vscode-${name}`;
      await until(`the panel is ${name}`, async () =>
        ((await panel.frame.locator('body').getAttribute('class')) ?? '').includes(kind),
      );
      for (const tab of tabs) {
        await panel.show(tab);
        await panel.settled();
        await workbench.screenshot(`view-${tab.toLowerCase().replace(' ', '-')}-${name}`);
        const found = await serious(workbench.page, 'active-frame');
        problems.push(...found.map((line) => `${name}, ${tab}: ${line}`));
      }
    }
    expect(problems).toEqual([]);
    expect(workbench.violations).toEqual([]);
  });
});
