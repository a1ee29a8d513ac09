import { verifyConfig } from '../../run/rebuild/verify.ts';
import type { Output } from '../output.ts';
import { table } from '../output.ts';
import { Progress } from '../progress.ts';
import { dataOptions } from './data-options.ts';
import type { DataFlags } from './data-options.ts';

interface VerifyOptions extends DataFlags {
  readonly tolerance?: number;
  readonly source?: string;
}

/** `espalier verify CONFIG`: exit 1 where anything no longer holds. */
export async function verify(output: Output, [file]: string[], options: VerifyOptions): Promise<number> {
  const progress = new Progress();
  const { ok, checks, notes } = await verifyConfig(file, {
    data: dataOptions(options),
    ownPreprocess: options.preprocess !== undefined,
    threads: options.threads,
    source: options.source,
    roots: [process.cwd()],
    tolerance: options.tolerance,
    ...progress.opening,
  }).finally(() => progress.clear());
  for (const note of notes) output.note(note);
  output.data({ config: file, ok, checks });
  output.print(
    table(
      ['', 'config', 'found', ''],
      checks.map(({ what, expected, found, ok: holds }) => [what, expected, found, holds ? 'ok' : 'DIFFERS']),
      [0, 3],
    ),
  );
  return ok ? 0 : 1;
}
