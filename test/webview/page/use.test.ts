import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Draft } from '../../../src/protocol/plan.ts';
import { asked, openPanels, standStill } from './open.ts';
import { lacks, needs } from '../../support/needs.ts';

const need = needs(lacks.chromium());

describe.skipIf(need.skip)(need.name('using the panel'), () => {
  let panels: Awaited<ReturnType<typeof openPanels>>;
  beforeAll(async () => {
    panels = await openPanels();
  });
  afterAll(() => panels?.close());

  test('one data set in the workspace: it opens ready to start, and one click starts', async () => {
    const { page, complaints } = await panels.open('norun&onedata');
    await page.getByText('Start pruning').click();
    await page.waitForSelector('#view-tradeoff:not([hidden])');
    const [{ draft }] = (await asked(page, 'start')) as { draft: Draft }[];
    expect(draft.data).toEqual({ path: '/project/images', preprocess: 'auto' });
    expect(draft.targets).toEqual([{ metric: 'macs', value: 50, relative: true }]);
    expect(await asked(page, 'follow')).toHaveLength(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('folders’ names can count for nothing: then it is agreement with the original, and the plan says so', async () => {
    const { page, complaints } = await panels.open('norun&onedata&tab=plan');
    await page.getByText('Without labels: folders’ names count for nothing').click();
    await page.getByText('No labels: agreement with the original').waitFor();
    await page.getByText('Lose little agreement').waitFor();
    expect((await asked(page, 'openData')).at(-1)).toMatchObject({ noLabels: true });
    await page.getByText('Start pruning').click();
    await page.waitForSelector('#view-tradeoff:not([hidden])');
    const [{ draft }] = (await asked(page, 'start')) as { draft: Draft }[];
    expect(draft.data).toEqual({ path: '/project/images', preprocess: 'auto', noLabels: true });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('a goal that can’t be reached keeps Start disabled with the sentence; the nearest is one click away', async () => {
    const { page } = await panels.open('norun&onedata&tab=plan');
    const start = page.locator('vscode-button.start');
    await expect.poll(() => start.getAttribute('aria-disabled')).toBe(null);
    await page.locator('.goal vscode-text-field').getByRole('textbox').fill('1');
    await page.getByText('Can’t be reached', { exact: true }).waitFor();
    expect(await start.getAttribute('aria-disabled')).toBe('true');
    await page.getByText('A goal can’t be met as it stands: see above.').waitFor();
    await page.getByText('Take the nearest: 3.1').click();
    await page.getByText('Can be reached').waitFor();
    await expect.poll(() => start.getAttribute('aria-disabled')).toBe(null);
    await page.context().close();
  });

  test('an accuracy as the goal: room to look in is made, and the run is started with it', async () => {
    const { page, complaints } = await panels.open('norun&onedata&tab=plan');
    const points = page.getByRole('textbox', { name: 'Points of accuracy that may be lost' });
    const choice = page.getByRole('checkbox', {
      name: 'Look for the cheapest network that is accurate enough',
    });
    await choice.click();
    await points.fill('0.5');
    await page.getByText('MACs ≤ 80\u202f%, points of accuracy lost ≤ 0.5').waitFor();
    const start = page.locator('vscode-button.start');
    await expect.poll(() => start.getAttribute('aria-disabled')).toBe(null);
    await start.click();
    await page.waitForSelector('#view-tradeoff:not([hidden])');
    const [{ draft }] = (await asked(page, 'start')) as { draft: Draft }[];
    expect(draft.accuracyDrop).toBe(0.5);
    expect(draft.targets).toEqual([{ metric: 'macs', value: 80, relative: true }]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('the predicted time comes from a measurement in the background', async () => {
    const { page } = await panels.open('norun&onedata&tab=plan');
    await page.getByText('measuring a few steps').waitFor();
    await page.getByText('about 21').waitFor();
    expect(((await asked(page, 'assess')) as { measure: boolean }[]).map((one) => one.measure)).toContain(
      true,
    );
    await page.context().close();
  });

  test('an untrusted workspace: looking works, running does not, and the way is offered', async () => {
    const { page } = await panels.open('norun&onedata&untrusted&tab=plan');
    await page.getByText('This workspace is not trusted: nothing can be run in it.').waitFor();
    expect(await page.locator('vscode-button.start').getAttribute('aria-disabled')).toBe('true');
    await page.getByText('Manage trust').first().click();
    expect(await asked(page, 'open')).toEqual([{ what: 'trust' }]);
    await page.getByRole('tab', { name: 'Network' }).click();
    await page.getByText('stage1_block1_conv1', { exact: true }).first().waitFor();
    await page.context().close();
  });

  test('the keyboard alone: tabs, layers, freezing, sorting', async () => {
    const { page } = await panels.open('norun&onedata&tab=network');
    await page.getByRole('tab', { name: 'Network' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('.plan');
    await page.keyboard.press('ArrowLeft');
    const list = page.getByRole('grid', { name: 'Layers of the network' });
    await list.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const active = await list.getAttribute('aria-activedescendant');
    const row = page.locator(`[id="${active}"]`);
    expect(await row.textContent()).toContain('stage1_block1_conv1');
    await page.keyboard.press('Space');
    await expect.poll(() => row.textContent()).toContain('frozen by you');
    await page.keyboard.press('End');
    expect(
      await page.locator(`[id="${await list.getAttribute('aria-activedescendant')}"]`).textContent(),
    ).toContain('predictions');
    const heading = page.getByRole('columnheader', { name: 'Parameters' });
    await heading.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    expect(await list.locator('.rows .row').first().textContent()).toContain('stage4');
    await page.context().close();
  });

  test('tied layers light up together', async () => {
    const { page } = await panels.open('tab=network');
    await page.getByText('stage1_block1_conv2', { exact: true }).first().hover();
    const lit = await page.locator('.row.tied').allTextContents();
    expect(lit.length).toBeGreaterThan(5);
    expect(lit.every((text) => text.includes('stage1_'))).toBe(true);
    expect(lit.some((text) => text.includes('block2_conv2'))).toBe(true);
    expect(lit.some((text) => text.includes('conv1'))).toBe(false);
    await page.context().close();
  });

  test('what fails says so, with the cause, the details and a way on', async () => {
    const { page } = await panels.open('fail=network');
    const alert = page.getByRole('alert');
    await alert.getByText('it ends within the weights of conv2d_3').waitFor();
    expect(await alert.locator('pre').textContent()).toContain('keras-h5/read.ts');
    await alert.getByText('Try again').click();
    await expect.poll(async () => (await asked(page, 'network')).length).toBe(2);
    await alert.getByText('Show log').click();
    expect(await asked(page, 'open')).toEqual([{ what: 'log' }]);
    await page.context().close();
  });

  test('nothing loads without end: what hangs counts the seconds, then is an error that can be tried again', async () => {
    const { page } = await panels.open('hang=network', { clock: true });
    await page.getByText('Reading the network').waitFor();
    await standStill(page);
    await page.clock.runFor(12_000);
    // and those that passed before the clock stood still
    await page
      .locator('.state.loading')
      .getByText(/(1[2-9]|[2-5]\d)\ss/)
      .first()
      .waitFor();
    await page.locator('.state.loading').getByText('Show log').waitFor();
    await page.clock.runFor(50_000);
    await page.getByRole('alert').getByText('Reading the network: no answer in 60 seconds.').waitFor();
    await page.getByRole('alert').getByText('Try again').waitFor();
    await page.context().close();
  });

  test('a host that never answers: connecting ends in an error', async () => {
    const { page } = await panels.open('hang=ready', { clock: true });
    await page.getByText('Connecting').waitFor();
    await page.clock.runFor(21_000);
    await page.getByRole('alert').getByText('Connecting: no answer in 20 seconds.').waitFor();
    await page.context().close();
  });

  test('connected only at a second try, it is about what it was opened for', async () => {
    const { page } = await panels.open('norun&onedata&late=ready', { clock: true });
    await page.clock.runFor(21_000);
    await page.getByRole('alert').getByText('Connecting: no answer in 20 seconds.').waitFor();
    await page.getByRole('alert').getByText('Try again').click();
    await page.clock.runFor(2000);
    await page.getByText('stage1_block1_conv1', { exact: true }).first().waitFor();
    expect(await page.getByText('This panel compares two files').count()).toBe(0);
    await page.getByRole('tab', { name: 'Plan' }).click();
    await page.getByText('Start pruning').first().waitFor();
    expect(await asked(page, 'findData')).toHaveLength(1);
    await page.context().close();
  });

  test('another metric: its own figures at once, while the engine answers nothing', async () => {
    const { page } = await panels.open('norun&onedata&tab=plan&hang=assess');
    const answer = page.locator('.goal-answer');
    await expect.poll(() => answer.textContent()).toContain('Can be reached');
    const macs = /· (.*?) → at most (.*?) ·/.exec((await answer.textContent())!)!;
    await page.getByRole('combobox', { name: 'What is limited' }).click();
    await page.getByRole('option', { name: 'Size of the weights' }).click();
    await expect.poll(() => answer.textContent()).toMatch(/→ at most [\d.]+\u202f.?B/);
    const bytes = /· (.*?) → at most (.*?) ·/.exec((await answer.textContent())!)!;
    expect(Number.parseFloat(bytes[1])).not.toBe(Number.parseFloat(macs[1]));
    expect(await answer.textContent()).toContain('Can be reached');
    // nothing else is shown of the question before
    await expect.poll(() => page.locator('.summary-card').textContent()).toContain('looking…');
    await page.getByRole('combobox', { name: 'What is limited' }).click();
    await page.getByRole('option', { name: 'Latency' }).click();
    await expect.poll(() => answer.textContent()).toContain('Measured when the run starts');
    expect(await answer.textContent()).not.toContain('Can be reached');
    await page.context().close();
  });

  test('the split’s numbers are those of the limit that is set', async () => {
    const { page } = await panels.open('norun&onedata&tab=plan');
    const about = page.locator('.about-data');
    await expect.poll(() => about.textContent()).toContain('45,000');
    await page.getByRole('textbox', { name: 'At most so many images of each split' }).fill('500');
    await expect.poll(() => about.textContent()).not.toContain('45,000');
    await expect.poll(() => about.textContent()).toMatch(/to train on\s*500/);
    await page.context().close();
  });

  test('after a reload: coefficients, candidate and comparison of the run, from the host’s memory alone', async () => {
    const { page } = await panels.open('tab=tradeoff&candidates=60&memory');
    const slider = page.getByLabel('Accuracy coefficient');
    await slider.waitFor();
    await slider.fill('4');
    await page.locator('.candidates .rows .row').nth(3).click();
    const heading = page.locator('.candidate-card h2').first();
    const chosen = await heading.textContent();
    await expect.poll(async () => (await asked(page, 'remember')).length).toBeGreaterThan(0);
    await page.waitForTimeout(600);
    // the editor's own copy is lost
    await page.evaluate(() => sessionStorage.removeItem('espalier-state'));
    await page.reload();
    await expect.poll(() => page.getByLabel('Accuracy coefficient').inputValue()).toBe('4');
    await expect.poll(() => page.locator('.candidate-card h2').first().textContent()).toBe(chosen);
    await page.context().close();
  });

  test('a run that was started in a terminal has no button that can’t work', async () => {
    const { page } = await panels.open('tab=runs&candidates=40&terminal');
    const stop = page.locator('.top vscode-button').filter({ hasText: 'Stop' });
    await stop.waitFor();
    expect(await stop.getAttribute('aria-disabled')).toBe('true');
    expect(await stop.getAttribute('title')).toContain('Ctrl-C');
    expect(await page.locator('.top vscode-button').filter({ hasText: 'Pause' }).count()).toBe(0);
    await page.context().close();
  });

  test('a hidden panel is made anew: tab, search and draft are as they were', async () => {
    const { page } = await panels.open('norun&onedata&tab=network');
    await page.getByLabel('Search layers, types and groups').getByRole('textbox').fill('stage2 conv');
    await expect.poll(() => page.locator('.list .rows .row').count()).toBe(6);
    await page.getByRole('tab', { name: 'Plan' }).click();
    await page.getByRole('button', { name: 'Thorough' }).click();
    // it is remembered after a moment
    const remembered = () => page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    await expect.poll(remembered).toMatch(/thorough/);
    await page.reload();
    await expect
      .poll(() => page.getByRole('button', { name: 'Thorough' }).getAttribute('aria-pressed'))
      .toBe('true');
    await page.getByRole('tab', { name: 'Network' }).click();
    await expect.poll(() => page.locator('.list .rows .row').count()).toBe(6);
    await page.context().close();
  });

  test('stop, resume, write and commit are asked of the host, and told when done', async () => {
    const { page } = await panels.open('tab=runs&candidates=40');
    await page.locator('.top').getByText('Stop').click();
    await page.locator('.top .pill').getByText('Stopped').waitFor();
    await page.locator('.top').getByText('Resume').click();
    await expect.poll(async () => (await asked(page, 'resume')).length).toBe(1);
    await page.getByText('Commit pruned config…').click();
    await page.getByText('Committed deep.espalier.json as 01234567').waitFor();
    const [written] = (await asked(page, 'write')) as { arm: string; id: number }[];
    expect(written.arm).toBe('rewarded-meta');
    const shown = { config: 'b'.repeat(64), model: 'a'.repeat(64) };
    expect(await asked(page, 'commit')).toEqual([{ config: '/project/deep.espalier.json', sha256: shown }]);
    await page.context().close();
  });
});
