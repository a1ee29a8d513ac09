import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asked, openPanels } from './open.ts';
import { lacks, needs } from '../../support/needs.ts';
import { settled } from '../../support/settled.ts';

const need = needs(lacks.chromium());

const target = (page: Page, percent = '50.0') =>
  page.getByRole('slider', { name: `Target: at most ${percent}\u202f% of MACs` });
const card = (page: Page) => page.locator('.candidate-card .card-head');
const at = async (handle: Locator) => Number(await handle.getAttribute('aria-valuenow'));

/** A point of the axis of costs, where a handle is. */
async function middle(handle: Locator): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = (await handle.boundingBox())!;
  return { x: x + width / 2, y: y + height / 2 };
}

async function drag(page: Page, handle: Locator, to: number): Promise<void> {
  await settled(page.locator('body'));
  const { x, y } = await middle(handle);
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (const part of [0.3, 0.7, 1]) await page.mouse.move(x + part * (to - x), y);
  await page.mouse.up();
}

async function pickAxis(page: Page, name: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Accuracy on the vertical axis' }).click();
  await page.getByRole('option', { name }).click();
}

describe.skipIf(need.skip)(need.name('a run’s targets in the trade-off'), () => {
  let panels: Awaited<ReturnType<typeof openPanels>>;
  beforeAll(async () => {
    panels = await openPanels();
  });
  afterAll(() => panels?.close());

  const open = async () => {
    const { page, complaints } = await panels.open('tab=tradeoff&candidates=60&points&memory');
    await target(page).waitFor();
    await pickAxis(page, 'y: fine-tuned');
    await expect.poll(() => page.getByRole('slider', { name: /^Target/ }).count()).toBe(5);
    await settled(page.locator('body'));
    return { page, complaints };
  };

  test('dragged, one chooses what fits under it, which is written; it stays there and Escape puts it back', async () => {
    const { page, complaints } = await open();
    const handle = target(page);
    const [rests, own] = [await at(handle), await card(page).textContent()];
    expect(await handle.getAttribute('aria-valuetext')).toMatch(/^50\.0.%: candidate \d+ /);
    // to where the first of the cheaper points was aimed at
    const goal = await middle(handle);
    await drag(page, handle, (await middle(target(page, '35.5'))).x);
    await expect.poll(() => card(page).textContent()).toContain('point 35.5');
    const held = await at(handle);
    expect(held).toBeLessThan(rests);
    expect(await handle.getAttribute('aria-valuetext')).toMatch(/^35\.\d.%: candidate 0 /);
    await page.getByText('Write model…').click();
    await expect.poll(() => asked(page, 'write')).toMatchObject([{ arm: 'rewarded-meta@35.5%', id: 0 }]);
    // what is said of it moves all that is below
    await page.getByText('are written').waitFor();
    // a little to the left of the next one, which is too dear then
    const next = await middle(target(page, '25.0'));
    await drag(page, handle, next.x - 40);
    await expect.poll(() => card(page).textContent()).toContain('point 17.5');
    // beyond the cheapest there is nothing: it stops there
    await drag(page, handle, next.x - 400);
    await expect.poll(() => card(page).textContent()).toContain('point 12.5');
    expect(await at(handle)).toBeGreaterThan(0);

    // it is where it was after another view, and after a reload
    const left = await at(handle);
    await page.getByRole('tab', { name: 'Curves' }).click();
    await page.getByRole('tab', { name: 'Trade-off' }).click();
    expect(await at(handle)).toBe(left);
    // what is remembered is written after a moment
    await expect
      .poll(() => page.evaluate(() => sessionStorage.getItem('espalier-memory')))
      .toContain('"picked":{"arm":"rewarded-meta@12.5%"');
    await page.reload();
    await handle.waitFor();
    await expect.poll(() => card(page).textContent()).toContain('point 12.5');
    await expect.poll(() => at(handle)).toBe(left);

    await handle.focus();
    await page.keyboard.press('Escape');
    await expect.poll(() => card(page).textContent()).toBe(own);
    expect(await at(handle)).toBe(rests);
    await expect.poll(async () => Math.abs((await middle(handle)).x - goal.x)).toBeLessThan(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('by keyboard: from point to point of the front, to its ends, and back', async () => {
    const { page, complaints } = await open();
    const handle = target(page, '25.0');
    const own = await card(page).textContent();
    await handle.focus();
    const points = [];
    for (const key of ['Home', 'ArrowRight', 'ArrowUp', 'ArrowRight', 'ArrowRight', 'ArrowRight']) {
      await page.keyboard.press(key);
      points.push(await at(handle));
    }
    // five points, and no farther than to the dearest
    expect(points).toEqual(points.toSorted((a, b) => a - b));
    expect(new Set(points).size).toBe(5);
    expect(points.at(-2)).toBe(points.at(-1));
    await expect.poll(() => card(page).textContent()).toBe(own);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => card(page).textContent()).toContain('point 35.5');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => card(page).textContent()).toContain('point 25');
    expect(await at(handle)).toBe(points[2]);
    await page.keyboard.press('End');
    expect(await at(handle)).toBe(points.at(-1));
    await page.keyboard.press('Escape');
    expect(await handle.getAttribute('aria-valuetext')).toMatch(/^25\.0.%/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('one is held at a time, and none where another candidate is picked; Escape knows what was chosen before', async () => {
    const { page } = await open();
    const [goal, cheap] = [target(page), target(page, '17.5')];
    const rests = await at(goal);
    const row = page.locator('.candidates .rows .row[data-index="3"]');
    await row.click();
    const picked = await card(page).textContent();
    await goal.focus();
    await page.keyboard.press('Home');
    expect(await at(goal)).toBeLessThan(rests);
    await cheap.focus();
    await page.keyboard.press('End');
    expect(await at(goal)).toBe(rests);
    await page.keyboard.press('Escape');
    await expect.poll(() => card(page).textContent()).toBe(picked);
    await goal.focus();
    await page.keyboard.press('Home');
    await row.click();
    expect(await at(goal)).toBe(rests);
    await expect.poll(() => card(page).textContent()).toBe(picked);
    await page.context().close();
  });

  test('accuracies of finished networks have their errors, in the table and beside the point', async () => {
    const { page } = await open();
    await page.getByRole('columnheader', { name: 'fine-tuned' }).getByRole('button').click();
    const first = page.locator('.candidates .rows .row[data-index="0"]');
    // 91.6 % of 600 images: the root of 91.6 * 8.4 / 600
    await expect.poll(() => first.textContent()).toContain('91.6 ± 1.1\u202f%');
    await page.locator('.plot').focus();
    await page.keyboard.press('End');
    await expect.poll(() => page.locator('.tip').textContent()).toContain('91.6 ± 1.1\u202f%');
    await page.getByText('standard error').waitFor();
    expect(await page.locator('.plot canvas').getAttribute('aria-label')).toContain('knee: ');
    await page.context().close();
  });
});
