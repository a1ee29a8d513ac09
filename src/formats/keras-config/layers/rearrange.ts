import { InputError } from '../../../graph/errors.ts';
import * as z from 'zod';
import { sizeOf } from '../../../graph/shapes.ts';
import { axes, count, fields, integer, only, or, reads, word } from '../fields.ts';
import { shortly } from '../layer-call.ts';
import type { LayerCall, OperationReader } from '../layer-call.ts';
import { perSample } from './reductions.ts';
import { isObject } from '../plain.ts';
import { items, replaceItems } from '../written.ts';
import type { FieldWriter, Json } from '../written.ts';

/** Keras' newshape and TensorFlow's shape, batch axis first, with at most one length left to be found. */
export function reshapeOperation(call: LayerCall, x: string): string {
  const lengths = reads(
    z.array(integer.nullable().transform((n) => n ?? -1)).min(2),
    'a list of whole numbers, the batch first',
  );
  const c = fields(call, { newshape: or(lengths, null), shape: or(lengths, null) });
  const [batch, ...target] =
    c.newshape ??
    c.shape ??
    call.fail('has no newshape; Espalier reads a list of whole numbers here, the batch first');
  const size = sizeOf(call.builder.shapes.get(x)!);
  if (batch !== -1 || target.includes(-1) || sizeOf(target) !== size)
    call.fail(
      `reshapes to [${[batch, ...target].join(', ')}]; Espalier reads -1 for the batch and ${size} values an image behind it`,
    );
  return call.node({ kind: 'reshape', target }, [x]);
}

export function transpose(call: LayerCall, x: string): string {
  const order = reads(z.array(integer), 'a list of whole numbers, the batch first');
  const c = fields(call, {
    axes: or(order, null),
    perm: or(order, null),
    conjugate: only(false).nullish(),
  });
  const rank = call.builder.shapes.get(x)!.length;
  const given =
    c.axes ??
    c.perm ??
    call.fail(
      'has no axes, so that it turns the batch about, too; Espalier reads a list of whole numbers here that begins with 0',
    );
  if (given[0] !== 0)
    call.fail(
      `has axes ${shortly(given)}, which move the batch; Espalier reads a list that begins with 0 here`,
    );
  return call.node({ kind: 'permute', perm: perSample(call, given.slice(1), rank) }, [x]);
}

/** Two axes for one another. */
export function swapAxes(call: LayerCall, x: string): string {
  const c = fields(call, { axis1: integer, axis2: integer });
  const rank = call.builder.shapes.get(x)!.length;
  const [a] = perSample(call, [c.axis1], rank, 'axis1');
  const [b] = perSample(call, [c.axis2], rank, 'axis2');
  const perm = Array.from({ length: rank }, (_, i) => (i === a ? b : i === b ? a : i));
  return call.node({ kind: 'permute', perm }, [x]);
}

/** Axes to other places, the rest in their order. */
export function moveAxis(call: LayerCall, x: string): string {
  const c = fields(call, { source: axes, destination: axes });
  const rank = call.builder.shapes.get(x)!.length;
  const from = perSample(call, c.source, rank, 'source');
  const to = perSample(call, c.destination, rank, 'destination');
  if (new Set(from).size !== to.length || new Set(to).size !== from.length)
    call.fail(
      `moves the axes ${c.source.join(', ')} to ${c.destination.join(', ')}; Espalier reads as many places as axes`,
    );
  const rest = Array.from({ length: rank }, (_, i) => i).filter((i) => !from.includes(i));
  const perm = Array.from({ length: rank }, (_, i) => (to.includes(i) ? from[to.indexOf(i)] : rest.shift()!));
  return call.node({ kind: 'permute', perm }, [x]);
}

export function expandDims(call: LayerCall, x: string): string {
  const { axis } = fields(call, { axis: integer });
  const target = [...call.builder.shapes.get(x)!];
  const [at] = perSample(call, [axis], target.length + 1);
  target.splice(at, 0, 1);
  return call.node({ kind: 'reshape', target }, [x]);
}

export function squeeze(call: LayerCall, x: string): string {
  const c = fields(call, { axis: or(axes, null) });
  const shape = call.builder.shapes.get(x)!;
  if (c.axis === null)
    call.fail('has no axis, so that it takes away whichever are 1; Espalier reads those that are named');
  const gone = perSample(call, c.axis, shape.length);
  if (gone.some((a) => shape[a] !== 1))
    call.fail(
      `has axis ${c.axis.join(', ')}, which is not 1 in [${shape.join(', ')}], so that it can't be taken away`,
    );
  return call.node({ kind: 'reshape', target: shape.filter((_, a) => !gone.includes(a)) }, [x]);
}

/** Zeros around a picture. */
export function pad(call: LayerCall, x: string): string {
  const borders = reads(
    z.array(z.tuple([count, count])).length(4),
    'four pairs of whole numbers from 0 on, of the batch, height, width and channels',
  );
  const c = fields(call, {
    pad_width: or(borders, null),
    paddings: or(borders, null),
    mode: word(['constant']).nullish(),
    constant_values: only(0).nullish(),
  });
  const given = c.pad_width ?? c.paddings ?? call.fail('has no pad_width');
  const [batch, [top, bottom], [left, right], channels] = given;
  if ([...batch, ...channels].some((n) => n !== 0))
    call.fail(
      `pads the batch or the channels (${shortly(given)}); Espalier reads zeros around height and width`,
    );
  return call.node({ kind: 'zeroPad', padding: [top, bottom, left, right] }, [x]);
}

export const concatenation: OperationReader = (call: LayerCall, operands) => {
  const { axis } = fields(call, { axis: or(integer, 0) });
  const ids = operands.map((x) =>
    typeof x === 'string' ? x : call.fail('joins a constant with tensors; Espalier joins tensors alone'),
  );
  const [at] = perSample(call, [axis], call.builder.shapes.get(ids[0])!.length);
  return call.node({ kind: 'concat', axis: at }, ids);
};

/** The target where it is written: a Reshape layer's, keras.ops' (batch first), or TensorFlow's in the call. */
export const targetFields: FieldWriter<'reshape'> = ({ entry, config, node }, { target }) => {
  const fit = (written: unknown, sizes: readonly number[]): unknown => {
    const old = items(written);
    if (!old || old.length !== sizes.length)
      throw new InputError(
        `layer "${node.layer}" (${node.layerType}) can't be written: its target shape does not fit the network`,
      );
    // entries that the source left to be found stay so
    return replaceItems(
      written,
      sizes.map((n, i) => (old[i] === -1 || old[i] === null ? old[i] : n)),
    );
  };
  if ('target_shape' in config) config.target_shape = fit(config.target_shape, target);
  if ('newshape' in config) config.newshape = fit(config.newshape, [-1, ...target]);
  if (entry.class_name !== 'TFOpLambda') return;
  for (const settings of callSettings(entry.inbound_nodes))
    if (items(settings.shape)) settings.shape = fit(settings.shape, [-1, ...target]);
};

/** The named arguments of a TensorFlow function's calls: the last of [layer, node, tensor, settings]. */
function callSettings(nodes: unknown): Json[] {
  if (!Array.isArray(nodes)) return [];
  const last: unknown = nodes[3];
  return typeof nodes[0] === 'string' ? (isObject(last) ? [last] : []) : nodes.flatMap(callSettings);
}
