// `npm test`: installs, builds, sets up, lints and runs every test; ends with one line of totals.
//   --fast        no reference Python (tests against real Keras skip), no tests in the real workbench
//   --workbench   only those: packs the extension and drives it in the real VS Code workbench, old and new
//   other words   passed on to vitest (a folder, -t NAME)
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { killAll, leftBehind } from './left-behind.mjs';
import { cacheFolder, prepare, root, run } from './prepare.mjs';
import { failedLines, retriedLines, skippedLines } from './outcomes.mjs';
import { COMPUTES, installAll, whyNot } from './workbench.mjs';

const REFERENCE = ['tensorflow-cpu==2.21.0', 'keras==3.15.1', 'onnx==1.23.2'];

// tf_keras asks for the larger `tensorflow`; tensorflow-cpu serves it as well
const REFERENCE_ALONE = ['tf_keras==2.21.0'];

const words = process.argv.slice(2);
const fast = words.includes('--fast');
const onlyWorkbench = words.includes('--workbench');
const rest = words.filter((word) => !['--fast', '--workbench'].includes(word));

// Everything that the tests start inherits this folder's path and is found by it; what they write lies in it. The name
// is short, because sockets lie in it as well.
const scratch = mkdtempSync(path.join(os.tmpdir(), 'et-'));
process.on('exit', () => {
  killAll(scratch);
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});
for (const [name, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
  process.on(name, () => process.exit(code));

const node = process.execPath;
let passed = 0;
let failed = 0;
let skipped = 0;
const notes = [];
/** What went wrong, said again at the end: a log of an hour is cut. */
const failures = [];
const times = [];

await stage('set-up', () => prepare());
const env = {
  ESPALIER_PYTHON: fast || onlyWorkbench ? '' : await stage('reference Python', referencePython),
  ...Object.fromEntries(['TMPDIR', 'TEMP', 'TMP'].map((name) => [name, scratch])),
  ESPALIER_TEST_SHARED: scratch,
};
if (!rest.length && !onlyWorkbench) await stage('lint and types', checks);
if (!onlyWorkbench) await stage('vitest', () => vitest(rest, { name: 'vitest' }));
if (onlyWorkbench || (!fast && !rest.length)) await stage('workbench', workbench);
await count('no process is left behind', async () => {
  const left = await leftBehind(scratch);
  for (const line of left) console.log(`left behind: ${line}`);
  return !left.length;
});

const chosen = COMPUTES.map((name) => `${name}=${process.env[name] ?? '(not set)'}`).join(', ');
console.log(`\n${[...notes, ...failures, `Times: ${times.join(', ')}.`, `Ran under ${chosen}.`].join('\n')}`);
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed || !passed ? 1 : 0);

/** Does a part of the work and notes how long it took. */
async function stage(name, work) {
  const began = performance.now();
  const given = await work();
  const seconds = Math.round((performance.now() - began) / 1000);
  times.push(`${name} ${Math.floor(seconds / 60)} min ${seconds % 60} s`);
  return given;
}

/** One check that counts as a test. */
async function count(name, check) {
  const ok = await check();
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name}`);
  if (ok) passed++;
  else {
    failed++;
    failures.push(`FAILED: ${name}`);
  }
}

async function checks() {
  const all = {
    eslint: ['node_modules/eslint/bin/eslint.js', '.'],
    'no circle of imports': ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'src', 'webview'],
    prettier: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
    types: ['node_modules/typescript/bin/tsc', '--noEmit'],
    'types of the panel': ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'webview'],
  };
  // two at a time, as each takes one processor
  const left = Object.entries(all);
  const lane = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [name, args] = next;
      await count(name, () => started(args));
    }
  };
  await Promise.all([lane(), lane()]);
}

/** Runs tests and adds to the totals. `why`: why tests skip whose names don't say it. */
async function vitest(more, { name, why }) {
  const totals = path.join(scratch, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${totals}`];
  const clean = await started(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...more]);
  const before = failed;
  if (existsSync(totals)) {
    const report = JSON.parse(readFileSync(totals, 'utf8'));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    skipped += report.numPendingTests + report.numTodoTests;
    failures.push(...failedLines(report, (file) => path.relative(root, file)));
    notes.push(...skippedLines(report, (file) => path.relative(root, file), why));
    notes.push(...retriedLines(report, (file) => path.relative(root, file)));
    const files = report.testResults.map((one) => [
      one.endTime - one.startTime,
      path.relative(root, one.name),
    ]);
    const longest = files.sort((a, b) => b[0] - a[0]).slice(0, 10);
    notes.push(
      `Longest of ${name}: ${longest.map(([took, file]) => `${file} ${Math.round(took / 1000)} s`).join(', ')}.`,
    );
  }
  // a file that doesn't load, or an unhandled error, fails no single test
  if (!clean && failed === before) {
    failed++;
    failures.push(`FAILED: ${name} ended with an error that belongs to no test (look for "Unhandled")`);
  }
}

/** Runs a script of Node's with the tests' environment; whether it ended well. */
function started(args) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

/** The VSIX files, alone and in code-server; where that can't be had, a line says why and its tests skip. */
async function workbench() {
  if (!run(node, ['scripts/package.mjs'])) {
    console.log('FAILED: npm run package');
    failures.push('FAILED: npm run package');
    failed++;
    return;
  }
  const { missing } = installAll();
  notes.push(...missing);
  const why = `because ${whyNot() ?? 'code-server could not be installed'}`;
  await vitest(['--config', 'test/workbench/vitest.config.mts', ...(onlyWorkbench ? rest : [])], {
    name: 'workbench',
    why,
  });
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
