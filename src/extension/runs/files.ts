import path from 'node:path';
import { openRegular } from '../../files/regular.ts';
import { lastLines } from '../process/tail.ts';
import { runFiles } from '../../terms/run-folder.ts';

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
