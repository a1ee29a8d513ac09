import { InputError } from '../../graph/errors.ts';
import { t } from '../l10n.ts';
import { GitError } from './cli.ts';

/** No repository holds the file: one may be made. */
export class NoRepository extends InputError {}

/** What the git extension's errors carry, beside a message that says little. */
interface ExtensionError {
  readonly gitErrorCode?: string;
  readonly stderr?: string;
  readonly message?: string;
}

const patterns: readonly (readonly [RegExp, () => string])[] = [
  [
    /NoUserNameConfigured|NoUserEmailConfigured|tell me who you are|empty ident name|no (name|email) was given|auto-detection is disabled/i,
    () =>
      t(
        "Git doesn't know who you are. Set your name and address with 'git config --global user.name' and 'git config --global user.email', then commit again.",
      ),
  ],
  [
    /RepositoryIsLocked|index\.lock|another git process/i,
    () =>
      t(
        'Another git process holds the repository. Wait until it has ended; if none is running, delete .git/index.lock, then commit again.',
      ),
  ],
  [
    /\bConflict\b|UnmergedChanges|unmerged|unresolved conflict/i,
    () => t('The repository has conflicts. Resolve them, then commit again.'),
  ],
  [
    /dubious ownership|NotASafeGitRepository/i,
    () =>
      t(
        "Git doesn't trust this repository, because its folder belongs to another user. Run 'Git: Manage Unsafe Repositories', then commit again.",
      ),
  ],
  [
    /NotAGitRepository|not a git repository/i,
    () => t("This folder isn't a git repository. Run 'Git: Initialize Repository' first."),
  ],
  [
    /git-lfs.*(not found|filter)|filter 'lfs' failed|'git-lfs.*failed/i,
    () =>
      t(
        "The repository keeps this file with Git LFS, which isn't installed here. Install git-lfs, run 'git lfs install', then commit again.",
      ),
  ],
  [
    /gpg failed|failed to sign|signing failed/i,
    () => t('Git could not sign the commit. Check your signing key, or turn off commit.gpgSign.'),
  ],
  [/nothing to commit|NoChanges/i, () => t('There is nothing to commit: these files are committed already.')],
  [/No space left|ENOSPC/i, () => t('The disk is full. Make room, then commit again.')],
  [/ENOENT|GitNotFound/i, () => t('Git was not found on this machine. Install it, or set git.path.')],
];

/** What went wrong in git, as one sentence with what to do; null for what is no git error. */
export function gitSentence(error: unknown): string | null {
  const { gitErrorCode, stderr, message } = (error ?? {}) as ExtensionError;
  if (!gitErrorCode && !(error instanceof GitError)) return null;
  const text = [gitErrorCode, stderr, message].filter(Boolean).join('\n');
  const known = patterns.find(([pattern]) => pattern.test(text));
  if (known) return known[1]();
  const lines = (stderr || message || '').trim().split('\n').filter(Boolean);
  // A hook that refuses says why in its last lines.
  return t('Git refused: {0}', lines.slice(-3).join(' ') || gitErrorCode || t('no reason given'));
}

/** The error for people: git's as one sentence, others as they are. */
export function asInputError(error: unknown): unknown {
  if (error instanceof InputError) return error;
  const sentence = gitSentence(error);
  return sentence ? new InputError(sentence) : error;
}
