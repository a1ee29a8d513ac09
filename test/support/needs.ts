// What some tests need and not every machine has. Where it is lacking they skip, and the reason stands in their name:
// `npm test` lists them by it at its end (see scripts/outcomes.mjs).
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { because } from '../../scripts/outcomes.mjs';
import { browser } from '../../scripts/workbench.mjs';

/** A thing that tests need: null where it is here, else half a sentence that says what is lacking. */
export type Lack = string | null;

const root = path.resolve(import.meta.dirname, '../..');

/** Path of something in ../shared, which is no part of the repository. */
export const sharedPath = (place: string): string => path.resolve(root, '../shared', place);

export const shared = (place: string): Lack =>
  existsSync(sharedPath(place)) ? null : `../shared/${place} is not there`;

export const lacks = {
  /** the Python with real Keras that `npm test` makes */
  keras: (): Lack => (process.env.ESPALIER_PYTHON ? null : 'there is no Python with Keras (ESPALIER_PYTHON)'),
  chromium: (): Lack => (browser() ? null : 'there is no Chromium'),
  /** Python's pty module, which makes terminals */
  terminal: (): Lack =>
    process.platform !== 'win32' && spawnSync('python3', ['-c', 'import pty']).status === 0
      ? null
      : 'there is no Python with its pty module, which makes a terminal',
  gitLfs: (): Lack => (spawnSync('git', ['lfs', 'version']).status === 0 ? null : 'git lfs is not installed'),
  /** TensorFlow's library and the addon, which a C++ compiler made */
  async tensorflow(): Promise<Lack> {
    const { prepareTensorflow } = await import('../../src/runtime/backend/prepare.ts');
    const { addon } = await prepareTensorflow({ fetch: false, log: () => undefined });
    return addon === null ? 'there is no TensorFlow backend (npm run setup; it needs g++)' : null;
  },
};

/**
 * For `describe.skipIf(skip)(name('…'), …)` and `it.skipIf(skip)(name('…'), …)`: whether something is lacking, and a
 * name that then says what.
 */
export function needs(...all: readonly Lack[]): { skip: boolean; name: (text: string) => string } {
  const lacking = all.filter((one) => one !== null);
  return {
    skip: lacking.length > 0,
    name: (text) => (lacking.length ? `${text} ${because(lacking.join(' and '))}` : text),
  };
}
