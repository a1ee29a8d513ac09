/* eslint-disable @typescript-eslint/no-require-imports */
// Runs inside the extension host, beside the extension, as VS Code's test runners do. Writes what it saw to
// ~/probe.json (HOME is the server's own) once ~/probe.stop is there.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Session } = require('node:inspector/promises');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const vscode = require('vscode');

const note = (name) => path.join(os.homedir(), name);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

exports.run = async () => {
  const extension = vscode.extensions.getExtension('espalier.espalier');
  // whose work it is: everybody's extensions run in this one thread
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 1000 });
  await session.post('Profiler.start');
  const began = performance.now();
  const busy = threadMilliseconds();
  await extension.activate();
  const activation = {
    end: microseconds(),
    took: performance.now() - began,
    worked: threadMilliseconds() - busy,
  };
  const commands = (await vscode.commands.getCommands(true)).filter((name) => name.startsWith('espalier.'));
  fs.writeFileSync(note('probe.started'), '');

  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  // how long one turn of the loop took, and how much of that this thread itself worked: what it waited for, another
  // process had the processor
  const turns = [];
  let last = performance.now();
  let worked = threadMilliseconds();
  const timer = setInterval(() => {
    const now = performance.now();
    const work = threadMilliseconds();
    if (now - last > 30) turns.push({ end: microseconds(), took: now - last, worked: work - worked });
    last = now;
    worked = work;
  }, 5);
  while (!fs.existsSync(note('probe.stop'))) {
    await sleep(250);
    if (!fs.existsSync(note('probe.reset'))) continue;
    // what the host did to start is not asked for
    fs.rmSync(note('probe.reset'));
    turns.length = 0;
    delay.reset();
  }
  clearInterval(timer);
  delay.disable();
  const { profile } = await session.post('Profiler.stop');
  turns.sort((a, b) => b.worked - a.worked);
  const report = {
    activation,
    commands,
    manifest: extension.packageJSON.contributes.commands.map(({ command }) => command),
    delay: { max: delay.max / 1e6, p99: delay.percentile(99) / 1e6, mean: delay.mean / 1e6 },
    turns: turns.slice(0, 20),
    profile,
    node: process.version,
  };
  fs.writeFileSync(note('probe.json.tmp'), JSON.stringify(report));
  fs.renameSync(note('probe.json.tmp'), note('probe.json'));
};

/** On the profile's clock. */
function microseconds() {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Processor time of the main thread so far, from the kernel's own count. */
function threadMilliseconds() {
  return Number(fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
