import { fields, integer, or } from '../fields.ts';
import type { LayerCall } from '../layer-call.ts';

export type MergeKind = 'add' | 'subtract' | 'multiply' | 'maximum' | 'minimum' | 'average';

export function merge(kind: MergeKind) {
  return (call: LayerCall): string => {
    if (kind === 'subtract') call.expectInputs(2, 2);
    else call.expectInputs(1);
    // The merge of one tensor is that tensor.
    return call.node(call.inputs.length === 1 ? { kind: 'identity' } : { kind }, call.inputs);
  };
}

export function concatenate(call: LayerCall): string {
  const c = fields(call, { axis: or(integer, -1) });
  call.expectInputs(1);
  const rank = call.shapesOf()[0].length;
  return call.node({ kind: 'concat', axis: call.axis(c.axis, rank) }, call.inputs);
}
