import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asked, openPanels } from '../page/open.ts';
import { lacks, needs } from '../../support/needs.ts';

const need = needs(lacks.chromium());

describe.skipIf(need.skip)(need.name('the channel diff'), () => {
  let panels: Awaited<ReturnType<typeof openPanels>>;
  beforeAll(async () => {
    panels = await openPanels();
  });
  afterAll(() => panels?.close());

  test('every layer tells its channels in words; the arrows go through them', async () => {
    const { page, complaints } = await panels.open('tab=diff');
    const strips = page.locator('.diff-view .strip canvas');
    await strips.first().waitFor();
    const words = (await strips.first().getAttribute('aria-label'))!;
    expect(words).toMatch(/^stage1_block1_conv1: kept [\d–, ]+; removed [\d–, ]+$/);
    const grid = page.getByRole('grid', { name: 'Layers' });
    await grid.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    const status = page.locator('.layers [role=status]');
    await expect.poll(() => status.textContent()).toMatch(/^stage1_block1_conv1, channel 0: (kept|removed)/);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => status.textContent()).toContain('channel 1:');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('accuracies come first, and a fall is coloured as one', async () => {
    const { page } = await panels.open('tab=diff');
    const cards = page.locator('.figures .stat');
    await cards.first().waitFor();
    expect(await cards.first().textContent()).toMatch(/^Test accuracy.*41\.3.*16\.0.*25\.3 points$/);
    expect(await cards.first().locator('.bad').count()).toBe(1);
    expect(await cards.first().locator('.good').count()).toBe(0);
    const names = await page.locator('.figures dt').allTextContents();
    expect(names.indexOf('Method')).toBeLessThan(names.indexOf('MACs'));
    await page.context().close();
  });

  test('the pointer tells the channel that the words name', async () => {
    const { page } = await panels.open('tab=diff');
    const strip = page.locator('.diff-view .strip canvas').first();
    await strip.waitFor();
    const words = (await strip.getAttribute('aria-label'))!;
    const [, removed] = /removed (\d+)/.exec(words)!;
    const box = (await strip.boundingBox())!;
    await page.mouse.move(box.x + ((Number(removed) + 0.5) * box.width) / 32, box.y + 7);
    await expect.poll(() => page.locator('.cell-tip').textContent()).toContain(`channel ${removed}: removed`);
    await page.context().close();
  });

  test('layers are sorted and found', async () => {
    const { page } = await panels.open('tab=diff');
    await page.waitForSelector('.diff-view .rows .row');
    const first = () => page.locator('.diff-view .rows .row[data-index="0"]').textContent();
    await page.getByRole('columnheader', { name: 'layer' }).getByRole('button').click();
    await expect.poll(first).toContain('predictions');
    await page.getByLabel('Find layers').getByRole('textbox').fill('stage2');
    await expect.poll(first).toContain('stage2');
    await page.getByRole('button', { name: 'network order' }).click();
    await expect.poll(first).toContain('stage2_block1_conv1');
    await page.context().close();
  });

  test('a file is compared instead of the candidate', async () => {
    const { page } = await panels.open('tab=diff');
    await page.waitForSelector('.diff-view .rows .row');
    await page.getByRole('combobox', { name: 'After' }).click();
    await page.getByRole('option', { name: 'A file…' }).click();
    await expect
      .poll(async () => ((await asked(page, 'diff')) as { b: unknown }[]).at(-1)!.b)
      .toMatchObject({ kind: 'model', file: '/project/other.h5' });
    await page.context().close();
  });

  test('nothing to compare, and what fails', async () => {
    const { page } = await panels.open('tab=diff&norun');
    await page.getByText('Nothing is compared').waitFor();
    await page.context().close();
    const failed = await panels.open('tab=diff&fail=diff');
    await failed.page.getByRole('alert').getByText('it ends within the weights').waitFor();
    await failed.page.context().close();
  });
});
