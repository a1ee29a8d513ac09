import { isObject } from '../../plain.ts';
import { items } from '../../written.ts';
import type { FieldWriter, Json } from '../../written.ts';
import { writeParts } from './parts.ts';
import { sameList } from './positions.ts';
import { writeKey } from './slicing.ts';

/** The positions that an operation takes, wherever it says them; what turns an axis about or repeats it says none. */
export const positionFields: FieldWriter<'gather'> = (layer, op) => {
  const { entry, config, node, graph, inputs } = layer;
  const [x] = inputs;
  const size = x[op.axis];
  for (const { args, named } of callsOf(entry)) {
    if (entry.class_name === 'GetItem' && args.length > 1) writeKey(items(args[1]), x.length, op, size);
    else if ('slice_spec' in named) writeKey(items(named.slice_spec), x.length, op, size);
    else if (entry.class_name === 'Take') writePositions(args, 1, op.positions, size);
    else if ('indices' in named) writePositions(named, 'indices', op.positions, size);
    else if ('shift' in named) writeShift(named, op.positions);
    else if ('num_or_size_splits' in named) writeParts(named, graph, node, size);
  }
  if ('shift' in config) writeShift(config, op.positions);
  if ('indices_or_sections' in config) writeParts(config, graph, node, size);
};

/** The calls of an operation as they are written: positional arguments (Keras 3) and named ones. */
function callsOf(entry: Json): { args: unknown[]; named: Json }[] {
  const nodes = entry.inbound_nodes;
  if (!Array.isArray(nodes)) return [];
  const calls = typeof nodes[0] === 'string' ? [nodes] : (nodes as unknown[]);
  return calls.map((call) => {
    if (isObject(call))
      return { args: items(call.args) ?? [], named: isObject(call.kwargs) ? call.kwargs : {} };
    const first: unknown = Array.isArray(call) && Array.isArray(call[0]) ? call[0] : call;
    const named: unknown = Array.isArray(first) ? first[3] : undefined;
    return { args: [], named: isObject(named) ? named : {} };
  });
}

/** A number or a list of them, perhaps in the wrapper of an array or a tensor. */
function writePositions(
  holder: Json | unknown[],
  key: string | number,
  positions: readonly number[],
  size: number,
): void {
  const place = holder as Json;
  const value = place[key];
  if (isObject(value)) {
    const within = isObject(value.config) && 'value' in value.config ? value.config : value;
    writePositions(within, 'value' in within ? 'value' : 'items', positions, size);
  } else if (typeof value === 'number') {
    if (value !== positions[0] && value + size !== positions[0]) place[key] = positions[0];
  } else if (Array.isArray(value)) {
    const says = (value as number[]).map((p) => (p < 0 ? p + size : p));
    if (!sameList(says, positions)) place[key] = [...positions];
  }
}

/** How far an axis is shifted: to where its first position has gone. */
function writeShift(settings: Json, positions: readonly number[]): void {
  const shift = positions.indexOf(0);
  const n = positions.length;
  const says = Number(settings.shift);
  if ((((says - shift) % n) + n) % n !== 0) settings.shift = shift;
}
