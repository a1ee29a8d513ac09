/**
 * Whether a branch is protected by the setting git.branchProtection: names, in which `*` stands for anything but a
 * slash, `**` for anything.
 */
export function isProtectedBy(patterns: readonly string[], branch: string): boolean {
  return patterns.some((pattern) => {
    const source = pattern
      .trim()
      .split(/(\*\*|\*)/)
      .map((part) =>
        part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('');
    return source !== '' && new RegExp(`^${source}$`).test(branch);
  });
}
