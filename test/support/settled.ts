import type { Locator } from 'playwright-core';

/** Runs in the page: what ends of what moves has ended, and that is painted. */
const STILL = `async () => {
  const ends = (one) => Number.isFinite(one.effect?.getComputedTiming().endTime);
  await Promise.allSettled(document.getAnimations().filter(ends).map((one) => one.finished));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}`;

/** Waits until the panel's view that is shown has loaded, and nothing in it moves. `body`: the panel's. */
export async function settled(body: Locator): Promise<void> {
  await body.locator('.state.loading').filter({ visible: true }).first().waitFor({ state: 'hidden' });
  await body.evaluate(STILL);
}
