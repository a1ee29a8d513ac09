import type { Params, Result } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';
import { applyConfig } from '../../run/apply.ts';
import { verifyConfig } from '../../run/verify.ts';

/** Rebuilds the pruned model of a config by cutting alone: training is a run's work. */
export async function apply({ config, out, roots }: Params<Look, 'apply'>): Promise<Result<Look, 'apply'>> {
  const applied = await applyConfig(config, { out, roots });
  const notes = ['cut, but not trained: its accuracy is that straight after cutting'];
  return { model: applied.out, notes };
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
