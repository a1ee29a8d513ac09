// `npm run package`: builds dist/ and makes two VSIX files in out/: one that runs everywhere (WebAssembly), and one
// for this platform with native image decoding and scoring. Neither holds TensorFlow: it is found or fetched later.
//   --universal | --native      only that one
import { createVSIX } from '@vscode/vsce';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { OWN, packages, USEFUL, USELESS } from './package-contents.mjs';
import { root, run } from './prepare.mjs';

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const here = `${process.platform}-${process.arch}`;
const words = process.argv.slice(2);
const targets = words.includes('--universal') ? [null] : words.includes('--native') ? [here] : [null, here];
if (!run(process.execPath, ['scripts/build.mjs'])) process.exit(1);
const out = path.join(root, 'out');
mkdirSync(out, { recursive: true });
for (const target of targets) {
  const file = path.join(out, vsixName(target));
  const stage = mkdtempSync(path.join(os.tmpdir(), 'espalier-stage-'));
  try {
    fill(stage, target);
    const packagePath = `${file}.tmp.vsix`;
    await createVSIX({
      cwd: stage,
      packagePath,
      target: target ?? undefined,
      dependencies: false,
      allowMissingRepository: true,
      // the pictures lie beside the README, in the package too
      rewriteRelativeLinks: false,
    });
    renameSync(packagePath, file);
    console.log(`${path.relative(root, file)}: ${(statSync(file).size / 1e6).toFixed(1)} MB`);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function vsixName(target) {
  return `${manifest.name}-${target ? `${target}-` : ''}${manifest.version}.vsix`;
}

/** Copies what the VSIX is to hold, and only that, into an empty folder. */
function fill(stage, target) {
  for (const place of ['.', 'l10n', 'media', 'dist'])
    for (const file of filesBelow(path.join(root, place), place !== '.')) {
      const name = path.relative(root, file).replaceAll(path.sep, '/');
      if (OWN.some((own) => own.test(name))) cpSync(file, path.join(stage, name));
    }
  const shipped = { ...manifest };
  for (const key of ['scripts', 'devDependencies', 'dependencies', 'private', 'bin']) delete shipped[key];
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(shipped, null, 2)}\n`);
  // pictures beside the README are not shown by VS Code, and vsce refuses them
  const readme = path.join(stage, 'README.md');
  const text = readFileSync(readme, 'utf8').replace(/^!\[[^\]]*\]\((?!https:)[^)]*\)\n*/gm, '');
  writeFileSync(readme, text);
  // in dist/, where Node looks first: vsce leaves out a node_modules at the top
  const modules = path.join(stage, 'dist/node_modules');
  for (const [name, places] of Object.entries(packages(target))) copyPackage(name, places, modules);
  // nothing is left to ignore; without the file vsce warns
  writeFileSync(path.join(stage, '.vscodeignore'), '');
  writeFileSync(path.join(stage, 'THIRD_PARTY_NOTICES.txt'), notices(packages(target)));
}

function filesBelow(folder, deep) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: deep })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function copyPackage(name, places, modules) {
  const from = path.join(root, 'node_modules', name);
  if (!existsSync(from)) throw new Error(`${name} is not installed: npm ci`);
  const to = path.join(modules, name);
  mkdirSync(to, { recursive: true });
  cpSync(path.join(from, 'package.json'), path.join(to, 'package.json'));
  for (const place of places) {
    const source = path.join(from, place);
    if (!existsSync(source)) throw new Error(`${name} has no ${place} any more`);
    cpSync(source, path.join(to, place), {
      recursive: true,
      filter: (file) => statSync(file).isDirectory() || (USEFUL.test(file) && !USELESS.test(file)),
    });
  }
}

/** Licences of the packages that are copied, and of those that esbuild put into the bundles (their source maps say). */
function notices(copied) {
  const names = new Set(Object.keys(copied));
  for (const file of readdirSync(path.join(root, 'dist'), { recursive: true }))
    if (file.endsWith('.map'))
      for (const source of JSON.parse(readFileSync(path.join(root, 'dist', file), 'utf8')).sources) {
        const found = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source);
        if (found) names.add(found[1]);
      }
  const parts = [...names].sort().map((name) => {
    const folder = path.join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|notice|copyright)/i.test(file))
      .map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}`.trim();
  });
  return `Espalier contains these packages.\n\n${parts.join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}
