// Which TensorFlow counts as a Python's own: with real Pythons, as many as this machine has.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLibraries } from '../../../src/runtime/backend/find.ts';
import { packageFolder } from '../../../src/runtime/backend/packages.ts';
import { findPythons, pipArguments, pythonQuarters } from '../../../src/runtime/backend/python.ts';

const versions = path.join(process.env.PYENV_ROOT ?? path.join(os.homedir(), '.pyenv'), 'versions');
const candidates = [
  '/usr/bin/python3',
  ...(existsSync(versions)
    ? readdirSync(versions).map((one) => path.join(versions, one, 'bin/python3'))
    : []),
  ...findPythons(['python3'], process.env),
];
/** The version of a Python that runs, `3.11`, by its file. */
const pythons = new Map<string, string>();
for (const file of new Set(candidates)) {
  if (!existsSync(file)) continue;
  // a shim says which Python it stands for
  const script = 'import sys; print(sys.executable, "%d.%d" % sys.version_info[:2])';
  const said = spawnSync(file, ['-I', '-c', script], { encoding: 'utf8' });
  const [, real, version] = /^(.+) (3\.\d+)$/.exec(said.stdout?.trim() ?? '') ?? [];
  if (real) pythons.set(realpathSync(real), version);
}
// tfjs-node's own libraries come before all of these
const own = existsSync(path.join(packageFolder('@tensorflow/tfjs-node') ?? '', 'deps/lib'));

let folder: string;
let repository: string;
const mark = () => path.join(folder, 'executed');
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'espalier-python-')));
  repository = path.join(folder, 'repository');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is found as TensorFlow's package, which need not work. */
function tensorflowIn(place: string): string {
  const made = path.join(place, 'tensorflow');
  mkdirSync(path.join(made, 'include/tensorflow/c'), { recursive: true });
  for (const file of [
    'include/tensorflow/c/c_api.h',
    'libtensorflow_cc.so.2',
    'libtensorflow_framework.so.2',
  ])
    writeFileSync(path.join(made, file), '');
  writeFileSync(path.join(made, '__init__.py'), `open(${JSON.stringify(mark())}, "w")\n`);
  return made;
}

/** A virtual environment, by its folder and that of its packages. */
function environment(python: string, settings = ''): { bin: string; packages: string } {
  const home = path.join(folder, 'environment');
  const bin = path.join(home, 'bin');
  const packages = path.join(home, `lib/python${pythons.get(python)}/site-packages`);
  for (const one of [bin, packages]) mkdirSync(one, { recursive: true });
  symlinkSync(python, path.join(bin, 'python3'));
  writeFileSync(path.join(home, 'pyvenv.cfg'), `home = ${path.dirname(python)}\n${settings}`);
  return { bin, packages };
}

const search = (bin: string, more: NodeJS.ProcessEnv = {}) =>
  findLibraries({ PATH: `${bin}:/usr/bin:/bin`, HOME: path.join(folder, 'home'), ...more });

describe.skipIf(own || process.platform === 'win32').each([...pythons])(
  'the TensorFlow of %s (%s)',
  (python, version) => {
    it('is the one that is installed for it, or for its user', async () => {
      const { bin, packages } = environment(python, 'include-system-site-packages = true\n');
      const user = tensorflowIn(path.join(folder, `home/.local/lib/python${version}/site-packages`));
      if (os.platform() === 'linux')
        expect((await search(bin)).found).toMatchObject({ source: 'python', folder: user });
      const installed = tensorflowIn(packages);
      expect((await search(bin)).found).toMatchObject({ source: 'python', folder: installed });
      expect(existsSync(mark())).toBe(false);
    });

    it('is not what only lies in its way', async () => {
      const { bin, packages } = environment(python);
      const elsewhere = tensorflowIn(repository);
      tensorflowIn(path.join(folder, `base/lib/python${version}/site-packages`));
      const run = `open(${JSON.stringify(mark())}, "w")\n`;
      for (const name of ['sitecustomize', 'importlib', 'json', 'tensorflow_finder'])
        writeFileSync(path.join(repository, `${name}.py`), run);
      // as an editable install is
      writeFileSync(path.join(packages, 'repository.pth'), `${repository}\nimport tensorflow_finder\n`);
      const more = {
        PYTHONPATH: repository,
        PYTHONSTARTUP: path.join(repository, 'json.py'),
        PYTHONUSERBASE: path.join(folder, 'base'),
      };
      expect((await search(bin, more)).found?.source).not.toBe('python');
      symlinkSync(elsewhere, path.join(packages, 'tensorflow'));
      const { found, notes } = await search(bin, more);
      expect(found?.source).not.toBe('python');
      expect(notes.join()).toContain("leads outside of its Python's own folders");
      rmSync(path.join(packages, 'tensorflow'));
      const half = tensorflowIn(packages);
      rmSync(path.join(half, 'libtensorflow_cc.so.2'));
      symlinkSync(path.join(elsewhere, 'libtensorflow_cc.so.2'), path.join(half, 'libtensorflow_cc.so.2'));
      expect((await search(bin, more)).found?.source).not.toBe('python');
      expect(existsSync(mark())).toBe(false);
    });

    it('pip is its own', () => {
      const { bin, packages } = environment(python);
      mkdirSync(path.join(packages, 'pip'));
      writeFileSync(path.join(packages, 'pip/__init__.py'), '');
      writeFileSync(path.join(packages, 'pip/__main__.py'), 'import sys; print("pip", sys.argv[1:])');
      mkdirSync(path.join(repository, 'pip'), { recursive: true });
      writeFileSync(path.join(repository, 'pip/__main__.py'), 'print("not pip")');
      const quarters = pythonQuarters({ PATH: bin, PYTHONPATH: repository });
      const file = path.join(bin, 'python3');
      const said = spawnSync(file, pipArguments('download', 'x'), { ...quarters, encoding: 'utf8' });
      expect(said.stdout.trim()).toBe("pip ['download', 'x']");
    });
  },
);
