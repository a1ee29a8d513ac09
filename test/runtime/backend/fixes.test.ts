import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { fixes } from '../../../src/runtime/backend/fixes.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const installed = mkdtempSync(path.join(os.tmpdir(), 'espalier-fixes-test-'));
afterAll(() => rmSync(installed, { recursive: true, force: true }));

describe('what fixes an installation', () => {
  it('in a clone it is npm', () => {
    expect([fixes.setup, fixes.install, fixes.rebuild('sharp')]).toEqual([
      'npm run setup',
      'npm ci',
      'npm rebuild sharp',
    ]);
  });

  it('in an installed extension nothing names npm, and doctor says what can be done there', async () => {
    // as a VSIX is unpacked: package.json, dist/, no lock file; packages that are not there at all
    writeFileSync(path.join(installed, 'package.json'), '{}');
    mkdirSync(path.join(installed, 'empty'));
    const { options } = (await import(path.join(root, 'scripts/bundle.mjs'))) as { options: object };
    const outfile = path.join(installed, 'dist', 'main.cjs');
    const contents = `
      import { doctor } from './src/runtime/backend/doctor.ts';
      void doctor().then((report) => console.log(JSON.stringify(report)));`;
    await build({ ...options, outfile, stdin: { contents, resolveDir: root, loader: 'ts' } });
    const empty = path.join(installed, 'empty');
    const env = { ...process.env, PATH: empty, ESPALIER_CACHE: empty, ESPALIER_TENSORFLOW: '' };
    const printed = execFileSync(process.execPath, [outfile], { encoding: 'utf8', env });
    expect(printed).not.toMatch(/npm (ci|run|rebuild)/);
    const reinstall = expect.stringMatching(/^reinstall the extension/) as string;
    expect(JSON.parse(printed)).toMatchObject({
      engine: null,
      engines: [
        { name: 'tensorflow', fix: 'run the command "Espalier: Set Up TensorFlow"' },
        { name: 'wasm', fix: reinstall },
      ],
      packages: [
        { name: 'onnxruntime-node', fix: reinstall },
        { name: 'sharp', fix: reinstall },
      ],
    });
  });
});
