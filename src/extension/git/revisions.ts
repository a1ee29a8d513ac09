import path from 'node:path';
import { inside } from './choices.ts';
import type { GitCli } from './cli.ts';

/** A commit, branch or tag that a file can be compared with. */
export interface Revision {
  /** what git calls it */
  readonly name: string;
  readonly kind: 'commit' | 'branch' | 'tag';
  /** the short hash of its commit */
  readonly hash: string;
  /** the commit's first line */
  readonly subject: string;
  /** "3 days ago" */
  readonly when: string;
}

const mostCommits = 30;
const mostNames = 40;

/** The latest commits that touched a file, then branches and tags, the newest first. Empty where nothing was committed. */
export async function revisionsOf(git: GitCli, file: string): Promise<Revision[]> {
  const relative = await inside(git.root, file);
  if (!relative) return [];
  const fields = '%h%x00%s%x00%cr';
  const log = await git.ask([
    'log',
    '--follow',
    `-n${mostCommits}`,
    `--format=${fields}`,
    'HEAD',
    '--',
    relative,
  ]);
  const commits = rows(log).map(([hash, subject, when]): Revision => ({
    name: hash,
    kind: 'commit',
    hash,
    subject,
    when,
  }));
  const refs = await git.ask([
    'for-each-ref',
    '--sort=-committerdate',
    `--count=${mostNames}`,
    '--format=%(refname)%00%(objectname:short)%00%(contents:subject)%00%(committerdate:relative)',
    'refs/heads',
    'refs/remotes',
    'refs/tags',
  ]);
  const named = rows(refs).flatMap(([ref, hash, subject, when]): Revision[] => {
    const [, kind, name] = /^refs\/(heads|remotes|tags)\/(.+)$/.exec(ref) ?? [];
    if (name === undefined || name.endsWith('/HEAD')) return [];
    return [{ name, kind: kind === 'tags' ? 'tag' : 'branch', hash, subject, when }];
  });
  return [...commits, ...named];
}

function rows(text: string | null): [string, string, string, string][] {
  return (text ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\0') as [string, string, string, string]);
}

/** A side's name for people: "cnn4.espalier.json (main)". */
export function revisionLabel(file: string, revision: string): string {
  return `${path.basename(file)} (${revision})`;
}
