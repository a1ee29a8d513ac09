import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder, COMPUTES } from '../../scripts/workbench.mjs';
import { newest } from './places.ts';
import type { Version } from './places.ts';
import { leftBehind } from '../../scripts/left-behind.mjs';
import { endGroup, until } from './processes.ts';

export interface ServerOptions {
  readonly vsix: string;
  /** default true; false: Restricted Mode as users meet it */
  readonly trusted?: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A running code-server with the extension installed, its HOME and everything else in a folder of its own. */
export class Server {
  readonly version: Version;
  readonly folder: string;
  readonly port: number;
  readonly #pid: number;

  private constructor(version: Version, folder: string, port: number, pid: number) {
    this.version = version;
    this.folder = folder;
    this.port = port;
    this.#pid = pid;
  }

  /** @throws Error where the extension can't be installed or the server does not answer */
  static async start(version: Version, options: ServerOptions): Promise<Server> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-workbench-'));
    try {
      const user = path.join(folder, 'user');
      mkdirSync(path.join(user, 'User'), { recursive: true });
      mkdirSync(path.join(folder, 'home'));
      const settings = { ...SETTINGS, ...options.settings };
      if (options.trusted !== false) settings['security.workspace.trust.enabled'] = false;
      writeFileSync(path.join(user, 'User', 'settings.json'), JSON.stringify(settings));
      const config = path.join(folder, 'config.yaml');
      writeFileSync(config, '');
      const port = await freePort();
      const places = ['--config', config, '--user-data-dir', user, '--extensions-dir', extensions(folder)];
      install(version, folder, options.vsix, places);
      const words = [
        ...[version.entry, ...places, '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none'],
        ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
        '--disable-proxy',
      ];
      if (options.trusted !== false) words.push('--disable-workspace-trust');
      // it takes the payload that runs tests in the host only with this; the older one always
      if (version === newest) words.push('--vscode-option', 'enable-smoke-test-driver');
      const log = openSync(path.join(folder, 'server.log'), 'w');
      // its own group, so that all of it can be ended
      const child = spawn(version.node, words, {
        cwd: folder,
        env: environment(folder),
        detached: true,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      child.unref();
      const server = new Server(version, folder, port, child.pid!);
      running.add(server);
      await until('code-server answers', () => healthy(port)).catch((error: unknown) => {
        server.kill();
        throw new Error(
          `${String(error)}: ${readFileSync(path.join(folder, 'server.log'), 'utf8').slice(-2000)}`,
        );
      });
      return server;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Address of the workbench with this folder open. */
  url(workspace: string, payload?: ReadonlyArray<readonly [string, string]>): string {
    const words = new URLSearchParams({
      [workspace.endsWith('.code-workspace') ? 'workspace' : 'folder']: workspace,
    });
    if (payload) words.set('payload', JSON.stringify(payload));
    return `http://127.0.0.1:${this.port}/?${words}`;
  }

  /** The extension's folder, as installed. */
  get installed(): string {
    const place = extensions(this.folder);
    const name = readdirSync(place).find((one) => one.startsWith('espalier.espalier-'));
    if (!name) throw new Error(`the extension is not in ${place}`);
    return path.join(place, name);
  }

  /** Ends it and all that it started. Gives the command lines of those that it would have left behind. */
  async stop(): Promise<string[]> {
    running.delete(this);
    await endGroup(this.#pid);
    // the engine may take a moment to notice that its host is gone
    const left = await leftBehind(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
    return left;
  }

  kill(): void {
    try {
      process.kill(-this.#pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  }
}

const running = new Set<Server>();
process.on('exit', () => {
  for (const server of running) server.kill();
});

const SETTINGS: Record<string, unknown> = {
  // what is tested here is the editor, not how well a network is trained
  'espalier.fineTuneEpochs': 3,
  'workbench.startupEditor': 'none',
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'git.autofetch': false,
  'git.openRepositoryInParentFolders': 'never',
};

const extensions = (folder: string) => path.join(folder, 'extensions');

function environment(folder: string): NodeJS.ProcessEnv {
  const home = path.join(folder, 'home');
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    LANG: process.env.LANG ?? 'C.UTF-8',
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_DATA_HOME: path.join(home, '.local/share'),
    XDG_CACHE_HOME: path.join(home, '.cache'),
    XDG_STATE_HOME: path.join(home, '.local/state'),
    // TensorFlow, if it was fetched, is found where it is
    ESPALIER_CACHE: cacheFolder(),
    // the test file's own: what is written there, sockets too, goes with it
    TMPDIR: os.tmpdir(),
  };
  // how TensorFlow computes is the caller's choice here as in all other tests
  for (const name of COMPUTES) if (process.env[name] !== undefined) env[name] = process.env[name];
  return env;
}

// Installing takes seconds; what it leaves is the same for every server of one version and one VSIX. `npm test` names a
// folder that its files share.
const kept = process.env.ESPALIER_TEST_SHARED ?? mkdtempSync(path.join(os.tmpdir(), 'espalier-installed-'));

function install(version: Version, folder: string, vsix: string, places: readonly string[]): void {
  const target = extensions(folder);
  const before = path.join(kept, `${version.version}-${path.basename(vsix)}`);
  const whole = `${before}.place`;
  if (existsSync(whole)) {
    cpSync(before, target, { recursive: true });
    // the registry holds the folder's place
    const registry = path.join(target, 'extensions.json');
    const text = readFileSync(registry, 'utf8').replaceAll(readFileSync(whole, 'utf8'), target);
    writeFileSync(registry, text);
    return;
  }
  const done = spawnSync(version.node, [version.entry, ...places, '--install-extension', vsix], {
    env: environment(folder),
    encoding: 'utf8',
    timeout: 300_000,
  });
  if (done.status !== 0)
    throw new Error(`${path.basename(vsix)} can't be installed: ${done.stderr}${done.stdout}`);
  // another file's tests may do the same at this moment: whole things appear at once, and the first stays
  const mine = mkdtempSync(`${before}-`);
  cpSync(target, mine, { recursive: true });
  writeFileSync(`${mine}.place`, target);
  try {
    renameSync(mine, before);
    renameSync(`${mine}.place`, whole);
  } catch {
    for (const left of [mine, `${mine}.place`]) rmSync(left, { recursive: true, force: true });
  }
}

async function healthy(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
