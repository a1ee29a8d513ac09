import type { GitCli } from './cli.ts';

/**
 * What the index holds for some paths, exactly: also a file of which only some lines are staged. `restore` brings it
 * back without touching the working tree.
 * @param paths relative to the root, with forward slashes
 */
export async function indexSnapshot(
  git: GitCli,
  paths: readonly string[],
): Promise<{ restore(which?: readonly string[]): Promise<void> }> {
  const entries = new Map<string, string>();
  // <mode> SP <object> SP <stage> TAB <path>, which is what update-index reads as well
  const listed = paths.length ? await git.list(['ls-files', '-s', '-z', '--', ...paths]) : [];
  for (const entry of listed) entries.set(entry.slice(entry.indexOf('\t') + 1), entry);
  const format = await git.ask(['rev-parse', '--show-object-format']);
  const none = '0'.repeat(format === 'sha256' ? 64 : 40);
  return {
    async restore(which = paths) {
      const lines = which.map((path) => entries.get(path) ?? `0 ${none}\t${path}`);
      if (lines.length)
        await git.run(['update-index', '-z', '--index-info'], lines.map((line) => `${line}\0`).join(''));
    },
  };
}
