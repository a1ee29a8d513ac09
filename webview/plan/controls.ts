import type { Draft } from '../../src/protocol/plan.ts';

/** The control arms that a run of this draft has: none is the method itself, and nothing is trained without images. */
export function controlsOf({
  controls,
  method,
  data,
}: Pick<Draft, 'controls' | 'method' | 'data'>): string[] {
  return controls.filter((name) => name !== method && (data !== null || name !== 'scratch'));
}
