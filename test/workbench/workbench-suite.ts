import path from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { TestContext } from 'vitest';
import { enginesOf } from './processes.ts';
import { newest, vsix } from './places.ts';
import type { Version } from './places.ts';
import { Server, type ServerOptions } from './server.ts';
import { Browser, type Workbench } from './workbench.ts';
import { makeWorkspace, type WorkspaceOptions } from './workspace.ts';

/** One server and one browser for all tests of a `describe`; what a failed test saw is kept as a picture. */
export function suite(version: Version, options: Partial<ServerOptions> = {}) {
  let server: Server | undefined;
  let browser: Browser | undefined;
  const open: Workbench[] = [];
  let left: string[] | null = null;
  let count = 0;

  beforeAll(async () => {
    // the native one in the newest, the portable one in the oldest: both are shown to work
    server = await Server.start(version, {
      vsix: vsix(version === newest ? 'native' : 'universal'),
      ...options,
    });
    browser = await Browser.start();
  });
  afterEach(async ({ task }: TestContext) => {
    for (const [i, workbench] of open.splice(0).entries()) {
      if (task.result?.state === 'fail' && !workbench.page.isClosed())
        await workbench
          .screenshot(`failed-${version.version}-${task.name.replace(/\W+/g, '-').slice(0, 60)}-${i}`)
          .catch((error: unknown) => console.log(`no picture: ${String(error)}`));
      await workbench.page.close();
    }
    // a test that failed halfway leaves its run going, which would take the processor from the next
    if (task.result?.state === 'fail' && server)
      for (const { pid } of enginesOf(server.folder)) process.kill(pid, 'SIGKILL');
  });
  afterAll(async () => {
    // each is ended whatever becomes of the others
    const [, stopped] = await Promise.allSettled([browser?.stop(), server?.stop()]);
    if (stopped.status === 'rejected') throw stopped.reason;
    left = stopped.value ?? [];
    if (left.length) throw new Error(`processes were left behind: ${left.join('; ')}`);
  });

  return {
    get server(): Server {
      return server!;
    },
    get browser(): Browser {
      return browser!;
    },
    /** A new folder for one test. */
    workspace(how: WorkspaceOptions = {}): Promise<string> {
      return makeWorkspace(path.join(server!.folder, `garden-${++count}`), how);
    },
    /** A window on a folder. */
    async window(folder: string, payload?: ReadonlyArray<readonly [string, string]>): Promise<Workbench> {
      const workbench = await browser!.open(server!, folder, payload);
      open.push(workbench);
      return workbench;
    },
  };
}
