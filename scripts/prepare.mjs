// What a fresh clone needs before anything of ours can run. Only Node's own modules: nothing is installed yet.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Where downloads that outlive a clone are kept; the same rule as the product's. */
export function cacheFolder() {
  if (process.env.ESPALIER_CACHE) return path.resolve(process.env.ESPALIER_CACHE);
  if (process.platform === 'win32')
    return path.join(process.env.LOCALAPPDATA ?? path.join(os.homedir(), 'AppData/Local'), 'espalier');
  if (process.platform === 'darwin') return path.join(os.homedir(), 'Library/Caches/espalier');
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'espalier');
}

/** Runs a command in the root with the terminal's own output; returns whether it succeeded. */
export function run(command, args, env = {}) {
  const shell = process.platform === 'win32' && command.endsWith('.cmd');
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell,
    env: { ...process.env, ...env },
  });
  return done.status === 0;
}

/** `npm ci`, unless node_modules was made from this very package-lock.json. */
export function install() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(root, 'node_modules', '.espalier-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing npm packages…');
  if (!run(npm, ['ci', '--no-fund', '--no-audit'])) {
    console.error('npm ci failed: see its message above; nothing else can run without it.');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

/** Bundles dist/, then looks for (or fetches) TensorFlow's libraries; without them the product falls back to wasm. */
export function prepare() {
  install();
  if (!run(process.execPath, ['scripts/build.mjs'])) process.exit(1);
  if (!run(process.execPath, ['scripts/setup.mjs']))
    console.error('Set-up of TensorFlow did not end well (above); going on with the wasm backend.');
}
