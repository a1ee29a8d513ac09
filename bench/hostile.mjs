// Input made to hurt, on the built command line: node bench/hostile.mjs [--cli FILE] [--only WORD] [--seconds N]
// A dozen or more hostile models of each format and sets of images of each kind, one at a time. Each must end with
// exit code 2 and one sentence (or work, where it is honest) within 10 s and 1 GB beyond its own size. Seconds are judged
// as processor time, so that it does not matter what else the machine does; what only waits is ended at --seconds.
import { execFileSync, spawn } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { models, mayWork } from './hostile/models.mjs';
import { sets, setsMayWork } from './hostile/sets.mjs';

const { values: options } = parseArgs({
  options: {
    cli: { type: 'string', default: 'dist/cli.cjs' },
    only: { type: 'string' },
    seconds: { type: 'string', default: '120' },
  },
});
const SECONDS = 10;
const BEYOND_MB = 1024;
/** Processes above this are ended: others work on this machine too. */
const KILL_MB = 6000;
const cli = path.resolve(options.cli);
const root = mkdtempSync(path.join(os.tmpdir(), 'espalier-hostile-'));
const model = path.join(root, 'good.h5');
execFileSync(process.execPath, [cli, 'new', 'cnn4', '--input', '8x8x3', '--classes', '2', '--out', model]);

/** Peak memory of a process, MB, and the processor time that it has used, s, as the system keeps them. */
function used(pid) {
  try {
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return { peak, processor: (Number(fields[11]) + Number(fields[12])) / 100 };
  } catch {
    return { peak: 0, processor: 0 };
  }
}

function run(args) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, [cli, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    let peak = 0;
    let processor = 0;
    let killed = '';
    let text = '';
    child.stderr.on('data', (part) => (text = (text + part).slice(-4000)));
    const watch = setInterval(() => {
      const now = used(child.pid);
      peak = Math.max(peak, now.peak);
      processor = Math.max(processor, now.processor);
      const late = performance.now() - started > Number(options.seconds) * 1000;
      const busy = processor > 2 * SECONDS;
      if (!killed && (late || busy || peak > KILL_MB)) {
        killed = late || busy ? 'killed: time' : 'killed: memory';
        child.kill('SIGKILL');
      }
    }, 20);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({
        seconds: (performance.now() - started) / 1000,
        processor,
        peak,
        code: killed || code,
        text: text.trim(),
      });
    });
  });
}

/** Bytes on which the claim is judged: apparent sizes of all regular files, links not followed; at most so many. */
function sizeOf(file) {
  const info = lstatSync(file);
  if (info.isFile()) return info.size;
  if (!info.isDirectory()) return 0;
  const names = readdirSync(file);
  return names.length > 1000 ? 0 : names.reduce((sum, name) => sum + sizeOf(path.join(file, name)), 0);
}

/** Node's own gives up on folders that are very deep. */
function remove(folder) {
  execFileSync('rm', ['-rf', folder]);
}

let outside = 0;
let count = 0;
console.log(
  '| kind | claim | file, kB | seconds | of a processor | peak beyond the file, MB | exit | said |\n|---|---|---:|---:|---:|---:|---:|---|',
);
try {
  for (const [kind, cases] of [...Object.entries(models), ...Object.entries(sets)]) {
    for (const [claim, make] of Object.entries(cases)) {
      if (options.only && !`${kind}: ${claim}`.includes(options.only)) continue;
      const folder = path.join(root, 'case');
      mkdirSync(folder);
      const file = await make(folder);
      const bytes = kind === 'tfjs' || statSync(file).isDirectory() ? sizeOf(folder) : sizeOf(file);
      const args = kind in models ? ['inspect', file] : ['evaluate', model, '--data', file, '--threads', '1'];
      const { seconds, processor, peak, code, text } = await run(args);
      const beyond = peak - bytes / 2 ** 20;
      const lines = text.split('\n').filter((line) => line.startsWith('espalier') || /Error/.test(line));
      const said = code === 2 ? text.split('\n').at(-1) : code === 0 ? '' : (lines.at(-1) ?? '');
      const allowed = code === 2 || (code === 0 && (mayWork.has(claim) || setsMayWork.has(claim)));
      const good = allowed && processor <= SECONDS && beyond <= BEYOND_MB;
      count++;
      if (!good) outside++;
      console.log(
        `| ${kind} | ${claim} | ${Math.ceil(bytes / 1000)} | ${seconds.toFixed(1)} | ${processor.toFixed(1)} | ${Math.round(beyond)} | ${code}${good ? '' : ' ✗'} | ${said.replaceAll(root, '').replaceAll('|', '\\|').slice(0, 240)} |`,
      );
      remove(folder);
    }
  }
} finally {
  remove(root);
}
console.log(
  `\n${outside} of ${count} are outside the limits (${SECONDS} s, ${BEYOND_MB} MB beyond the file, exit code 2).`,
);
process.exitCode = outside ? 1 : 0;
