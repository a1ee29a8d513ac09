import type { RunCandidate } from '../../src/terms/candidates.ts';
import type { CostKey } from '../../src/terms/cost.ts';
import type { AccuracyKey } from '../../src/terms/scores.ts';

/**
 * Candidates column by column, so that ten thousand are ranked, filtered and drawn within a frame.
 * Row i is candidates[i]; NaN where a value was not measured. Accuracies in percent, validation split.
 */
export interface Columns extends Readonly<Record<CostKey | AccuracyKey, Float64Array>> {
  readonly candidates: readonly RunCandidate[];
  readonly size: number;
  /** 1 where it is of a control arm: shown beside, never ranked first nor on the front */
  readonly control: Uint8Array;
  /** what a search ranks by: after recalibration, else straight after cutting */
  readonly proxy: Float64Array;
}

/**
 * One typed array a value, in the order of the candidates.
 *
 * @param controls the names of the control arms
 */
export function columns(candidates: readonly RunCandidate[], controls: readonly string[] = []): Columns {
  const size = candidates.length;
  const column = () => new Float64Array(size);
  const made = {
    macs: column(),
    params: column(),
    bytes: column(),
    peakActivationBytes: column(),
    cut: column(),
    recalibrated: column(),
    fineTuned: column(),
    proxy: column(),
    control: new Uint8Array(size),
  };
  const control = new Set(controls);
  for (let i = 0; i < size; i++) {
    const c = candidates[i];
    made.control[i] = Number(control.has(c.arm));
    made.macs[i] = c.cost.macs;
    made.params[i] = c.cost.params;
    made.bytes[i] = c.cost.bytes;
    made.peakActivationBytes[i] = c.cost.peakActivationBytes;
    made.cut[i] = c.accuracies.cut ?? NaN;
    made.recalibrated[i] = c.accuracies.recalibrated ?? NaN;
    made.fineTuned[i] = c.accuracies.fineTuned ?? NaN;
    made.proxy[i] = c.accuracies.recalibrated ?? c.accuracies.cut ?? NaN;
  }
  return { candidates, size, ...made };
}
