import { settled } from '../support/settled.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FrameLocator, Locator } from 'playwright-core';
import { PATIENCE, until } from './processes.ts';
import type { Workbench } from './workbench.ts';

/** What a user does in the panel, by what is written there. */
export class PrunePanel {
  readonly workbench: Workbench;
  readonly frame: FrameLocator;

  constructor(workbench: Workbench, nth = 0) {
    this.workbench = workbench;
    this.frame = workbench.panel(nth);
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Shows a view by its tab. */
  async show(tab: 'Network' | 'Plan' | 'Trade-off' | 'Curves' | 'Channel diff' | 'Runs'): Promise<void> {
    await this.frame.getByRole('tab', { name: new RegExp(`^${tab}`) }).click();
  }

  /** Waits until the view that is shown has loaded, and nothing in it moves. */
  settled(): Promise<void> {
    return settled(this.frame.locator('body'));
  }

  text(): Promise<string> {
    return this.frame
      .locator('body')
      .innerText({ timeout: 10_000 })
      .catch(() => '');
  }

  async shows(what: string | RegExp, seconds = PATIENCE): Promise<void> {
    let text = '';
    const holds = async () => {
      text = await this.text();
      return typeof what === 'string' ? text.includes(what) : what.test(text);
    };
    await until(`the panel shows ${String(what)}`, holds, seconds).catch((error: unknown) => {
      throw new Error(`${String(error)}; it shows: ${text.slice(0, 1500)}`);
    });
  }

  /** Opens the plan, takes the smallest effort and these control arms, and waits until nothing stands in the way. */
  async plan(
    settings = 'population=6, generations=2, epochs=1',
    epochs = '1',
    controls: readonly string[] = [],
  ): Promise<void> {
    await this.show('Plan');
    await this.frame
      .getByRole('radio', { name: /images/ })
      .first()
      .waitFor();
    await this.button('Quick').click();
    for (const control of ['uniform', 'random', 'l1', 'scratch']) {
      const chip = this.button(control);
      if (!(await chip.count())) continue;
      const pressed = async () => (await chip.getAttribute('aria-pressed')) === 'true';
      if ((await pressed()) !== controls.includes(control)) await chip.click();
      await until(
        `${control} is chosen or not`,
        async () => (await pressed()) === controls.includes(control),
      );
    }
    // what was opened once is open still
    if (!(await this.#field('Epochs of fine-tuning').isVisible()))
      await this.frame.getByText('Advanced', { exact: true }).click();
    await this.fill('The method’s own settings', settings);
    await this.fill('Epochs of fine-tuning', epochs);
    const start = this.button('Start pruning');
    await until('a run may be started', async () => (await start.getAttribute('disabled')) === null, 60);
  }

  async start(...plan: Parameters<PrunePanel['plan']>): Promise<void> {
    await this.plan(...plan);
    await this.begin();
  }

  /** Starts what is planned, and waits until the panel has turned to it by itself. */
  async begin(): Promise<void> {
    await this.button('Start pruning').click();
    await this.frame.getByRole('tab', { name: /^Trade-off/, selected: true }).waitFor();
  }

  /** Takes a method in the plan. */
  async choose(method: string): Promise<void> {
    await this.show('Plan');
    await this.pick('Method', method);
    await this.frame.getByText(new RegExp(`^${method}, (quick|standard|thorough)$`)).waitFor();
  }

  /**
   * Takes an entry of a list that drops down. It is tried again where the list closed, because something else took the focus,
   * or where the cards above it grew under the click.
   */
  async pick(label: string, entry: string): Promise<void> {
    const dropdown = this.frame.getByRole('combobox', { name: label, exact: true });
    const option = this.frame.getByRole('option', { name: entry, exact: true });
    await until(`${entry} is taken of ${label}`, async () => {
      if (!(await option.isVisible())) await dropdown.click();
      await option.click({ timeout: 15_000 }).catch(() => {});
      return (await dropdown.evaluate(shown)) === entry;
    });
  }

  async fill(label: string, value: string): Promise<void> {
    await this.#field(label).fill(value);
  }

  #field(label: string): Locator {
    return this.frame.getByRole('textbox', { name: label, exact: true });
  }

  /** How many candidates the trade-off view says there are. */
  async candidates(): Promise<number> {
    // not the run's total, which stands at the top of the panel
    const card = await this.frame
      .locator('.chart-card')
      .innerText({ timeout: 10_000 })
      .catch(() => '');
    const found = /(\d[\d,]*) candidates?\b/.exec(card);
    return found ? Number(found[1].replaceAll(',', '')) : 0;
  }

  /** Titles of the curves. */
  curves(): Promise<string[]> {
    return this.frame.locator('.curve-card h2, .curve-card h3').allInnerTexts();
  }

  /** How many steps the map of widths says that it shows; 0 where there is none. */
  async heatSteps(): Promise<number> {
    const label = await this.frame
      .locator('.heat-field')
      .first()
      .getAttribute('aria-label', { timeout: 10_000 })
      .catch(() => null);
    return Number(/over (\d+) steps/.exec(label ?? '')?.[1] ?? 0);
  }

  /** How many points a curve of one line says that it has. */
  async points(title: string): Promise<number> {
    const chart = this.frame.getByRole('img', { name: new RegExp(`^${title}\\. `) }).first();
    return Number(/over (\d+) points/.exec((await chart.getAttribute('aria-label')) ?? '')?.[1] ?? 0);
  }

  /** Candidate's number that the card is about; null where there is none. */
  async chosen(): Promise<number | null> {
    const found = /^Candidate (\d+)$/m.exec(await this.text());
    return found ? Number(found[1]) : null;
  }

  /** How the run stands, from the pill at the top. */
  async state(): Promise<string> {
    const pill = this.frame.locator('.pill').first();
    return (
      (await pill.getAttribute('class', { timeout: 10_000 }).catch(() => ''))?.replace('pill', '').trim() ??
      ''
    );
  }

  async reaches(state: string, seconds = PATIENCE): Promise<void> {
    let now = '';
    await until(`the run is ${state}`, async () => (now = await this.state()) === state, seconds).catch(
      async (error: unknown) => {
        throw new Error(`${String(error)}; it is "${now}", and the panel shows: ${await this.text()}`);
      },
    );
  }

  /** Stops the run that is shown, with the button at the top; pressed again where what changed there took the click. */
  async stop(): Promise<void> {
    // the list of runs has one of its own
    const stop = this.frame.getByRole('banner').getByRole('button', { name: 'Stop', exact: true });
    const ending = async () => (await this.state()) !== 'running' || !(await stop.isVisible());
    await until('the run is told to stop', async () => {
      await stop.click({ timeout: 15_000 }).catch(() => {});
      for (let wait = 0; wait < 25; wait++) {
        if (await ending()) return true;
        await sleep(200);
      }
      return false;
    });
    await this.reaches('stopped');
  }
}

/** What the toolkit's list shows when it is closed. */
const shown = (list: object) => ('displayValue' in list ? list.displayValue : undefined);
