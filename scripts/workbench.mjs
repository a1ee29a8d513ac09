// The real VS Code workbench to test in, from npm alone: code-server, each version with the Node that it wants.
//   node scripts/workbench.mjs [VERSION…]      installs them into the cache (default: all)
// A folder is marked whole last, so an installation that was interrupted is taken up again.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './prepare.mjs';

export { cacheFolder };

/** Environment variables that choose how TensorFlow computes. */
export const COMPUTES = ['TF_ENABLE_ONEDNN_OPTS', 'ONEDNN_MAX_CPU_ISA', 'TF_NUM_INTRAOP_THREADS'];

/** The oldest VS Code that package.json allows, and the newest that was tried. */
export const WORKBENCHES = [
  {
    version: '4.100.3',
    node: '20.20.2',
    compile: ['@vscode/spdlog', 'native-watchdog', 'node-pty'],
    // its own install script downloads ripgrep from a host that is not the registry
    ripgrep: '1.18.0',
    compileOwn: ['argon2'],
  },
  {
    version: '4.139.1',
    node: '24.21.0',
    compile: ['@vscode/spdlog', '@vscode/native-watchdog'],
    ripgrep: null,
    compileOwn: [],
  },
];

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser to test with, or null. */
export function browser() {
  const named = process.env.ESPALIER_CHROMIUM;
  return named || (CHROMIUM.find((file) => existsSync(file)) ?? null);
}

/** Why the workbench can't be had on this system, or null. */
export function whyNot() {
  if (process.platform !== 'linux') return `it runs on Linux, not on ${process.platform}`;
  if (!['x64', 'arm64'].includes(process.arch)) return `it runs on x64 and arm64, not on ${process.arch}`;
  if (!browser()) return 'there is no Chromium (apt-get install chromium, or name one in ESPALIER_CHROMIUM)';
  return null;
}

/** Where one version is; whether or not it is there yet. */
export function workbenchPlaces(version) {
  const { node } = WORKBENCHES.find((one) => one.version === version);
  const folder = path.join(cacheFolder(), `workbench-${version}`);
  const modules = path.join(folder, 'node_modules');
  return {
    folder,
    whole: path.join(folder, `.whole-${version}-node-${node}`),
    node: path.join(modules, `node-linux-${process.arch}`, 'bin', 'node'),
    entry: path.join(modules, 'code-server', 'out', 'node', 'entry.js'),
  };
}

/**
 * Installs one version unless it is there.
 * @throws Error where npm or a compiler fails
 */
export function installWorkbench({ version, node, compile, ripgrep, compileOwn }, log = console.error) {
  const places = workbenchPlaces(version);
  if (existsSync(places.whole)) return places;
  log(`Installing code-server ${version} into ${places.folder} (once, about two minutes)…`);
  const { folder } = places;
  const platform = `linux-${process.arch}`;
  const modules = path.join(folder, 'node_modules');
  const vscode = path.join(modules, 'code-server', 'lib', 'vscode');
  const home = path.join(modules, `node-${platform}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  const npm = (cwd, words, scripts = false) => {
    const done = spawnSync('npm', words, {
      cwd,
      encoding: 'utf8',
      env: {
        ...process.env,
        PATH: `${path.join(home, 'bin')}:${process.env.PATH}`,
        // the package's own headers: node-gyp has nothing to download
        npm_config_nodedir: home,
        // node-pty's script asks npx for node-gyp
        npm_config_yes: 'true',
        npm_config_ignore_scripts: String(!scripts),
        npm_config_audit: 'false',
        npm_config_fund: 'false',
        npm_config_update_notifier: 'false',
      },
    });
    if (done.status !== 0) {
      const why = (done.stderr ?? '').split('\n').filter((line) => /error/i.test(line));
      throw new Error(`npm ${words.join(' ')} failed in ${cwd}: ${why.slice(-3).join(' | ') || done.signal}`);
    }
  };
  const wanted = [`node-${platform}@${node}`, `code-server@${version}`];
  if (ripgrep) wanted.push(`@vscode/ripgrep-${platform}@${ripgrep}`);
  npm(folder, ['install', '--no-save', ...wanted]);
  for (const name of compileOwn) npm(folder, ['rebuild', name, '--build-from-source'], true);
  npm(vscode, ['install', '--omit=dev']);
  npm(path.join(vscode, 'extensions'), ['install', '--omit=dev']);
  npm(vscode, ['rebuild', ...compile], true);
  if (ripgrep) {
    const bin = path.join(vscode, 'node_modules/@vscode/ripgrep/bin');
    mkdirSync(bin, { recursive: true });
    copyFileSync(path.join(modules, `@vscode/ripgrep-${platform}/bin/rg`), path.join(bin, 'rg'));
    const archive = path.join(vscode, 'node_modules.asar');
    if (!existsSync(archive)) symlinkSync('node_modules', archive);
  }
  prune(vscode, home);
  writeFileSync(places.whole, '');
  return places;
}

/** Removes what no test needs: half of the disk space. */
function prune(vscode, home) {
  const useless = [
    path.join(home, 'include'),
    ...[
      'node_modules/@github',
      'node_modules/@microsoft/mxc-sdk',
      'extensions/copilot',
      'extensions/mermaid-markdown-features',
    ].map((place) => path.join(vscode, place)),
  ];
  for (const place of useless) rmSync(place, { recursive: true, force: true });
  const binaries = path.join(vscode, 'node_modules/@vscode/ripgrep-universal/bin');
  if (existsSync(binaries))
    for (const name of readdirSync(binaries))
      if (!name.includes(`linux-${process.arch}`))
        rmSync(path.join(binaries, name), { recursive: true, force: true });
}

/** Every version that can be had here, installed; and one line for each that can't. */
export function installAll(log = console.error) {
  const why = whyNot();
  if (why) return { ready: [], missing: [`The tests in the real workbench skip: ${why}.`] };
  const ready = [];
  const missing = [];
  for (const one of WORKBENCHES)
    try {
      installWorkbench(one, log);
      ready.push(one.version);
    } catch (error) {
      missing.push(`The tests in code-server ${one.version} skip: ${error.message}`);
    }
  return { ready, missing };
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const why = whyNot();
  if (why) {
    console.error(`No workbench here: ${why}.`);
    process.exit(1);
  }
  const asked = process.argv.slice(2);
  for (const one of WORKBENCHES)
    if (!asked.length || asked.includes(one.version)) {
      const { folder } = installWorkbench(one);
      console.log(`code-server ${one.version}: ${folder}`);
    }
}
