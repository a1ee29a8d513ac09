import { accessSync, constants, lstatSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { homeFolder } from './home.ts';
import { ownFolder } from './own-folder.ts';

/** What the search for programs looks at; tests give their own. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** the folder that the user stands in: perhaps somebody else's repository; null where it is gone */
  readonly cwd: string | null;
  readonly home: string;
  /** the Node that runs this */
  readonly node: string;
  /** whether a file is there and can be started */
  isProgram(file: string): boolean;
  /** a folder without symbolic links; itself where it isn't there */
  real(folder: string): string;
}

export function surroundings(env: NodeJS.ProcessEnv = process.env): Surroundings {
  return {
    env,
    platform: process.platform,
    cwd: currentFolder(),
    // never the current folder, which would then pass for the user's own
    home: homeFolder() ?? path.parse(process.execPath).root,
    node: process.execPath,
    isProgram,
    real,
  };
}

/**
 * The absolute path of a program, or null. The one place that searches PATH: operating systems look into the current
 * folder as well (Windows always, others for an empty entry or `.`), where a cloned repository may keep a `python3` of
 * its own.
 * @param name a name, or an absolute path, which is the user's own choice and taken as it is
 */
export function findProgram(name: string, around: Surroundings = surroundings()): string | null {
  const { join } = rules(around);
  if (isAbsolute(name, around)) return name;
  if (/[/\\:]/.test(name) || !name) return null;
  for (const folder of programFolders(around))
    for (const extension of extensions(name, around)) {
      const file = join(folder, name + extension);
      if (around.isProgram(file)) return file;
    }
  return null;
}

/**
 * The entries of PATH that are searched: absolute ones, but not what package managers put there for a project
 * (`node_modules/.bin`), nor what lies in the current folder, unless that is a virtual environment that the user
 * activated, or the current folder is one above the home folder or the running Node, and so no repository.
 */
export function programFolders(around: Surroundings = surroundings()): string[] {
  const { delimiter } = rules(around);
  const given = around.env[pathKey(around)];
  // what execvp searches where there is no PATH
  const entries = given === undefined && around.platform !== 'win32' ? '/usr/bin:/bin' : (given ?? '');
  return entries
    .split(delimiter)
    .map((entry) => (around.platform === 'win32' ? entry.replaceAll('"', '').trim() : entry))
    .filter((entry) => isAbsolute(entry, around) && !isForeign(entry, around));
}

/**
 * How everything that Espalier starts is started: in a folder of ours, and with an environment in which no search path
 * names the current folder.
 */
export function ownQuarters(env: NodeJS.ProcessEnv = process.env): {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly windowsHide: true;
} {
  const own = ownEnvironment(surroundings(env));
  // cmd.exe and whatever asks Windows where programs are; only whether it is set counts
  if (process.platform === 'win32') own.NoDefaultCurrentDirectoryInExePath = '1';
  return { cwd: ownFolder, env: own, windowsHide: true };
}

/** An environment in which no search path names the current folder; the working folder is ours. */
export function ownEnvironment(around: Surroundings): NodeJS.ProcessEnv {
  const own = { ...around.env };
  set(own, pathKey(around), programFolders(around), around);
  for (const name of librarySearch) {
    const entries = own[name]?.split(':').filter((entry) => isAbsolute(entry, around));
    if (entries) set(own, name, entries, around);
  }
  // shims look for a project's settings there
  if (own.PWD) own.PWD = ownFolder;
  return own;
}

/** Where the loader looks for libraries; an empty or relative entry is the current folder. */
const librarySearch = ['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH'];

/** Whether the loader would take libraries out of the current folder. */
export function loadsFromHere(around: Surroundings = surroundings()): boolean {
  return librarySearch.some((name) => around.env[name]?.split(':').some((one) => !isAbsolute(one, around)));
}

function set(env: NodeJS.ProcessEnv, name: string, entries: readonly string[], around: Surroundings): void {
  // an empty search path would be the current folder again
  if (entries.length) env[name] = entries.join(rules(around).delimiter);
  else delete env[name];
}

/** Whether a folder on PATH may be of somebody else's making. */
function isForeign(entry: string, around: Surroundings): boolean {
  if (entry.split(/[/\\]/).includes('node_modules')) return true;
  const { cwd, env, home, node, real } = around;
  if (cwd === null || (!holds(cwd, entry, around) && !holds(real(cwd), real(entry), around))) return false;
  if ([home, node].some((one) => holds(real(cwd), real(one), around))) return false;
  const activated = [env.VIRTUAL_ENV, env.CONDA_PREFIX];
  return !activated.some((one) => one && isAbsolute(one, around) && holds(one, entry, around));
}

function holds(folder: string, file: string, around: Surroundings): boolean {
  const { relative, isAbsolute: elsewhere } = rules(around);
  const way = relative(folder, file);
  return !elsewhere(way) && way.split(/[/\\]/)[0] !== '..';
}

/** On Windows `\folder` and `C:folder` are relative to a current drive or folder. */
function isAbsolute(entry: string, { platform }: Surroundings): boolean {
  return platform === 'win32' ? /^([a-z]:[/\\]|[/\\]{2})/i.test(entry) : entry.startsWith('/');
}

/** Of PATHEXT what starts without a shell; a name that ends so already is tried as it is. */
function extensions(name: string, { env, platform }: Surroundings): readonly string[] {
  if (platform !== 'win32') return [''];
  if (/\.(exe|com)$/i.test(name)) return [''];
  const known = (env.PATHEXT ?? '.COM;.EXE').split(';').filter((one) => /^\.(exe|com)$/i.test(one));
  return known.length ? known : ['.exe'];
}

/** The name of PATH in an environment: Windows writes it Path, and a copy of its environment minds case. */
function pathKey({ env, platform }: Surroundings): string {
  return (platform === 'win32' && Object.keys(env).find((name) => name.toUpperCase() === 'PATH')) || 'PATH';
}

const rules = ({ platform }: Surroundings) => (platform === 'win32' ? path.win32 : path.posix);

function currentFolder(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}

function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // the Store's Python is an alias that can be started but not looked into
    return process.platform === 'win32' && lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  }
}
