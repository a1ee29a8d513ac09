import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { PrunedConfig } from '../../config/schema.ts';
import { InputError } from '../../graph/errors.ts';
import { t } from '../l10n.ts';
import { commitChoices } from './choices.ts';
import type { Choice } from './choices.ts';
import type { GitCli } from './cli.ts';
import { asInputError } from './errors.ts';
import { indexSnapshot } from './index-snapshot.ts';
import { branchName, commitMessage } from './message.ts';
import type { Repository } from './repository.ts';

/** What the user is asked; null calls it all off. */
export interface Ask {
  files(choices: readonly Choice[], leftOut: readonly string[]): Promise<readonly Choice[] | null>;
  /** other files are staged: commit them too, or leave them staged as they are */
  others(paths: readonly string[]): Promise<'with' | 'without' | null>;
  /** the name of a new branch, or '' to stay */
  branch(
    head: Head,
    proposed: string,
    taken: (name: string) => Promise<string | null>,
  ): Promise<string | null>;
  message(subject: string, body: string): Promise<string | null>;
}

/** Where a commit would go. */
export interface Head {
  /** null: detached */
  readonly branch: string | null;
  /** false before the first commit */
  readonly born: boolean;
  readonly protected: boolean;
}

export interface Committed {
  readonly hash: string;
  /** relative to the root */
  readonly files: readonly string[];
  readonly branch: string | null;
  /** what differs from what was ticked (a hook added a file), one sentence; null where nothing does */
  readonly warning: string | null;
}

export interface CommitRequest {
  readonly configFile: string;
  readonly config: PrunedConfig;
  readonly largest: number;
  readonly report: string | null;
  readonly isProtected: (branch: string) => boolean;
  /** throws where the files are no longer those that the user was asked about */
  readonly check?: () => Promise<void>;
}

/**
 * Asks what to commit, and commits exactly that. Whatever fails, the index is left as it was.
 * @throws InputError in one sentence
 */
export async function commitFlow(
  repository: Repository,
  request: CommitRequest,
  ask: Ask,
): Promise<Committed | null> {
  try {
    return await flow(repository, request, ask);
  } catch (error) {
    throw asInputError(error);
  }
}

async function flow(
  repository: Repository,
  { configFile, config, largest, report, isProtected, check = async () => {} }: CommitRequest,
  ask: Ask,
): Promise<Committed | null> {
  const { git } = repository;
  await refuse(git);
  const { choices, leftOut } = await commitChoices(git, configFile, config, largest, report);
  if (!choices.length)
    throw new InputError(
      [
        t('There is nothing to commit: {0} is committed already.', path.basename(configFile)),
        ...leftOut,
      ].join(' '),
    );
  const ticked = await ask.files(choices, leftOut);
  if (!ticked?.length) return null;
  const mine = ticked.flatMap(({ paths }) => paths);
  const others = (await staged(git)).filter((file) => !mine.includes(file));
  const together = others.length ? await ask.others(others) : 'without';
  if (!together) return null;
  const head = await whereTo(git, isProtected);
  const branch = await ask.branch(head, await freeName(git, branchName(config)), (name) => taken(git, name));
  if (branch === null) return null;
  const { subject, body } = commitMessage(config);
  const message = await ask.message(subject, body);
  if (!message?.trim()) return null;

  const left = together === 'with' ? [] : others;
  await commit(repository, mine, left, branch, message, together === 'with' ? others : [], check);
  const expected = new Set([...mine, ...(together === 'with' ? others : [])]);
  const hash = (await git.run(['rev-parse', 'HEAD'])).trim();
  const files = await committedFiles(git);
  const strange = [
    ...files.filter((file) => !expected.has(file)),
    ...[...expected].filter((file) => !files.includes(file)),
  ];
  return {
    hash,
    files,
    branch: branch || head.branch,
    warning: strange.length
      ? t('The commit differs from what was ticked (a hook?): {0}', strange.slice(0, 5).join(', '))
      : null,
  };
}

/** Stages what is ticked and nothing else, commits, and puts back what was staged before. */
async function commit(
  repository: Repository,
  mine: readonly string[],
  left: readonly string[],
  branch: string,
  message: string,
  along: readonly string[],
  check: () => Promise<void>,
): Promise<void> {
  const { git } = repository;
  const absolute = (paths: readonly string[]) => paths.map((file) => path.join(git.root, file));
  const before = await indexSnapshot(git, [...mine, ...left]);
  const head = branch ? await git.ask(['symbolic-ref', '-q', 'HEAD']) : null;
  const commitBefore = await git.ask(['rev-parse', '-q', '--verify', 'HEAD']);
  let done = false;
  try {
    // questions take their time
    await check();
    if (branch) await repository.createBranch(branch);
    if (left.length) await repository.unstage(absolute(left));
    await repository.add(absolute(mine));
    await check();
    const expected = new Set([...mine, ...along]);
    const now = await staged(git);
    if (now.length !== expected.size || now.some((file) => !expected.has(file)))
      throw new InputError(
        t('Something else changed what is staged at the same time; nothing was committed. Try again.'),
      );
    await repository.commit(message);
    done = true;
  } finally {
    // A hook that fails after the commit was made leaves it made.
    done ||= (await git.ask(['rev-parse', '-q', '--verify', 'HEAD'])) !== commitBefore;
    await before.restore(done ? left : undefined);
    if (!done && branch && (await git.ask(['symbolic-ref', '--short', '-q', 'HEAD'])) === branch) {
      // The same commit: only the name goes back.
      if (head) await git.ask(['symbolic-ref', 'HEAD', head]);
      else if (commitBefore) await git.ask(['checkout', '-q', '--detach', commitBefore]);
      if (head || commitBefore) await git.ask(['branch', '-q', '-D', branch]);
    }
    await repository.refresh();
  }
}

/** @throws InputError where nothing can be committed now */
async function refuse(git: GitCli): Promise<void> {
  if ((await git.list(['ls-files', '-u', '-z'])).length)
    throw new InputError(t('The repository has conflicts. Resolve them, then commit again.'));
  const states = [
    ['MERGE_HEAD', t('a merge')],
    ['rebase-merge', t('a rebase')],
    ['rebase-apply', t('a rebase')],
    ['CHERRY_PICK_HEAD', t('a cherry-pick')],
    ['REVERT_HEAD', t('a revert')],
  ] as const;
  for (const [file, what] of states)
    if (await exists(git, file))
      throw new InputError(
        t('The repository is in the middle of {0}. Finish or abort it, then commit again.', what),
      );
  if (await exists(git, 'index.lock'))
    throw new InputError(
      t(
        'Another git process holds the repository. Wait until it has ended; if none is running, delete .git/index.lock, then commit again.',
      ),
    );
  // Fails where no name or address is set, before anyone has answered five questions.
  await git.run(['-c', 'user.useConfigOnly=true', 'var', 'GIT_COMMITTER_IDENT']);
}

async function exists(git: GitCli, file: string): Promise<boolean> {
  const place = (await git.run(['rev-parse', '--git-path', file])).trim();
  return (await stat(path.resolve(git.root, place)).catch(() => null)) !== null;
}

/** Paths whose index entry differs from HEAD. */
function staged(git: GitCli): Promise<string[]> {
  return git.list(['diff', '--cached', '--name-only', '--no-renames', '-z']);
}

function committedFiles(git: GitCli): Promise<string[]> {
  return git.list([
    'diff-tree',
    '--root',
    '--no-commit-id',
    '--name-only',
    '--no-renames',
    '-r',
    '-z',
    'HEAD',
  ]);
}

async function whereTo(git: GitCli, isProtected: (branch: string) => boolean): Promise<Head> {
  const branch = await git.ask(['symbolic-ref', '--short', '-q', 'HEAD']);
  const born = (await git.ask(['rev-parse', '-q', '--verify', 'HEAD'])) !== null;
  return { branch, born, protected: branch !== null && isProtected(branch) };
}

/** Why a branch can't have this name, or null. */
async function taken(git: GitCli, name: string): Promise<string | null> {
  if ((await git.ask(['check-ref-format', '--branch', name])) === null)
    return t('Git takes no branch of this name.');
  if ((await git.ask(['rev-parse', '-q', '--verify', `refs/heads/${name}`])) !== null)
    return t('There is a branch of this name.');
  return null;
}

async function freeName(git: GitCli, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    if ((await git.ask(['rev-parse', '-q', '--verify', `refs/heads/${candidate}`])) === null)
      return candidate;
  }
}
