import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** A bundle of dist/, which `npm test` makes first; ESPALIER_DIST: another folder of them. */
export function built(name: string): string {
  const file = path.join(process.env.ESPALIER_DIST ?? path.join(root, 'dist'), name);
  if (!existsSync(file)) throw new Error(`dist/${name} is not there: npm run build`);
  return file;
}

export const demoModel = path.join(root, 'media/demo/model.h5');
export const demoImages = path.join(root, 'test/fixtures/few-pictures.zip');
