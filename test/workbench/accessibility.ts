import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Context {
  readonly id: number;
  readonly auxData?: { readonly frameId: string; readonly isDefault: boolean };
}
interface Tree {
  readonly frame: { readonly id: string; readonly name?: string };
  readonly childFrames?: readonly Tree[];
}

/**
 * What axe finds serious or critical in a page, or in its frame of this name: one line each. It comes in through the
 * browser's own tools, as the page's content security policy lets no stranger in.
 */
export async function serious(page: Page, frameName?: string): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const contexts: Context[] = [];
  session.on('Runtime.executionContextCreated', ({ context }) => void contexts.push(context as Context));
  await session.send('Runtime.enable');
  const { frameTree } = await session.send('Page.getFrameTree');
  const frames: Tree[] = [frameTree];
  for (const tree of frames) frames.push(...(tree.childFrames ?? []));
  const wanted =
    frameName === undefined ? frameTree : frames.findLast(({ frame }) => frame.name === frameName);
  const contextId = contexts.findLast(
    ({ auxData }) => auxData?.isDefault && auxData.frameId === wanted?.frame.id,
  )?.id;
  if (contextId === undefined) throw new Error(`the page has no frame ${frameName}`);
  await session.send('Runtime.evaluate', { expression: source, contextId });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run(document, { resultTypes: ["violations"] }).then((found) => JSON.stringify(found))',
    awaitPromise: true,
    contextId,
  });
  await session.detach();
  const { violations } = JSON.parse(String(result.value)) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map((node) => node.html.slice(0, 160))
          .join(' | ')}`,
    );
}
