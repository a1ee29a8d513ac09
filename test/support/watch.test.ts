import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');

it('npm run watch bundles anew what has changed, says so, and ends on Ctrl-C', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'watch-'));
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  };
  const built = (name: string) => readFileSync(path.join(folder, 'dist', name), 'utf8');
  write('src/cli/main.ts', 'import { word } from "./word.ts"; console.log(word);');
  write('src/cli/word.ts', 'export const word = "before";');
  write('webview/main.tsx', 'document.title = "panel";');
  expect(JSON.parse(read('package.json')).scripts.watch).toBe('node scripts/build.mjs --watch');
  const child = spawn(process.execPath, [path.join(root, 'scripts/build.mjs'), '--watch'], { cwd: folder });
  let said = '';
  child.stdout.on('data', (part) => (said += part));
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  try {
    await expect.poll(() => said).toMatch(/\[watch\] built/);
    expect(built('cli.cjs')).toContain('before');
    expect(built('webview/panel.js')).toContain('panel');
    if (process.platform !== 'win32')
      expect(statSync(path.join(folder, 'dist/cli.cjs')).mode & 0o111).toBeGreaterThan(0);
    said = '';
    write('src/cli/word.ts', 'export const word = "broken;');
    await expect.poll(() => said).toMatch(/\[watch\] not built/);
    said = '';
    write('src/cli/word.ts', 'export const word = "after";');
    await expect.poll(() => said).toMatch(/\[watch\] built/);
    expect(built('cli.cjs')).toContain('after');
    // the editor waits for the same words
    const { background } = JSON.parse(read('.vscode/tasks.json')).tasks[0].problemMatcher;
    const lines = said.trim().split('\n');
    expect(lines.some((line) => new RegExp(background.beginsPattern).test(line))).toBe(true);
    expect(lines.at(-1)).toMatch(new RegExp(background.endsPattern));
  } finally {
    child.kill('SIGINT');
  }
  expect(await ended).toBe('SIGINT');
});

it('F5 and the tasks name only what is there', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const { tasks } = JSON.parse(read('.vscode/tasks.json'));
  const { configurations, inputs } = JSON.parse(read('.vscode/launch.json'));
  for (const task of tasks) if (task.type === 'npm') expect(Object.keys(scripts)).toContain(task.script);
  const labels = tasks.map(({ label }: { label: string }) => label);
  const ids = inputs.map(({ id }: { id: string }) => id);
  for (const { preLaunchTask, program, ...rest } of configurations) {
    if (preLaunchTask) expect(labels).toContain(preLaunchTask);
    // what lies in dist is built first
    if (program?.includes('/dist/')) expect(preLaunchTask).toBe('watch');
    else if (program) expect(statSync(program.replace('${workspaceFolder}', root)).isFile()).toBe(true);
    for (const [, id] of JSON.stringify(rest).matchAll(/\$\{input:(\w+)\}/g)) expect(ids).toContain(id);
  }
});
