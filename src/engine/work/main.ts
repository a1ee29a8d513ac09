import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { RunFolder } from '../../run/store/folder.ts';
import { RunProcess } from './process.ts';

const args = z.union([
  z.tuple([z.string()]).transform(([folder]) => ({ folder, candidate: undefined })),
  z
    .tuple([z.string(), z.literal('--candidate'), z.string(), z.string().regex(/^\d{1,9}$/)])
    .transform(([folder, , arm, id]) => ({ folder, candidate: { arm, id: Number(id) } })),
]);

/**
 * `run FOLDER [--candidate ARM ID]`: works on one run, from wherever it stands.
 * @returns the exit code: 0 done, 1 failed, 2 refused, 130 stopped
 * @throws InputError where the folder holds no run, or another process works on it
 */
export async function work(given: readonly string[]): Promise<number> {
  const parsed = args.safeParse(given);
  if (!parsed.success) throw new InputError('usage: engine.cjs run FOLDER [--candidate ARM ID]');
  const { folder, candidate } = parsed.data;
  const { run, plan } = await RunFolder.open(folder);
  return await new RunProcess(run, plan, candidate).work();
}
