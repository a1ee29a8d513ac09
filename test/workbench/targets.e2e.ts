import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { newest } from './places.ts';
import { until } from './processes.ts';
import { PrunePanel } from './prune-panel.ts';
import { done } from './terminal.ts';
import { suite } from './workbench-suite.ts';

async function middle(handle: Locator): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await handle.boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
}

// A finished run with several points of the trade-off: a target is dragged, and what fits under it is written.
describe.skipIf(!newest.here)('a target that is dragged', () => {
  const w = suite(newest);

  it('chooses the point that fits under it, which is written as --pick writes it', async () => {
    const folder = await w.workspace();
    const words = ['--method', 'l1', '--target', 'macs=70%', '--points', '3', '--explore', '25%'];
    const quick = ['--data', 'images', '--effort', 'quick', '--fine-tune-epochs', '1', '--round-to', '1'];
    expect(await done(folder, 'prune', 'model.h5', ...words, ...quick)).toBe(0);
    const before = readdirSync(folder);

    const workbench = await (await w.window(folder)).ready();
    await workbench.rightClick('model.h5', 'Prune Channels');
    const panel = new PrunePanel(workbench);
    await panel.show('Runs');
    const [run] = readdirSync(path.join(folder, '.espalier/runs')).filter((name) =>
      name.startsWith('model-'),
    );
    await panel.button(run).click();
    await panel.reaches('done');
    await panel.show('Trade-off');
    await panel.pick('Accuracy on the vertical axis', 'y: fine-tuned');
    const target = (percent: number) =>
      panel.frame.getByRole('slider', { name: new RegExp(`^Target: at most ${percent}\\.0\\s%`) });
    await target(70).waitFor();
    expect(await panel.frame.getByRole('slider', { name: /^Target/ }).count()).toBe(3);
    await panel.settled();

    const { mouse } = workbench.page;
    const [from, to] = [await middle(target(70)), await middle(target(25))];
    await mouse.move(from.x, from.y);
    await mouse.down();
    for (const part of [0.2, 0.6, 1]) await mouse.move(from.x + part * (to.x - from.x), from.y);
    await mouse.up();
    await panel.shows(/point 25/);
    expect(await target(70).getAttribute('aria-valuetext')).toMatch(/^2[45]\.\d\s%: candidate 0 /);
    await workbench.screenshot(`targets-${newest.version}`);

    await panel.button('Write model…').first().click();
    await workbench.page.locator('.quick-input-widget').waitFor();
    await workbench.page.keyboard.press('Enter');
    let written: string[] = [];
    await until('the model and its config are written', () => {
      const all = readdirSync(folder).filter((name) => !before.includes(name));
      written = all.filter((name) => /\.(h5|json)$/.test(name));
      return written.length === 2;
    });
    await panel.shows(/are written/);
    const [model] = written.filter((name) => name.endsWith('.h5'));
    expect(await done(folder, 'write', '--pick', 'macs=26%', '--out', 'picked')).toBe(0);
    const [picked] = readdirSync(path.join(folder, 'picked')).filter((name) => name.endsWith('.h5'));
    const same = readFileSync(path.join(folder, 'picked', picked));
    expect(readFileSync(path.join(folder, model)).equals(same)).toBe(true);
    expect(workbench.violations).toEqual([]);
  });
});
