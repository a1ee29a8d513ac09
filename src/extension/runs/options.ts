import type { NodeChoice } from '../process/node.ts';
import type { Engine } from '../types.ts';
import type { Memory } from './jobs.ts';
import type { Timeouts } from './live.ts';

/** What the runs of a workspace need of the editor; tests give their own. */
export interface RunsOptions {
  readonly engine: Pick<Engine, 'look'>;
  /** dist/engine.cjs */
  readonly script: string;
  readonly node: () => Promise<NodeChoice>;
  /** the workspace's folders, absolute */
  readonly folders: () => readonly string[];
  readonly trusted: () => boolean;
  readonly settings: () => { readonly keepAlive: boolean; readonly maxParallel: number };
  readonly memory: Memory;
  readonly log: (line: string) => void;
  /** says something with buttons; resolves to the one that was pressed */
  readonly say: (
    kind: 'error' | 'warning' | 'information',
    text: string,
    ...buttons: string[]
  ) => Promise<string | undefined>;
  readonly showLog: (folder: string) => void;
  /** called once, when the runs are first read: from then on a change on disk is worth watching for */
  readonly onFirstRead?: () => void;
  readonly times?: Timeouts;
}
