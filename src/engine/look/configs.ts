import type { Params, Result } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';
import { CannotRebuild, Occupied, applyConfig } from '../../run/rebuild/apply.ts';
import { verifyConfig } from '../../run/rebuild/verify.ts';

/** Rebuilds the pruned model of a config; where it can't, or may not yet, says what it needs. */
export async function apply(
  { config, data, ...options }: Params<Look, 'apply'>,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<Result<Look, 'apply'>> {
  try {
    const { out, outcome, differences } = await applyConfig(config, {
      ...options,
      data: data === undefined ? undefined : { path: data, preprocess: 'auto' },
      signal,
      onEvent: (event) => {
        if (event.type === 'progress') onProgress(event.done, event.total);
      },
    });
    return { outcome, model: out, notes: [...differences] };
  } catch (error) {
    if (error instanceof CannotRebuild) return { outcome: error.lacks, model: '', notes: [error.message] };
    if (error instanceof Occupied) return { outcome: 'occupied', model: '', notes: [error.message] };
    throw error;
  }
}

/** Whether a config's hashes, costs and targets still hold. */
export async function verify({ config, roots }: Params<Look, 'verify'>): Promise<Result<Look, 'verify'>> {
  const { ok, checks, notes } = await verifyConfig(config, { roots });
  return {
    ok,
    checks: [
      ...checks.map(({ what, ok: holds, expected, found }) => ({
        what,
        ok: holds,
        text: holds ? found : `${found}, but the config says ${expected}`,
      })),
      ...notes.map((text) => ({ what: 'pruned file', ok: true, text })),
    ],
  };
}
