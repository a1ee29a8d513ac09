import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Interrupted } from '../../../src/graph/errors.ts';
import { runScript, ScriptFailed } from '../../../src/run/plan/script.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'espalier-script-'));
  file = path.join(folder, "a model's file.h5");
  await writeFile(file, 'x'.repeat(1234));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const node = (program: string) => `"${process.execPath}" -e "${program}"`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a user script', () => {
  test('is given the file at its end, or where {model} stands; its last number counts', async () => {
    const size = "console.log('bytes:', require('fs').statSync(process.argv[1]).size)";
    expect(await runScript(node(size), file)).toBe(1234);
    expect(await runScript(`${node(size)} {model} more`, file)).toBe(1234);
    expect(await runScript(node("console.log('3 runs, 1.5e-2 ms')"), file)).toBe(0.015);
  });

  test('works in the folder that it is told', async () => {
    const where = node("console.log(require('fs').existsSync('a model\\x27s file.h5') ? 1 : 0)");
    expect(await runScript(where, file, { cwd: folder })).toBe(1);
    expect(await runScript(where, file)).toBe(0);
  });

  test.each([
    ['fails', 'process.exit(3)', /ended with 3/],
    ['prints rubbish', "console.log('no idea')", /printed no number/],
    ['prints nothing', '', /printed no number/],
    ['prints what is no finite number', "console.log('1e999')", /printed no number/],
  ])('that %s is told apart from other errors', async (_, program, message) => {
    const failed = runScript(node(program), file);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toBeInstanceOf(ScriptFailed);
  });

  test('that hangs is ended in its time, with what it started', async () => {
    const noted = path.join(folder, 'child.pid');
    const endless = node(
      `require('fs').writeFileSync('${noted}', '' + process.pid); setInterval(() => {}, 1000)`,
    );
    // on a slow machine its own child takes a while to be there
    for (let seconds = 0.5; !existsSync(noted); seconds *= 2)
      await expect(runScript(`${endless} & wait;`, file, { seconds })).rejects.toThrow(
        `no answer within ${seconds} s`,
      );
    const pid = Number(await readFile(noted, 'utf8'));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  test('is ended at once when the run is stopped', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const running = runScript(node('setInterval(() => {}, 1000)'), file, { signal: stop.signal });
    await expect(running).rejects.toBeInstanceOf(Interrupted);
  });
});
