import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { writeFiles } from '../../formats/files.ts';
import type { RunFolder } from '../store/folder.ts';
import { hashFile } from '../../formats/identity.ts';
import { reportFiles } from './output-names.ts';
import type { Plan } from '../plan/plan.ts';
import { runFiles } from '../../terms/run-folder.ts';

/**
 * Writes a run's report into its folder, and to where the plan says: under a name with a number, where another's file
 * stands there.
 * @returns where the page is
 */
export async function placeReport(
  run: RunFolder,
  plan: Plan,
  html: Uint8Array,
  markdown: Uint8Array,
): Promise<string> {
  const own = [run.file(runFiles.report), run.file(runFiles.markdown)];
  // of an earlier session, which was stopped or killed after it had written
  const earlier = await Promise.all(own.map((file) => hashFile(file).catch(() => null)));
  await writeFiles([
    [own[0], html],
    [own[1], markdown],
  ]);
  if (!plan.report) return own[0];
  const wanted = run.resolve(plan.report);
  const mine = [...(plan.replaces ?? []), ...earlier, sha256(html), sha256(markdown)];
  for (let n = 1; ; n++) {
    const report = n === 1 ? wanted : wanted.replace(/(\.[^./\\]*)?$/, (ending) => `-${n}${ending}`);
    const files = reportFiles({ report });
    const free = await Promise.all(
      files.map(async (file) => {
        if (!(await lstat(file).catch(() => null))) return true;
        return mine.includes(await hashFile(file).catch(() => ''));
      }),
    );
    if (!free.every(Boolean)) continue;
    await writeFiles([
      [files[0], html],
      [files[1], markdown],
    ]);
    return files[0];
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
