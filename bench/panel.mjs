// How smooth the panel is with 10,000 candidates and 1,000 layers, in plain Chromium: node bench/panel.mjs
// The longest frame (goal: 50 ms) while lists are scrolled and candidates re-ranked, as processor time of the page's
// main thread. Headless Chromium draws in software, so a machine with a screen is quicker.
import { chromium } from 'playwright-core';
import { browser as chromiumHere } from '../scripts/workbench.mjs';
import { servePanel } from '../webview/dev/serve.mjs';

const executablePath = chromiumHere();
if (!executablePath) throw new Error('there is no Chromium: name one in ESPALIER_CHROMIUM');
const server = await servePanel();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
await page.goto(`${server.url}?layers=1000&candidates=10000`);
await page.waitForFunction(() => document.querySelector('.top .pill'));
await page.waitForTimeout(3000);

/**
 * Runs `steps` steps and gives the frames' times, ms: the processor time of all tasks of the page's main thread from
 * the end of one frame to the end of the next, painting included. What other programs do meanwhile doesn't count.
 */
async function measure(what, steps, act, given) {
  await browser.startTracing(page, { categories: ['toplevel', 'cc'] });
  for (let index = 0; index < steps; index++) {
    await page.evaluate(
      ([source, at, count, to]) =>
        new Promise((resolve) => {
          new Function('index', 'count', 'given', source)(at, count, to);
          requestAnimationFrame(() => setTimeout(resolve));
        }),
      [act, index, steps, given],
    );
  }
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}:${tid}`),
  );
  const onMain = traceEvents
    .filter(({ ph, pid, tid, tdur }) => ph === 'X' && tdur !== undefined && threads.has(`${pid}:${tid}`))
    .sort((a, b) => a.ts - b.ts);
  // the page's own process: the one that painted
  const painted = onMain.filter(({ name }) => name === 'ProxyMain::BeginMainFrame');
  const { pid } = painted[painted.length - 1];
  const frames = painted.filter((one) => one.pid === pid);
  const tasks = onMain.filter((one) => one.pid === pid && one.name === 'ThreadControllerImpl::RunTask');
  const times = [];
  let at = 0;
  for (const frame of frames) {
    let time = 0;
    for (; at < tasks.length && tasks[at].ts <= frame.ts; at++) time += tasks[at].tdur / 1000;
    times.push(time);
  }
  times.sort((a, b) => a - b);
  const share = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  return { what, frames: times.length, median: share(0.5), p95: share(0.95), longest: share(1) };
}

const scroll = `const list = document.querySelector(given);
  const way = list.scrollHeight - list.clientHeight;
  list.scrollTop = way * (0.5 - 0.5 * Math.cos((2 * Math.PI * index) / count));`;
const slide = `const slider = document.querySelectorAll('input[type=range]')[given];
  const least = Number(slider.min || 0), most = Number(slider.max || 100);
  slider.value = String(least + (most - least) * (0.5 - 0.5 * Math.cos((4 * Math.PI * index) / count)));
  slider.dispatchEvent(new Event('input', { bubbles: true }));`;
const hover = `const rows = document.querySelectorAll(given);
  rows[index % rows.length].dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));`;

/** Shows a view by its tab. */
async function view(name) {
  await page.getByRole('tab', { name, exact: false }).click();
  await page.waitForTimeout(1500);
}

const rows = [];
const FRAMES = Number(process.argv[2] ?? 180);
await view('Network');
rows.push(await measure('1,000 layers: scroll', FRAMES, scroll, '.list.layers'));
rows.push(await measure('1,000 layers: tied layers light up', FRAMES, hover, '.list.layers .rows .row'));
await view('Trade-off');
rows.push(await measure('10,000 candidates: accuracy coefficient', FRAMES, slide, 0));
rows.push(await measure('10,000 candidates: efficiency coefficient', FRAMES, slide, 1));
const lists = await page.locator('#view-tradeoff .list').count();
for (let index = 0; index < lists; index++) {
  const label = await page.locator('#view-tradeoff .list').nth(index).getAttribute('aria-label');
  await page.evaluate((at) => {
    document.querySelectorAll('[data-bench]').forEach((one) => delete one.dataset.bench);
    document.querySelectorAll('#view-tradeoff .list')[at].dataset.bench = 'this';
  }, index);
  rows.push(await measure(`Trade-off, “${label}”: scroll`, FRAMES, scroll, '[data-bench]'));
}
await view('Channel diff');
rows.push(await measure('1,000 layers in the diff: scroll', FRAMES, scroll, '#view-diff .list'));
console.table(
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        typeof value === 'number' && key !== 'frames' ? `${value.toFixed(1)} ms` : value,
      ]),
    ),
  ),
);
await browser.close();
await server.close();
