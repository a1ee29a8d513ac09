import { chromium, type Browser, type Page } from 'playwright-core';
import { browser as chromiumHere } from '../../../scripts/workbench.mjs';
import { servePanel } from '../../../webview/dev/serve.mjs';

/** A plain Chromium with the real panel and an answering host; null where this machine has no Chromium. */
export const chromiumPath = chromiumHere();

export interface Opened {
  readonly page: Page;
  /** what the content security policy refused, what the page threw, what it logged as an error */
  readonly complaints: string[];
}

/** The panel's server and browser, for one test file. */
export async function openPanels() {
  const server = await servePanel();
  const browser: Browser = await chromium
    .launch({ executablePath: chromiumPath!, args: ['--no-sandbox'] })
    .catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
  return {
    /** A page of its own, with storage of its own; `query` as webview/dev/fake-host.ts reads it; `clock`: a clock that the test can stop (standStill) and move. */
    async open(query: string, { clock = false } = {}): Promise<Opened> {
      const viewport = { width: 1100, height: 900 };
      const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
      const page = await context.newPage();
      page.setDefaultTimeout(300_000);
      if (clock) await page.clock.install();
      const complaints: string[] = [];
      await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) =>
          console.error(`CSP refused ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`),
        );
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
          complaints.push(message.text());
      });
      await page.goto(`${server.url}?${query}`);
      await page.waitForSelector('.top h1, .state.error, .state.loading');
      // else every test would wait in vain for what it looks for
      const refused = page.locator('.state.error').first();
      if (!/\bfail=/.test(query) && (await refused.isVisible()))
        throw new Error(`the panel shows an error: ${await refused.innerText()}`);
      return { page, complaints };
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** Stops the clock of a page that was opened with one, some seconds from now. */
export async function standStill(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 10_000);
}

/** What the panel asked its host, in order. */
export async function asked(page: Page, method: string): Promise<unknown[]> {
  const all = await page.evaluate(
    () => (window as unknown as { asked: { method: string; params: unknown }[] }).asked,
  );
  return all.filter((one) => one.method === method).map((one) => one.params);
}
