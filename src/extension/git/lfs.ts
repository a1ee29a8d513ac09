import type { GitCli } from './cli.ts';

/**
 * Which of the paths the repository keeps with Git LFS (`filter=lfs` in any of git's attribute files), and whether
 * git-lfs is missing here, in which case git would commit the whole file without a word.
 */
export async function lfsPaths(
  git: GitCli,
  paths: readonly string[],
): Promise<{ readonly kept: ReadonlySet<string>; readonly missing: boolean }> {
  const input = paths.map((file) => `${file}\0`).join('');
  // <path> NUL <attribute> NUL <value> NUL
  const fields = await git.list(['check-attr', '-z', '--stdin', 'filter'], input);
  const kept = new Set<string>();
  for (let at = 0; at + 2 < fields.length; at += 3) if (fields[at + 2] === 'lfs') kept.add(fields[at]);
  const missing =
    kept.size > 0 &&
    !((await git.ask(['config', 'filter.lfs.clean'])) || (await git.ask(['config', 'filter.lfs.process'])));
  return { kept, missing };
}
