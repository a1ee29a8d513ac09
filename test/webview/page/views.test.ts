import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPanels } from './open.ts';
import { lacks, needs } from '../../support/needs.ts';
import { settled } from '../../support/settled.ts';

const need = needs(lacks.chromium());

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const views = ['network', 'plan', 'tradeoff', 'curves', 'diff', 'runs'];
const themes = ['dark', 'light', 'hcDark', 'hcLight'];

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly any: readonly { readonly message: string }[] }[];
}

describe.skipIf(need.skip)(need.name('every view in plain Chromium'), () => {
  let panels: Awaited<ReturnType<typeof openPanels>>;
  beforeAll(async () => {
    panels = await openPanels();
  });
  afterAll(() => panels?.close());

  test('the checks themselves see a violation and a missing name', async () => {
    const { page, complaints } = await panels.open('tab=network');
    await page.evaluate(() =>
      document.body.insertAdjacentHTML('beforeend', '<button style="color:red"></button>'),
    );
    expect(complaints.join()).toMatch(/inline style violates|CSP refused style-src/);
    await page.evaluate(axeSource);
    expect((await serious(page)).join()).toContain('button-name');
    await page.context().close();
  });

  for (const view of views) {
    test(`${view}: nothing that the content security policy refuses, nothing thrown, accessible in four themes`, async () => {
      const { page, complaints } = await panels.open(`tab=${view}&candidates=60&layers=40`);
      await settled(page.locator('body'));
      await page.evaluate(axeSource);
      const found: string[] = [];
      for (const theme of themes) {
        await page.evaluate(
          (name) => (window as unknown as { dress: (theme: string) => void }).dress(name),
          theme,
        );
        await page.waitForFunction(dressed);
        await settled(page.locator('body'));
        found.push(...(await serious(page)).map((line) => `${theme}: ${line}`));
      }
      expect(found).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  }
});

/** Runs in the page: the toolkit, which copies the editor's colours some frames after they change, has done so. */
const dressed = () => {
  const style = getComputedStyle(document.body);
  return style.getPropertyValue('--foreground') === style.getPropertyValue('--vscode-foreground');
};

/** What axe calls serious or critical, a line each. */
async function serious(page: Page): Promise<string[]> {
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: (options: unknown) => Promise<{ violations: Violation[] }> };
    };
    return (await axe.run({ resultTypes: ['violations'] })).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} (${node.any[0]?.message ?? ''})`),
    );
}
