import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Params } from '../../../src/protocol/contract.ts';
import type { Host } from '../../../src/protocol/panel.ts';
import { asked, openPanels } from './open.ts';
import { lacks, needs } from '../../support/needs.ts';

const need = needs(lacks.chromium());
type Asked = Params<Host, 'sensitivity'>;

describe.skipIf(need.skip)(need.name('the sensitivity in the plan'), () => {
  let panels: Awaited<ReturnType<typeof openPanels>>;
  beforeAll(async () => {
    panels = await openPanels();
  });
  afterAll(() => panels?.close());

  test('without images, or without trust, the button says why it does nothing', async () => {
    const { page } = await panels.open('norun&nodata&tab=plan');
    await page.getByText('It is measured on images: choose some above.').waitFor();
    const button = page.locator('.sensitivity-card vscode-button');
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await page.context().close();

    const { page: other } = await panels.open('norun&onedata&untrusted&tab=plan');
    const card = other.locator('.sensitivity-card');
    await card.getByText('Nothing is measured before this workspace is trusted.').waitFor();
    expect(await card.locator('vscode-button').getAttribute('aria-disabled')).toBe('true');
    await other.context().close();
  });

  test('it is measured with progress, called off, and measured again to a chart with its table', async () => {
    const { page, complaints } = await panels.open('norun&onedata&tab=plan&layers=40&pace=700');
    const card = page.locator('.sensitivity-card');
    await card.getByText('Measure sensitivity').click();
    await card.getByText('0 of 8 groups measured').waitFor();
    await card.getByText('1 of 8 groups measured · about 5 s left').waitFor();
    await card.getByText('Cancel').click();
    await card.getByText('Measure sensitivity').click();
    await card.locator('.sensitivity-chart').waitFor();
    const questions = (await asked(page, 'sensitivity')) as Asked[];
    expect(questions[0].question).toBeNull();
    expect(questions[2]).toEqual(questions[1]);
    expect(questions[1].question).toMatchObject({
      data: { path: '/project/images', preprocess: 'auto' },
      effort: 'standard',
      roundTo: 1,
      freeze: [],
    });

    const names = await card.locator('.sensitive li .mono').allTextContents();
    expect(names).toHaveLength(5);
    await card.locator('.sensitivity-chart').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    const line = card.locator('.sensitivity-line');
    expect(await line.textContent()).toMatch(
      new RegExp(`^${names[0]}: 12.5\\s% \\(4 of 32 channels\\), accuracy .* points\\), loss .* MACs \\(−`),
    );
    await page.keyboard.press('ArrowDown');
    expect(await line.textContent()).toContain(`${names[1]}: 12.5`);
    await page.keyboard.press('Escape');
    expect(await line.textContent()).toBe('Point at a line for its numbers.');
    await card.locator('.sensitivity-chart').hover({ position: { x: 300, y: 150 } });
    expect(await line.textContent()).toMatch(/channels\), accuracy/);
    await card.locator('.sensitive li').nth(2).hover();
    expect(await line.textContent()).toContain(`${names[2]}: 12.5`);

    await card.getByText('Table').click();
    const table = card.getByRole('grid', { name: 'Validation accuracy by share' });
    expect(await table.locator('.rows .row').first().textContent()).toContain(`${names[0]}87.5`);
    await card.getByRole('button', { name: 'Loss', exact: true }).click();
    await card.getByRole('grid', { name: 'Validation loss by share' }).waitFor();
    expect(complaints).toEqual([]);

    // what was measured stays, and is said to be of another plan
    await page.getByRole('tab', { name: 'Network' }).click();
    await page.getByRole('tab', { name: 'Plan' }).click();
    await card.locator('.sensitivity-chart').waitFor();
    expect(await card.getByText('The plan has changed').count()).toBe(0);
    await page.getByText('Quick', { exact: true }).click();
    await card.getByText('The plan has changed since this was measured.').waitFor();
    await page.context().close();
  });

  test('a page that comes back takes up what its host knows; the chart is accessible in four themes', async () => {
    const { page, complaints } = await panels.open('norun&onedata&tab=plan&layers=40&measured');
    await page.locator('.sensitivity-chart').waitFor();
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const violations: string[] = [];
    for (const theme of ['dark', 'light', 'hcDark', 'hcLight']) {
      const found = await page.evaluate(async (name) => {
        const { axe, dress } = window as unknown as {
          axe: { run: (where: string) => Promise<{ violations: { id: string }[] }> };
          dress: (theme: string) => void;
        };
        dress(name);
        return (await axe.run('.sensitivity-card')).violations.map(({ id }) => `${name}: ${id}`);
      }, theme);
      violations.push(...found);
    }
    expect(violations).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('what can’t be measured says why, and can be tried again', async () => {
    const { page } = await panels.open('norun&nodata&tab=plan&fail=sensitivity');
    await page.getByText('Choose a folder').or(page.getByText('Folder…')).first().click();
    const card = page.locator('.sensitivity-card');
    await card.getByText('Try again').waitFor();
    await page.context().close();
  });
});
