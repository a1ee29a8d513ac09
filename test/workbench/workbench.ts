import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium as playwright } from 'playwright-core';
import type { BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { chromium, pictures } from './places.ts';
import { PATIENCE, until } from './processes.ts';
import type { Server } from './server.ts';

const EXTENSION = 'espalier.espalier';

/** Run in a page: leaves the window, and gives all that the workbench has written down in the browser. */
const LEAVE = `(async () => {
  document.hasFocus = () => false;
  window.dispatchEvent(new Event('blur'));
  const texts = (await indexedDB.databases()).map(({ name }) => new Promise((resolve) => {
    const opening = indexedDB.open(name);
    opening.onerror = () => resolve('');
    opening.onsuccess = () => {
      const database = opening.result;
      const end = (text) => (database.close(), resolve(text));
      if (!database.objectStoreNames.contains('ItemTable')) return end('');
      const all = database.transaction('ItemTable').objectStore('ItemTable').getAll();
      all.onerror = () => end('');
      all.onsuccess = () => end(JSON.stringify(all.result));
    };
  }));
  return (await Promise.all(texts)).join();
})()`;

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
      // what moves is drawn by the processor here, and takes it from the runs that are watched
      reducedMotion: 'reduce',
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
        ...['--disable-background-networking', '--disable-component-update'],
        // nothing but our own server can be reached
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ],
    });
    context.setDefaultTimeout(PATIENCE * 1000);
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
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
  }

  /** Reloads the page. The workbench in a browser writes its layout down when its window is left, not when it is reloaded. */
  async reload(): Promise<void> {
    const panels = await this.panels();
    const written = async () => (await this.page.evaluate(LEAVE)) as string;
    await until('the layout is written down', async () => {
      const before = await written();
      await sleep(500);
      return (!panels || before.includes('espalier.panel')) && (await written()) === before;
    });
    await this.page.reload();
    await this.page.locator('.explorer-folders-view .monaco-list-row').first().waitFor();
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

  /**
   * Right-clicks a file and takes an entry. The menu shows ours once VS Code has read the extension's manifest and knows
   * whether the folder is trusted; until then it is opened again and again.
   */
  async rightClick(name: string, entry: string): Promise<void> {
    const menu = this.page.locator('.monaco-menu').first();
    let shown: string[] = [];
    const taken = async () => {
      const items = await this.#openMenu(name);
      shown = await items.allInnerTexts();
      const item = items.filter({ hasText: entry }).first();
      // VS Code takes no click for a tenth of a second after a menu opens. The page's own timers come in their order,
      // however late; should a click not count all the same, there is another
      await this.page.evaluate('new Promise((resolve) => setTimeout(resolve, 150))');
      for (let turn = 0; turn < 5 && (await item.count()); turn++) {
        const clicked = await item.click({ timeout: 15_000 }).then(
          () => true,
          () => false,
        );
        // a menu that went away by itself, as something else took the focus, was not taken
        if (!clicked && turn === 0) break;
        if (await isSoon(menu.waitFor({ state: 'hidden', timeout: 10_000 }))) return true;
      }
      await this.page.keyboard.press('Escape');
      await isSoon(menu.waitFor({ state: 'hidden', timeout: 10_000 }));
      return false;
    };
    await until(`the menu of ${name} has the entry ${entry}, which is taken`, taken, 300).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}; it has: ${shown.join(', ').replaceAll('\n', ' ')}`);
      },
    );
  }

  async #openMenu(name: string): Promise<Locator> {
    const items = this.page.locator('.monaco-menu .action-item');
    await until(`the menu of ${name} is open`, async () => {
      if (await items.count()) return true;
      await this.row(name).click({ button: 'right' });
      return await isSoon(items.first().waitFor({ timeout: 15_000 }));
    });
    return items;
  }

  /** Runs a command by its title in the palette, once the palette has it. */
  async palette(title: string): Promise<void> {
    const box = this.page.locator('.quick-input-widget input.input');
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first();
    await until(`the palette has the command ${title}`, async () => {
      await this.page.keyboard.press('F1');
      if (!(await isSoon(box.waitFor({ timeout: 15_000 })))) return false;
      await box.fill(`>${title}`);
      if (await isSoon(row.waitFor({ timeout: 15_000 }))) return await isSoon(row.click({ timeout: 15_000 }));
      await this.page.keyboard.press('Escape');
      return false;
    });
  }

  /** Accepts whatever is asked at the top of the window, as it is proposed, one question after another, until something holds. */
  async acceptUntil(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const widget = this.page.locator('.quick-input-widget').first();
    let accepted = '';
    let at = 0;
    await until(what, async () => {
      if (await holds()) return true;
      const asked = (await widget.isVisible()) ? await widget.innerText().catch(() => '') : '';
      // each question once; again only if it is still there after a while: the Enter came before it was ready
      if (asked && (asked !== accepted || Date.now() - at > 5000)) {
        // what fills itself has come to rest
        await sleep(500);
        if (asked !== (await widget.innerText().catch(() => ''))) return false;
        // asked again, something else may have the focus: a user would click into the box
        const box = widget.locator('input.input').first();
        if (asked === accepted && (await box.isVisible()))
          await box.press('Enter', { timeout: 15_000 }).catch(() => {});
        else await this.page.keyboard.press('Enter');
        [accepted, at] = [asked, Date.now()];
      }
      return await holds();
    });
  }

  /** Takes an entry of the quick pick that is open. */
  async pick(text: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
    await row.waitFor();
    // typed, as VS Code's own tooltip may lie over the row
    await this.page.locator('.quick-input-widget input.input').fill(text);
    const focused = this.page.locator('.quick-input-list .monaco-list-row.focused');
    await focused.filter({ hasText: text }).first().waitFor();
    await this.page.keyboard.press('Enter');
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
    const found = this.page
      .locator('.notifications-center .notification-list-item')
      .filter({ hasText: text })
      .first();
    await until(`a notification says ${String(text)}`, async () => {
      if (await found.isVisible()) return true;
      if (!(await this.page.locator('.notifications-center').isVisible()))
        await this.palette('Notifications: Show Notifications');
      return await isSoon(found.waitFor({ timeout: 10_000 }));
    });
    return found;
  }

  dialog(): Locator {
    return this.page.locator('.monaco-dialog-box').first();
  }

  /** Waits for git's branch in the status bar: extensions are there then. */
  async ready(branch = 'main'): Promise<this> {
    await this.statusItem(branch).waitFor();
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
    const focused = this.page.locator('.quick-input-list .monaco-list-row.focused');
    await focused.filter({ hasText: setting }).first().waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').first().waitFor({ state: 'hidden' });
  }

  /** A picture of the window in the untracked folder of pictures. */
  async screenshot(name: string): Promise<string> {
    mkdirSync(pictures, { recursive: true });
    const file = path.join(pictures, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Waits until a text is somewhere in the panel. */
  async panelShows(text: string | RegExp, seconds = PATIENCE): Promise<void> {
    await until(
      `the panel shows ${String(text)}`,
      async () => {
        const inside = await this.panel()
          .locator('body')
          .innerText({ timeout: 10_000 })
          .catch(() => '');
        return typeof text === 'string' ? inside.includes(text) : text.test(inside);
      },
      seconds,
    );
  }
}

/** Whether something that is waited for with a limit of its own comes. */
function isSoon(waiting: Promise<unknown>): Promise<boolean> {
  return waiting.then(
    () => true,
    () => false,
  );
}
