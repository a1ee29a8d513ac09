// A folder as a hostile repository would bring it: whatever of it is executed leaves a file in `marks`.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../../src/runtime/backend/cache.ts';
import { fetchedFolder } from '../../src/runtime/backend/find.ts';

export interface HostileFolder {
  /** what was executed of it since the last look, by name */
  executed(): string[];
  /** the environment of somebody who does everything wrong: every search path names the folder */
  readonly env: NodeJS.ProcessEnv;
}

const modules = ['importlib', 'tensorflow', 'pip'];
const files = ['site', 'sitecustomize', 'usercustomize', 'json', 'os', 're', 'runpy', 'zod'];
const programs = ['python3', 'python', 'python3.exe', 'py', 'g++', 'c++', 'clang++', 'as', 'ld', 'cc1plus'];
const others = ['git', 'git-lfs', 'node', 'npm', 'ps', 'getconf', 'ldd', 'bash', 'env', 'taskkill'];
const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2', 'libonnxruntime.so.1'];

/**
 * @param folder exists; the files are put beside what is in it
 * @param behind folders of PATH behind the hostile ones
 */
export function makeHostile(folder: string, marks: string, behind: string): HostileFolder {
  mkdirSync(marks, { recursive: true });
  const python = (name: string) => `open(${JSON.stringify(path.join(marks, `${name}.py`))}, "w").close()\n`;
  for (const name of modules) {
    mkdirSync(path.join(folder, name), { recursive: true });
    for (const file of ['__init__.py', '__main__.py', 'util.py'])
      writeFileSync(path.join(folder, name, file), python(name));
  }
  for (const name of files) writeFileSync(path.join(folder, `${name}.py`), python(name));
  const shelves = ['', 'bin', 'node_modules/.bin', '.venv/bin'].map((name) => path.join(folder, name));
  for (const shelf of shelves) {
    mkdirSync(shelf, { recursive: true });
    for (const name of [...programs, ...others]) {
      const file = path.join(shelf, name);
      writeFileSync(file, `#!/bin/sh\n: > '${path.join(marks, name)}'\nexit 1\n`);
      chmodSync(file, 0o755);
    }
  }
  writeFileSync(path.join(folder, '.python-version'), '../../../../../../../..'.concat(folder, '\n'));
  // a TensorFlow as it would be found, its libraries with code that runs when they are loaded
  const include = path.join(fetchedFolder(), 'include');
  if (existsSync(include)) symlinkSync(include, path.join(folder, 'tensorflow/include'));
  else {
    mkdirSync(path.join(folder, 'tensorflow/include/tensorflow/c'), { recursive: true });
    writeFileSync(path.join(folder, 'tensorflow/include/tensorflow/c/c_api.h'), '');
  }
  for (const name of libraries)
    for (const place of [folder, path.join(folder, 'tensorflow')]) library(place, name, marks);
  // the same again, where a Python looks that is told of this folder as its user's
  const version = spawnSync('/usr/bin/python3', ['-V'], { encoding: 'utf8' }).stdout?.match(/3\.\d+/)?.[0];
  const user = path.join(folder, `user/lib/python${version ?? '3'}/site-packages`);
  mkdirSync(user, { recursive: true });
  symlinkSync(path.join(folder, 'tensorflow'), path.join(user, 'tensorflow'));
  writeFileSync(path.join(user, 'evil.pth'), `import importlib; ${python('pth')}`);
  const env = {
    ...process.env,
    PATH: ['', '.', 'bin', './node_modules/.bin', ...shelves, behind].join(path.delimiter),
    LD_LIBRARY_PATH: `:${process.env.LD_LIBRARY_PATH ?? ''}`,
    PYTHONPATH: folder,
    PYTHONHOME: undefined,
    PYTHONUSERBASE: path.join(folder, 'user'),
    VIRTUAL_ENV: undefined,
    CONDA_PREFIX: undefined,
    ESPALIER_TENSORFLOW: undefined,
  };
  return {
    env,
    executed: () => {
      const names = readdirSync(marks).sort();
      for (const name of names) rmSync(path.join(marks, name));
      return names;
    },
  };
}

/** A library that leaves its mark when it is loaded and has nothing of what it should have. */
function library(folder: string, name: string, marks: string): void {
  const source = path.join(folder, `${name}.c`);
  const mark = JSON.stringify(path.join(marks, name));
  writeFileSync(
    source,
    `#include <fcntl.h>\n__attribute__((constructor)) static void run(void) { open(${mark}, O_CREAT, 0600); }\n`,
  );
  const made = spawnSync('/usr/bin/gcc', [
    '-shared',
    '-fPIC',
    `-Wl,-soname,${name}`,
    source,
    '-o',
    path.join(folder, name),
  ]);
  if (made.status !== 0) writeFileSync(path.join(folder, name), 'no library');
}

/** A cache of its own with the TensorFlow that was fetched, so that the addon has to be built; nothing is fetched. */
export function cacheWithoutAddon(folder: string): string {
  mkdirSync(folder, { recursive: true });
  if (existsSync(fetchedFolder()))
    symlinkSync(fetchedFolder(), path.join(folder, path.relative(cacheFolder(), fetchedFolder())));
  return folder;
}

/** What a program prints that is started as one would without thinking: the folder does work. */
export function naively(cwd: string, env: NodeJS.ProcessEnv, command: string): void {
  try {
    execFileSync('/bin/sh', ['-c', command], { cwd, env, stdio: 'ignore' });
  } catch {
    // what it leaves counts
  }
}
