import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium as playwright } from 'playwright-core';
import type { BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { chromium, pictures } from './places.ts';
import { until } from './processes.ts';
import type { Server } from './server.ts';

const EXTENSION = 'espalier.espalier';

/** One browser with a profile of its own; every window of it is a Workbench. */
export class Browser {
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  static async start(): Promise<Browser> {
    const profile = mkdtempSync(path.join(os.tmpdir(), 'espalier-browser-'));
    const context = await playwright.launchPersistentContext(profile, {
      executablePath: chromium(),
      headless: true,
      viewport: { width: 1440, height: 900 },
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
        ...['--disable-background-networking', '--disable-component-update'],
        // nothing but our own server can be reached
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ],
    });
    context.setDefaultTimeout(20_000);
    return new Browser(context, profile);
  }

  async open(
    server: Server,
    workspace: string,
    payload?: ReadonlyArray<readonly [string, string]>,
  ): Promise<Workbench> {
    const page = await this.#context.newPage();
    const workbench = new Workbench(page, server.url(workspace, payload));
    if (payload) {
      await page.exposeFunction('codeAutomationExit', (code: number) => (workbench.exit = code));
      await page.exposeFunction('codeAutomationLog', (_type: string, words: unknown) =>
        workbench.said.push(JSON.stringify(words)),
      );
    }
    await workbench.load();
    return workbench;
  }

  /** A page without the workbench. */
  newPage(): Promise<Page> {
    return this.#context.newPage();
  }

  async stop(): Promise<void> {
    await this.#context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}

/** What a user does in a VS Code window, by name. */
export class Workbench {
  readonly page: Page;
  readonly #url: string;
  /** what the browser's console said of refused content (CSP) */
  readonly violations: string[] = [];
  /** how the tests inside the extension host ended, and what they said */
  exit: number | null = null;
  readonly said: string[] = [];

  constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
    page.on('console', (message) => {
      const text = message.text();
      if (/Content Security Policy/i.test(text)) this.violations.push(text);
    });
  }

  async load(): Promise<void> {
    await this.page.goto(this.#url);
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
  }

  /** Reloads the page. The workbench in a browser writes its layout down when its window is left, not when it is reloaded. */
  async reload(): Promise<void> {
    await this.page.evaluate("document.hasFocus = () => false; window.dispatchEvent(new Event('blur'))");
    await sleep(1000);
    await this.page.reload();
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: 60_000 });
  }

  /** The Explorer's row of a file or folder at the top. */
  row(name: string): Locator {
    return this.page.locator(`.explorer-folders-view .monaco-list-row[aria-label^="${name}"]`).first();
  }

  /** Entries of a file's context menu. */
  async contextMenu(name: string): Promise<string[]> {
    const items = await this.#openMenu(name);
    const texts = await items.allInnerTexts();
    await this.page.keyboard.press('Escape');
    return texts.map((text) => text.split('\n')[0].trim()).filter(Boolean);
  }

  /** Right-clicks a file and takes an entry; tries again while our entries are not there yet. */
  async rightClick(name: string, entry: string): Promise<void> {
    const menu = this.page.locator('.monaco-menu');
    for (let turn = 0; turn < 12; turn++) {
      const items = await this.#openMenu(name);
      const item = items.filter({ hasText: entry }).first();
      if (await item.isVisible()) {
        await item.hover();
        // VS Code takes no click for a moment after a menu opens
        await this.page.waitForTimeout(250);
        await item.click();
        if (
          await menu.waitFor({ state: 'hidden', timeout: 2000 }).then(
            () => true,
            () => false,
          )
        )
          return;
      }
      await this.page.keyboard.press('Escape');
      await this.page.waitForTimeout(1000);
    }
    throw new Error(`the menu of ${name} has no entry ${entry}`);
  }

  async #openMenu(name: string): Promise<Locator> {
    await this.row(name).click({ button: 'right' });
    const items = this.page.locator('.monaco-menu .action-item');
    await items.first().waitFor();
    return items;
  }

  /** Runs a command by its title in the palette. */
  async palette(title: string): Promise<void> {
    const box = this.page.locator('.quick-input-widget input.input');
    for (let turn = 0; turn < 6; turn++) {
      await this.page.keyboard.press('F1');
      await box.waitFor();
      await box.fill(`>${title}`);
      const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
      if (
        await row.waitFor({ timeout: 3000 }).then(
          () => true,
          () => false,
        )
      ) {
        await row.click();
        return;
      }
      await this.page.keyboard.press('Escape');
      await this.page.waitForTimeout(1000);
    }
    throw new Error(`the palette has no command ${title}`);
  }

  /** Titles that the palette shows for these words. */
  async paletteShows(words: string): Promise<string[]> {
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input.input').fill(`>${words}`);
    await this.page.waitForTimeout(800);
    const rows = await this.page.locator('.quick-input-list .monaco-list-row').allInnerTexts();
    await this.page.keyboard.press('Escape');
    return rows.map((text) => text.split('\n')[0].trim());
  }

  /** Takes an entry of the quick pick that is open. */
  async pick(text: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
    await row.waitFor();
    await row.click();
  }

  /** Opens a file in an editor. */
  async openFile(name: string): Promise<void> {
    await this.row(name).dblclick();
    await this.tab(name).waitFor();
  }

  tab(name: string): Locator {
    return this.page.locator('.tabs-container .tab').filter({ hasText: name }).first();
  }

  /** The content of our panel; `nth` where more than one is open. */
  panel(nth = 0): FrameLocator {
    return this.page
      .locator(`iframe.webview.ready[src*="extensionId=${EXTENSION}"]`)
      .nth(nth)
      .contentFrame()
      .frameLocator('iframe#active-frame');
  }

  /** How many panels are shown. */
  panels(): Promise<number> {
    return this.page.locator(`iframe.webview[src*="extensionId=${EXTENSION}"]`).count();
  }

  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text }).first();
  }

  toast(text: string | RegExp): Locator {
    return this.page
      .locator('.notifications-toasts .notification-list-item')
      .filter({ hasText: text })
      .first();
  }

  /** A notification, also one that has gone from sight: from the list of all. */
  async notification(text: string | RegExp): Promise<Locator> {
    const all = this.page.locator('.notifications-center .notification-list-item');
    for (let turn = 0; turn < 10; turn++) {
      const found = all.filter({ hasText: text }).first();
      if (await found.isVisible()) return found;
      if (!(await this.page.locator('.notifications-center').isVisible()))
        await this.palette('Notifications: Show Notifications');
      await this.page.waitForTimeout(1000);
    }
    throw new Error(`no notification says ${String(text)}`);
  }

  dialog(): Locator {
    return this.page.locator('.monaco-dialog-box').first();
  }

  /** Waits for git's branch in the status bar: extensions are there then. */
  async ready(branch = 'main'): Promise<this> {
    await this.statusItem(branch).waitFor({ timeout: 60_000 });
    return this;
  }

  /** Changes the colour theme to the one of this name. */
  async theme(setting: string): Promise<void> {
    await this.palette('Preferences: Color Theme');
    await this.page.locator('.quick-input-widget input.input').fill(setting);
    await this.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: setting })
      .first()
      .waitFor();
    await this.page.waitForTimeout(300);
    await this.page.keyboard.press('Enter');
    await this.page.waitForTimeout(500);
  }

  /** A picture of the window in the untracked folder of pictures. */
  async screenshot(name: string): Promise<string> {
    mkdirSync(pictures, { recursive: true });
    const file = path.join(pictures, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Waits until a text is somewhere in the panel. */
  async panelShows(text: string | RegExp, seconds = 20): Promise<void> {
    await until(
      `the panel shows ${String(text)}`,
      async () => {
        const inside = await this.panel()
          .locator('body')
          .innerText({ timeout: 1000 })
          .catch(() => '');
        return typeof text === 'string' ? inside.includes(text) : text.test(inside);
      },
      seconds,
    );
  }
}
