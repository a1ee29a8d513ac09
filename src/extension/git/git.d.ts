import type { Event, Uri } from 'vscode';

/** The part of the built-in git extension's API (version 1) that Espalier uses, written from its behaviour. */
export interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

export interface GitApi {
  readonly state: 'uninitialized' | 'initialized';
  readonly onDidChangeState: Event<'uninitialized' | 'initialized'>;
  /** the git that it found */
  readonly git: { readonly path: string };
  readonly repositories: readonly GitRepository[];
  /** the innermost open repository that holds the file */
  getRepository(uri: Uri): GitRepository | null;
  openRepository?(root: Uri): Promise<GitRepository | null>;
  init(root: Uri): Promise<GitRepository | null>;
}

export interface GitRepository {
  readonly rootUri: Uri;
  readonly inputBox: { value: string };
  readonly state: { readonly onDidChange: Event<void> };
  status(): Promise<void>;
  add(paths: string[]): Promise<void>;
  /** takes paths out of the index, back to what HEAD has */
  revert(paths: string[]): Promise<void>;
  commit(message: string, options?: CommitOptions): Promise<void>;
  createBranch(name: string, checkout: boolean): Promise<void>;
}

export interface CommitOptions {
  /** what the user's commit button does afterwards (push, sync); null: nothing */
  readonly postCommitCommand?: string | null;
}
