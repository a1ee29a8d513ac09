import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a user does about what is missing, fit to continue "to fix it: ". */
export interface Fixes {
  /** fetches TensorFlow's libraries and builds the addon */
  readonly setup: string;
  /** where a package is missing or not whole */
  readonly install: string;
  /** where this native package is there and does not load */
  rebuild(name: string): string;
  /** where TensorFlow's libraries can't be fetched for this platform */
  readonly ownTensorflow: string;
}

/** In a clone npm fixes; the installed extension has no npm, but a command and a setting. */
function fixesIn(root: string): Fixes {
  // `npm ci` needs the lock file, and a VSIX is made without it
  if (existsSync(path.join(root, 'package-lock.json')))
    return {
      setup: 'npm run setup',
      install: 'npm ci',
      rebuild: (name) => `npm rebuild ${name}`,
      ownTensorflow: 'npm rebuild @tensorflow/tfjs-node',
    };
  const install = `reinstall the extension, in its build for ${process.platform}-${process.arch} if there is one`;
  return {
    setup: 'run the command "Espalier: Set Up TensorFlow"',
    install,
    rebuild: () => install,
    ownTensorflow: 'name the folder of a TensorFlow in the setting "espalier.tensorflowPath"',
  };
}

/** The nearest folder above a file that has a package.json: of the sources and of the bundles, the root. */
function rootAbove(file: string): string {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder))
    if (existsSync(path.join(folder, 'package.json')) || folder === path.dirname(folder)) return folder;
}

/** Those of this installation. */
export const fixes = fixesIn(rootAbove(fileURLToPath(import.meta.url)));
