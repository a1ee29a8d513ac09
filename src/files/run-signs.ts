import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { readRegular } from './regular.ts';
import { engineFile, failureFile, runFiles } from '../terms/run-folder.ts';
import type { EngineFile, FailureFile } from '../terms/run-folder.ts';

/** Bytes of a run's plan, and of what its folder tells of its process: each has a few kB. */
export const LARGEST_SIGN = 16 * 2 ** 20;

/** The process that works on a run, or has worked on it, as its folder tells; null where it tells nothing. */
export function readEngineFile(folder: string): Promise<EngineFile | null> {
  return read(path.join(folder, runFiles.engine), engineFile);
}

/** Why a run failed, as its folder tells; null where it did not. */
export function readFailure(folder: string): Promise<FailureFile | null> {
  return read(path.join(folder, runFiles.failure), failureFile);
}

/** The workspace that a run's folder lies in (`.espalier/runs/<id>`), absolute. */
export function workspaceOf(folder: string): string {
  return path.resolve(folder, '..', '..', '..');
}

/** Whether the folder is (still) a run's. */
export function isRun(folder: string): Promise<boolean> {
  return stat(path.join(folder, runFiles.plan)).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function read<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T> | null> {
  try {
    return schema.parse(JSON.parse((await readRegular(file, LARGEST_SIGN)).toString('utf8')));
  } catch {
    return null;
  }
}
