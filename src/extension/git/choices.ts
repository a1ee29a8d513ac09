import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { prunedFile, sourceFile } from '../../config/paths.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import { t } from '../l10n.ts';
import type { GitCli } from './cli.ts';
import { lfsPaths } from './lfs.ts';

/** Files that are committed together or not at all: a config, or a model with its weight files. */
export interface Choice {
  readonly kind: 'config' | 'model' | 'labels' | 'report' | 'source';
  readonly label: string;
  /** why it is ticked or not, and its size */
  readonly detail: string;
  /** relative to the repository's root, forward slashes; those that git sees a change in */
  readonly paths: readonly string[];
  readonly picked: boolean;
}

export interface Choices {
  readonly choices: readonly Choice[];
  /** one sentence each: files that can't be offered, and why */
  readonly leftOut: readonly string[];
}

/**
 * What can be committed with a pruned config: the config, the pruned model with its class names, a report, and the source model where git
 * doesn't have it yet.
 * @param largest bytes of a model beyond which it isn't ticked, unless the repository keeps it with Git LFS
 * @param report absolute path of the run's report, if there is one
 */
export async function commitChoices(
  git: GitCli,
  configFile: string,
  config: PrunedConfig,
  largest: number,
  report: string | null,
): Promise<Choices> {
  const folder = path.dirname(configFile);
  const wanted: { kind: Choice['kind']; files: string[] }[] = [{ kind: 'config', files: [configFile] }];
  const name = path.basename(configFile);
  const leftOut: string[] = [];
  const pruned = config.pruned && (await prunedFile(folder, config.pruned.path, name).catch(() => null));
  if (pruned === null)
    leftOut.push(t('{0} lies outside this repository', path.basename(config.pruned!.path)));
  if (pruned) {
    wanted.push({ kind: 'model', files: await modelFiles(pruned) });
    for (const one of config.pruned!.beside ?? [])
      wanted.push({ kind: 'labels', files: [path.join(path.dirname(pruned), one.path)] });
  }
  if (report) wanted.push({ kind: 'report', files: [report] });
  const source = await sourceFile(folder, config.source.path, name, { roots: [git.root] }).catch(() => null);
  if (source) wanted.push({ kind: 'source', files: await modelFiles(source) });

  const choices: Choice[] = [];
  for (const { kind, files } of wanted) {
    const name = path.basename(files[0]);
    const sizes = await Promise.all(files.map(async (file) => (await stat(file).catch(() => null))?.size));
    if (sizes.some((size) => size === undefined)) {
      if (kind === 'model' || kind === 'labels') leftOut.push(t('{0} is not there', name));
      continue;
    }
    const relative = await Promise.all(files.map((file) => inside(git.root, file)));
    const paths = relative.filter((file) => file !== null);
    if (paths.length < files.length) {
      if (kind !== 'source') leftOut.push(t('{0} lies outside this repository', name));
      continue;
    }
    // Ignored files that git has already are committed like others.
    const ignored = await git.list(['check-ignore', '-z', '--stdin'], nul(paths), [0, 1]);
    if (ignored.length) {
      if (kind !== 'source' && kind !== 'report') leftOut.push(t('{0} is ignored by .gitignore', name));
      continue;
    }
    const changed = await changes(git, paths);
    if (!changed.length) continue;
    // A source that git has and that changed is none of this commit's business.
    if (kind === 'source' && (await git.list(['ls-files', '-z', '--', ...paths])).length) continue;
    const bytes = (sizes as number[]).reduce((sum, size) => sum + size, 0);
    const lfs = kind === 'config' ? null : await lfsPaths(git, paths);
    const plain = paths.reduce((sum, file, at) => (lfs?.kept.has(file) ? sum : sum + sizes[at]!), 0);
    choices.push({
      kind,
      label: label(paths),
      ...judge(kind, bytes, plain, largest, lfs?.missing ?? false, lfs?.kept.size ?? 0),
      paths: changed,
    });
  }
  return { choices, leftOut };
}

/** Whether a file is ticked, and what is said of it. */
function judge(
  kind: Choice['kind'],
  bytes: number,
  plain: number,
  largest: number,
  lfsMissing: boolean,
  lfsKept: number,
): { detail: string; picked: boolean } {
  const size = megabytes(bytes);
  if (kind === 'config') return { detail: t('the pruned config'), picked: true };
  if (kind === 'labels')
    return { detail: t('class names that belong to the model, {0}', size), picked: true };
  if (kind === 'report') return { detail: t('the report, {0}', size), picked: false };
  if (kind === 'source')
    return {
      detail: t('the original, {0}: not in git yet, and needed to apply the config elsewhere', size),
      picked: false,
    };
  if (lfsMissing)
    return {
      detail: t("the pruned model, {0}: kept with Git LFS here, but git-lfs isn't set up", size),
      picked: false,
    };
  if (plain > largest)
    return {
      detail: t(
        'the pruned model, {0}: larger than {1} (setting espalier.largeModelMegabytes)',
        size,
        megabytes(largest),
      ),
      picked: false,
    };
  return {
    detail: lfsKept ? t('the pruned model, {0}, kept with Git LFS', size) : t('the pruned model, {0}', size),
    picked: true,
  };
}

function label(paths: readonly string[]): string {
  return paths.length === 1 ? paths[0] : t('{0} and {1} weight files', paths[0], paths.length - 1);
}

export function megabytes(bytes: number): string {
  return bytes < 1e4
    ? `${bytes} B`
    : bytes < 1e6
      ? `${Math.round(bytes / 1e3)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;
}

const manifest = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string()) })),
});

/** A model's files: itself, and the weight files that a TensorFlow.js model.json names, which lie in its folder. */
export async function modelFiles(file: string): Promise<string[]> {
  if (!/\.json$/i.test(file)) return [file];
  try {
    return [file, ...shards(await readFile(file, 'utf8')).map((name) => path.join(path.dirname(file), name))];
  } catch {
    // Not there, or no model: the caller says so.
    return [file];
  }
}

/** Names of the weight files of a model.json's text, none of which leads out of its folder. */
export function shards(text: string): string[] {
  const parsed = manifest.safeParse(JSON.parse(text));
  if (!parsed.success) return [];
  const names = parsed.data.weightsManifest.flatMap(({ paths }) => paths);
  return [...new Set(names)].filter((name) => !path.isAbsolute(name) && !name.split(/[\\/]/).includes('..'));
}

/** A file's path within the root, forward slashes; null where it lies outside. Links are followed, as git does. */
export async function inside(root: string, file: string): Promise<string | null> {
  const [from, folder] = await Promise.all([realpath(root), realpath(path.dirname(file))]);
  const relative = path.relative(from, path.join(folder, path.basename(file)));
  if (!relative || relative.startsWith('..') || path.isAbsolute(relative)) return null;
  return relative.split(path.sep).join('/');
}

/** Those of the paths that differ from HEAD or are new. */
async function changes(git: GitCli, paths: readonly string[]): Promise<string[]> {
  const entries = await git.list([
    'status',
    '--porcelain=v1',
    '-z',
    '--untracked-files=all',
    '--no-renames',
    '--',
    ...paths,
  ]);
  const changed = new Set(entries.map((entry) => entry.slice(3)));
  return paths.filter((file) => changed.has(file));
}

const nul = (paths: readonly string[]) => paths.map((file) => `${file}\0`).join('');
