// `npm test`: installs, builds, sets up, lints and runs every test; ends with one line of totals.
//   --fast        no reference Python (tests against real Keras skip), no tests in the real workbench
//   --workbench   only those: packs the extension and drives it in the real VS Code workbench, old and new
//   other words   passed on to vitest (a folder, -t NAME)
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder, prepare, run } from './prepare.mjs';
import { installAll } from './workbench.mjs';

const REFERENCE = ['tensorflow-cpu==2.21.0', 'keras==3.15.1', 'onnx==1.23.2'];

// tf_keras asks for the larger `tensorflow`; tensorflow-cpu serves it as well
const REFERENCE_ALONE = ['tf_keras==2.21.0'];

const words = process.argv.slice(2);
const fast = words.includes('--fast');
const onlyWorkbench = words.includes('--workbench');
const rest = words.filter((word) => !['--fast', '--workbench'].includes(word));

prepare();
const env = { ESPALIER_PYTHON: fast || onlyWorkbench ? '' : referencePython() };
const node = process.execPath;
const checks =
  rest.length || onlyWorkbench
    ? []
    : [
        ['eslint', ['node_modules/eslint/bin/eslint.js', '.']],
        ['prettier', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
        ['types', ['node_modules/typescript/bin/tsc', '--noEmit']],
      ];
let passed = 0;
let failed = 0;
let skipped = 0;
for (const [name, args] of checks) {
  const ok = run(node, args);
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name}`);
  if (ok) passed++;
  else failed++;
}

const notes = [];
if (!onlyWorkbench) vitest(rest, env);
if (onlyWorkbench || (!fast && !rest.length)) workbench();
console.log(
  `\n${notes.map((note) => `${note}\n`).join('')}${passed} passed, ${failed} failed, ${skipped} skipped`,
);
process.exit(failed || !passed ? 1 : 0);

/** Runs tests and adds to the totals. */
function vitest(more, variables = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'espalier-test-'));
  const totals = path.join(folder, 'totals.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${totals}`];
  const clean = run(node, ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...more], variables);
  const before = failed;
  if (existsSync(totals)) {
    const report = JSON.parse(readFileSync(totals, 'utf8'));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    skipped += report.numPendingTests + report.numTodoTests;
  }
  // a file that doesn't load, or an unhandled error, fails no single test
  if (!clean && failed === before) failed++;
  rmSync(folder, { recursive: true, force: true });
}

/** The VSIX files, alone and in code-server; where that can't be had, a line says why and its tests skip. */
function workbench() {
  if (!run(node, ['scripts/package.mjs'])) {
    console.log('FAILED: npm run package');
    failed++;
    return;
  }
  notes.push(...installAll().missing);
  vitest(['--config', 'test/workbench/vitest.config.mts', ...(onlyWorkbench ? rest : [])]);
}

/** A Python with real Keras to check against: the caller's, or one made in the cache; '' where there is none. */
function referencePython() {
  if (process.env.ESPALIER_PYTHON) return process.env.ESPALIER_PYTHON;
  const home = path.join(
    cacheFolder(),
    `reference-${[...REFERENCE, ...REFERENCE_ALONE].join('-').replaceAll('==', '-')}`,
  );
  const python = (where) =>
    path.join(where, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (existsSync(path.join(home, 'complete'))) return python(home);
  for (const base of ['python3', 'python']) {
    if (spawnSync(base, ['-I', '-c', 'import venv, ensurepip']).status !== 0) continue;
    console.error(`Fetching the reference to test against (${REFERENCE.join(', ')}) into the cache…`);
    rmSync(home, { recursive: true, force: true });
    // a virtual environment can't be moved, so the mark that it is whole is made last
    const whole =
      run(base, ['-I', '-m', 'venv', home]) &&
      run(python(home), ['-I', '-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...REFERENCE]) &&
      run(python(home), ['-I', '-m', 'pip', 'install', '-q', '--no-deps', ...REFERENCE_ALONE]) &&
      run(python(home), ['-I', '-c', `open(r"${path.join(home, 'complete.tmp')}", "w").close()`]);
    if (whole) {
      renameSync(path.join(home, 'complete.tmp'), path.join(home, 'complete'));
      return python(home);
    }
  }
  console.error(
    'No Python with pip: the tests against real Keras skip. To run them: install python3 and python3-venv.',
  );
  return '';
}
