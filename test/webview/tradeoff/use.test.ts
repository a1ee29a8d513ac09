import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { asked, openPanels } from '../page/open.ts';
import { lacks, needs } from '../../support/needs.ts';

const need = needs(lacks.chromium());

const title = (page: Page) => page.locator('.candidate-card h2').textContent();
const firstRow = (page: Page) => page.locator('.candidates .rows .row[data-index="0"]').textContent();
async function slide(page: Page, name: string, to: number): Promise<void> {
  await page.getByLabel(name, { exact: true }).fill(String(to));
}
/** A cost as the card shows it, in its unit's number. */
async function macs(page: Page): Promise<number> {
  const text = (await page.locator('.costs dd').first().textContent())!.split('→')[1];
  const [, number, unit] = /([\d.]+)\s*([kMG])/.exec(text)!;
  return Number(number) * { k: 1e3, M: 1e6, G: 1e9 }[unit]!;
}

describe.skipIf(need.skip)(need.name('the trade-off view'), () => {
  let panels: Awaited<ReturnType<typeof openPanels>>;
  beforeAll(async () => {
    panels = await openPanels();
  });
  afterAll(() => panels?.close());

  test('a coefficient moves the choice along the curve, and back', async () => {
    const { page, complaints } = await panels.open('tab=tradeoff');
    await page.waitForSelector('.candidates .rows .row');
    const own = await title(page);
    const before = await macs(page);
    await slide(page, 'Efficiency coefficient', 4);
    await expect.poll(() => title(page)).not.toBe(own);
    expect(await macs(page)).toBeLessThan(before);
    // the table is ranked anew: its first row is the card's candidate
    expect(await firstRow(page)).toContain((await title(page))!.replace(/\D/g, ''));
    await slide(page, 'Efficiency coefficient', 0);
    await expect.poll(() => macs(page)).toBeGreaterThan(before * 0.99);
    await page.getByText('Back to the run’s own').click();
    await expect.poll(() => title(page)).toBe(own);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('candidates are filtered, sorted and starred, by keyboard too', async () => {
    const { page } = await panels.open('tab=tradeoff');
    await page.waitForSelector('.candidates .rows .row');
    const grid = page.getByRole('grid', { name: 'Candidates' });
    const rows = async () => Number(await grid.getAttribute('aria-rowcount')) - 1;
    const all = await rows();
    await page.getByRole('button', { name: 'on the front' }).click();
    await expect.poll(rows).toBeLessThan(all);
    await page.getByRole('button', { name: 'on the front' }).click();
    await page.getByLabel('Filter candidates').getByRole('textbox').fill('mutation');
    await expect.poll(rows).toBeLessThan(all);
    expect(await firstRow(page)).toContain('mutation');
    await page.getByLabel('Filter candidates').getByRole('textbox').fill('no such thing');
    await page.getByText('No candidate passes the filter.').waitFor();
    await page.locator('.none').getByText('Show all').click();
    await expect.poll(rows).toBe(all);
    await page.getByRole('columnheader', { name: 'MACs' }).getByRole('button').click();
    await grid.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    const starred = (await asked(page, 'star')) as { id: number; starred: boolean }[];
    expect(starred).toHaveLength(1);
    expect(starred[0].starred).toBe(true);
    await page.getByRole('button', { name: '★ starred' }).click();
    await expect.poll(rows).toBe(1);
    expect(await firstRow(page)).toContain(String(starred[0].id));
    await page.context().close();
  });

  test('the chart by keyboard: along the front, and chosen with Enter', async () => {
    const { page } = await panels.open('tab=tradeoff');
    await page.waitForSelector('.candidates .rows .row');
    const own = await title(page);
    const chart = page.getByRole('group', { name: 'Trade-off chart' });
    await chart.focus();
    await page.keyboard.press('Home');
    const heard = page.locator('.plot [aria-live]');
    await expect.poll(() => heard.textContent()).toMatch(/candidate \d+ \(/);
    const least = await heard.textContent();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => heard.textContent()).not.toBe(least);
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await expect.poll(() => title(page)).not.toBe(own);
    expect(await page.locator('.plot canvas').getAttribute('aria-label')).toContain('The front goes from');
    await page.context().close();
  });

  test('two candidates are compared by their channels', async () => {
    const { page } = await panels.open('tab=tradeoff');
    await page.waitForSelector('.candidates .rows .row');
    const row = page.locator('.candidates .rows .row[data-index="3"]');
    await row.click({ modifiers: ['Shift'] });
    await page.getByText('Open channel diff').click();
    await page.waitForSelector('.diff-view');
    const last = ((await asked(page, 'diff')) as { a: { kind: string }; b: { kind: string } }[]).at(-1)!;
    expect([last.a.kind, last.b.kind]).toEqual(['candidate', 'candidate']);
    await page.getByRole('button', { name: 'Swap sides' }).click();
    await expect
      .poll(async () => ((await asked(page, 'diff')) as { a: unknown; b: unknown }[]).at(-1))
      .toEqual({ a: last.b, b: last.a });
    await page.context().close();
  });

  test('points and rows appear while the run tells them', async () => {
    const { page, complaints } = await panels.open('tab=tradeoff&live=40');
    const count = async () =>
      Number(
        /[\d,]+/.exec((await page.locator('.chart-card .card-head .dim').textContent()) ?? '')?.[0] ?? 0,
      );
    await expect.poll(count).toBeGreaterThan(0);
    const some = await count();
    await expect.poll(count).toBeGreaterThan(some);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('without a run it says what to do', async () => {
    const { page } = await panels.open('tab=tradeoff&norun');
    await page.getByText('No run is shown').waitFor();
    await page.getByText('Plan a run', { exact: true }).click();
    await page.waitForSelector('.plan');
    await page.context().close();
  });

  test('a diff that fails stays in its card, with the cause', async () => {
    const { page } = await panels.open('tab=tradeoff&fail=diff');
    await page.locator('.channels-card').getByRole('alert').waitFor();
    await page.waitForSelector('.candidates .rows .row');
    await page.context().close();
  });
});
