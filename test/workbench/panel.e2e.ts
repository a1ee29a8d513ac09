import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePanel } from '../../webview/dev/serve.mjs';
import { settled } from '../support/settled.ts';
import { serious } from './accessibility.ts';
import { pictures, runnable } from './places.ts';
import { Browser } from './workbench.ts';

const tabs = ['network', 'plan', 'tradeoff', 'curves', 'diff', 'runs'] as const;
const themes = ['dark', 'light', 'hcDark', 'hcLight'] as const;

// The panel alone, in a plain browser, under the extension's own content security policy.
describe.skipIf(!runnable)('the panel in plain Chromium', () => {
  let browser: Browser;
  let panel: Awaited<ReturnType<typeof servePanel>>;
  let page: Page;
  const refused: string[] = [];
  const errors: string[] = [];

  beforeAll(async () => {
    panel = await servePanel();
    browser = await Browser.start();
    page = await browser.newPage();
    // every page begins anew, not where the last one was left
    await page.addInitScript('sessionStorage.clear()');
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
  });
  afterAll(async () => {
    await browser?.stop();
    await panel?.close();
  });

  const open = async (query: string) => {
    await page.goto(`${panel.url}?${query}`);
    await page.getByRole('tab').first().waitFor();
    await settled(page.locator('body'));
  };

  describe.each(themes)('%s', (theme) => {
    it.each(tabs)('%s has nothing that keeps people out', async (tab) => {
      await open(`theme=${theme}&tab=${tab}&layers=60&candidates=120`);
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: path.join(pictures, `panel-${tab}-${theme}.png`) });
      expect(await serious(page)).toEqual([]);
    });
  });

  it.each(['norun', 'norun&nodata', 'untrusted', 'fail=network', 'fail=ready'])(
    'nothing to show, or something wrong (%s), is said in words',
    async (query) => {
      await page.goto(`${panel.url}?${query}`);
      const text = () => page.locator('body').innerText();
      await expect.poll(async () => (await text()).trim().length).toBeGreaterThan(20);
      await settled(page.locator('body'));
      expect(await text()).not.toMatch(/undefined|NaN|\[object/);
    },
  );

  it('the content security policy had nothing to refuse, and nothing was thrown', () => {
    expect(refused).toEqual([]);
    expect(errors).toEqual([]);
  });
});
