import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { openRegular, readRegular } from '../../files/regular.ts';
import type { EngineFile } from '../../protocol/look.ts';
import { engineFile, failureFile } from '../../protocol/look.ts';
import { lastLines } from '../process/tail.ts';
import { runFiles } from '../../terms/run-folder.ts';

/** The process that works on a run, as its folder tells; null where none does. */
export async function readEngineFile(folder: string): Promise<EngineFile | null> {
  return read(path.join(folder, runFiles.engine), engineFile);
}

/** Why a run failed, as its folder tells; null where it did not. */
export async function readFailure(folder: string): Promise<z.infer<typeof failureFile> | null> {
  return read(path.join(folder, runFiles.failure), failureFile);
}

export function logFile(folder: string): string {
  return path.join(folder, runFiles.log);
}

/** The last lines of a run's log; none where it has none. */
export async function lastLogLines(folder: string, count = 20): Promise<string[]> {
  try {
    const { handle, size } = await openRegular(logFile(folder));
    try {
      const buffer = Buffer.alloc(Math.min(size, 8192));
      await handle.read(buffer, 0, buffer.length, size - buffer.length);
      return lastLines(buffer.toString('utf8'), count);
    } finally {
      await handle.close();
    }
  } catch {
    return [];
  }
}

/** Whether the folder is (still) a run's. */
export async function isRun(folder: string): Promise<boolean> {
  return stat(path.join(folder, runFiles.plan)).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function read<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T> | null> {
  try {
    return schema.parse(JSON.parse((await readRegular(file)).toString('utf8')));
  } catch {
    return null;
  }
}
