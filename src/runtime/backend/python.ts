import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { findProgram, ownQuarters, surroundings } from '../../system/programs.ts';

/**
 * The folders into which packages are installed for this Python, in the order in which it would search them. Python is
 * started without its `site` (-S), which would run and follow whatever .pth files, sitecustomize and editable installs
 * name, folders of repositories among them; so a virtual environment is recognised here as `site` does it.
 */
const FOLDERS = `
import os, re, site, sys
def site_packages(prefixes):
    try:
        return site.getsitepackages(prefixes)
    except AttributeError:
        import sysconfig
        return [sysconfig.get_path(name, vars={"base": prefixes[0], "platbase": prefixes[0]})
                for name in ("purelib", "platlib")]
prefixes = [sys.prefix, sys.exec_prefix]
folders = site_packages(prefixes)
try:
    folders.insert(0, site.getusersitepackages())
except Exception:
    pass
places = [os.path.dirname(os.path.abspath(os.environ.get("__PYVENV_LAUNCHER__") or sys.executable))]
places.append(os.path.dirname(places[0]))
for place in places:
    settings = os.path.join(place, "pyvenv.cfg")
    if os.path.isfile(settings):
        with open(settings, "rb") as file:
            shares = re.search(br"(?im)^\\s*include-system-site-packages\\s*=\\s*true", file.read())
        sys.prefix = sys.exec_prefix = place
        folders = site_packages([place]) + (folders if shares else [])
        prefixes = [place] + (prefixes if shares else [])
        break
`;

const PRINT = `${FOLDERS}
import json
print(json.dumps({"packages": folders, "libraries": [os.path.join(prefix, "lib") for prefix in prefixes]}))
`;

const PIP = `${FOLDERS}
import runpy
sys.path.extend(folder for folder in folders if os.path.isabs(folder))
runpy.run_module("pip", run_name="__main__", alter_sys=True)
`;

/** -I: neither PYTHON* variables nor the current folder; -S: see above; -B: nothing is written into its folders. */
const isolated = (script: string): string[] => ['-I', '-S', '-B', '-c', script];

/** Arguments with which a Python runs its own pip, and no other. */
export function pipArguments(...args: string[]): string[] {
  return [...isolated(PIP), ...args];
}

/** How a Python is started: as all programs, and without the variables that -I leaves to `site`. */
export function pythonQuarters(env: NodeJS.ProcessEnv): ReturnType<typeof ownQuarters> {
  const quarters = ownQuarters(env);
  const kept = Object.entries(quarters.env).filter(([name]) => !/^PYTHON/i.test(name));
  return { ...quarters, env: Object.fromEntries(kept) };
}

/** The Pythons of these names, absolute; each once. */
export function findPythons(names: readonly (string | undefined)[], env: NodeJS.ProcessEnv): string[] {
  const around = surroundings(env);
  const found = names.map((name) => (name ? findProgram(name, around) : null));
  return [...new Set(found.filter((file) => file !== null))];
}

/** Where a Python keeps what is installed for it. */
export interface Installation {
  /** folders of packages, in the order in which they are searched */
  readonly packages: readonly string[];
  /** folders of libraries that packages share (conda) */
  readonly libraries: readonly string[];
}

const answer = z.object({ packages: z.array(z.string()), libraries: z.array(z.string()) });

/** What is installed for a Python, in absolute folders; null where it doesn't start, or is older than 3.4. */
export async function installationOf(python: string, env: NodeJS.ProcessEnv): Promise<Installation | null> {
  try {
    const options = { ...pythonQuarters(env), timeout: 20_000 };
    const { stdout } = await promisify(execFile)(python, isolated(PRINT), options);
    const { packages, libraries } = answer.parse(JSON.parse(stdout));
    return { packages: packages.filter(path.isAbsolute), libraries: libraries.filter(path.isAbsolute) };
  } catch {
    return null;
  }
}
