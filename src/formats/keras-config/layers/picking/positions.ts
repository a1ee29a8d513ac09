import { MAX_POSITIONS } from '../../../limits.ts';
import type { LayerCall } from '../../layer-call.ts';

/** n positions by a rule. @throws InputError for more than any network has, before they take memory */
export function positionsBy(call: LayerCall, n: number, at: (k: number) => number): number[] {
  if (n > MAX_POSITIONS)
    call.fail(`takes ${n} positions of an axis, more than Espalier follows (${MAX_POSITIONS})`);
  return Array.from({ length: n }, (_, k) => at(k));
}

/** The value with those positions of an axis; itself where they are all, in their order. */
export function gathered(
  call: LayerCall,
  x: string,
  axis: number,
  positions: readonly number[],
  { part, step }: { part?: string; step?: number } = {},
): string {
  const whole = isWhole(positions, call.builder.shapes.get(x)![axis]);
  return call.node(
    whole ? { kind: 'identity' } : { kind: 'gather', axis, positions, ...(step !== undefined && { step }) },
    [x],
    {},
    part,
  );
}

export function isWhole(positions: readonly number[], size: number): boolean {
  return positions.length === size && positions.every((p, k) => p === k);
}

/** The same numbers in the same order. */
export function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((v, i) => v === b[i]);
}
