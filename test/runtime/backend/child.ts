import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../../..');

/**
 * Runs TypeScript in a Node process of its own, bundled as the product is (one .cjs, packages outside).
 * The source may import from 'src/...' of this repository. Resolves to what it printed.
 */
export async function inChild(
  source: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ stdout: string; stderr: string }> {
  // Below node_modules, so that packages are found from there.
  const folder = mkdtempSync(path.join(root, 'node_modules', '.espalier-test-'));
  try {
    const { options } = (await import(path.join(root, 'scripts/bundle.mjs'))) as { options: object };
    const outfile = path.join(folder, 'main.cjs');
    const contents = `(async () => {\n${source}\n})().catch((error) => { console.error(error); process.exitCode = 1; });`;
    await build({ ...options, outfile, stdin: { contents, resolveDir: root, loader: 'ts' } });
    const child = { cwd: folder, env: { ...process.env, ...env } };
    return await promisify(execFile)(process.execPath, [outfile], child);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
