import type { GitCli } from './cli.ts';

/** A repository that is committed to: the git extension's, or git's own where that hasn't opened it. Paths absolute. */
export interface Repository {
  readonly git: GitCli;
  add(paths: readonly string[]): Promise<void>;
  /** takes paths out of the index, back to what HEAD has */
  unstage(paths: readonly string[]): Promise<void>;
  /** commits the index; nothing follows (no push, no sync) */
  commit(message: string): Promise<void>;
  createBranch(name: string): Promise<void>;
  /** after changes that were made past it */
  refresh(): Promise<void>;
}

/** git itself: for a repository that the extension hasn't opened (in a parent folder), and in tests. */
export class CliRepository implements Repository {
  constructor(readonly git: GitCli) {}

  async add(paths: readonly string[]): Promise<void> {
    await this.git.run(['add', '-A', '--', ...paths]);
  }

  async unstage(paths: readonly string[]): Promise<void> {
    const born = (await this.git.ask(['rev-parse', '-q', '--verify', 'HEAD'])) !== null;
    await this.git.run(born ? ['reset', '-q', '--', ...paths] : ['rm', '-q', '--cached', '--', ...paths]);
  }

  async commit(message: string): Promise<void> {
    await this.git.run(['-c', 'user.useConfigOnly=true', 'commit', '-q', '-F', '-'], message);
  }

  async createBranch(name: string): Promise<void> {
    await this.git.run(['checkout', '-q', '-b', name]);
  }

  async refresh(): Promise<void> {}
}
