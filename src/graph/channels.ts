import { InputError } from './errors.ts';
import { specOf } from './ops/index.ts';
import { note } from './ops/rules/channels.ts';
import { Labels } from './ops/rules/labels.ts';
import { inferShapes } from './shapes.ts';
import type { AxisLabels } from './ops/rules/labels.ts';
import type { ChannelStep, Pooled, Trail } from './ops/spec.ts';
import type { AxisChannels, ChannelGroup, Dependencies, Graph, GroupMember, Node } from './types.ts';

export interface GroupOptions {
  /** layers (by name, by node id, or by the path of a nested model) that stay exactly as they are */
  readonly freeze?: readonly string[];
  /** outputs of the network that other nodes read too may lose channels */
  readonly interiorOutputs?: boolean;
}

/** Steps that all groups' channels take through layers: a thousand densely connected layers take 1.5 million. */
const MAX_MEMBERS = 2_000_000;

type Axes = readonly AxisLabels[];

/**
 * Follows channels through the graph and finds the groups that must be kept or removed together.
 *
 * Every channel that a layer makes gets a label; each op says how labels pass (ops/) and ties those that must go
 * together. Classes of labels that occur in exactly the same places then form one group: concat(A, B) + C gives
 * A with C[0:a], and B with C[a:].
 * @throws InputError where shapes don't fit, or a layer to freeze is not there
 */
export function findGroups(graph: Graph, options: GroupOptions = {}): Dependencies {
  const shapes = inferShapes(graph);
  const trail: Trail = { labels: new Labels(), params: new Map(), said: new Map(), notes: [] };
  const values = new Map<string, Axes>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => values.get(id)!);
    const inputShapes = node.inputs.map((id) => shapes[id]);
    const paramShape = (role: string) => graph.params[node.params[role]]?.shape;
    values.set(node.id, follow(trail, { node, inputs, inputShapes, output: shapes[node.id], paramShape }));
  }
  const reasons = trail.labels.reasons(fixed(graph, options, trail, values));
  return partition(graph, trail, values, reasons);
}

/** The labels of a node's output value, axis by axis; ties, freezes and notes what the op does on the way. */
function follow(trail: Trail, step: ChannelStep): AxisLabels[] {
  const { op } = step.node;
  const before = trail.notes.length;
  const result = specOf(op).channels(op, step, trail);
  const makes = trail.notes.slice(before).some((n) => n.role === 'producer');
  if (!makes && step.inputs.length > 0) for (const axis of result) note(trail, step, 'through', axis);
  return result;
}

/** Names of layers whose normalisation takes its statistics over channels that can be removed (layer norm, groups of a
 * group norm that get narrower). Pruning takes a channel out of the statistics, so such a network equals its
 * original with the removed channels held at zero only if the original leaves them out too. */
export function statisticsOverChannels(graph: Graph, dependencies: Dependencies): string[] {
  return [...new Set(poolsChannels(graph, dependencies, 'statistics').map((n) => n.layer))];
}

/** Nodes that take the length over channels that can be removed: zeros add nothing to it, other values do. */
export function lengthsOverChannels(graph: Graph, dependencies: Dependencies): Node[] {
  return poolsChannels(graph, dependencies, 'length');
}

function poolsChannels(graph: Graph, dependencies: Dependencies, what: Pooled['what']): Node[] {
  return graph.nodes.filter(({ id, op }) => {
    const axes = dependencies.values[id];
    const pooled = specOf(op).pools?.(op, axes.length);
    return pooled?.what === what && pooled.axes.some((a) => prunable(dependencies, axes[a]));
  });
}

function prunable({ groups }: Dependencies, axis: AxisChannels | null): boolean {
  return axis !== null && axis.group.some((g) => g >= 0 && groups[g].frozen === undefined);
}

/** What must stay whatever the ops say: the network's outputs and inputs, and what the user named. */
function fixed(
  graph: Graph,
  options: GroupOptions,
  trail: Trail,
  values: ReadonlyMap<string, Axes>,
): { labels: Int32Array; reason: string }[] {
  const result: { labels: Int32Array; reason: string }[] = [];
  const keep = (axes: Iterable<AxisLabels | undefined>, reason: string) => {
    for (const labels of axes) if (labels) result.push({ labels, reason });
  };
  const read = new Set(graph.nodes.flatMap((n) => n.inputs));
  for (const id of graph.outputs)
    if (!(options.interiorOutputs && read.has(id))) keep(values.get(id)!, 'network output');
  for (const id of graph.inputs) keep(values.get(id)!, 'network input');
  for (const node of graph.fixed ? graph.nodes : []) {
    const reason = graph.fixed![node.layer];
    if (reason === undefined) continue;
    keep(values.get(node.id)!, reason);
    for (const id of Object.values(node.params)) keep(trail.params.get(id) ?? [], reason);
  }
  for (const name of options.freeze ?? []) {
    const nodes = graph.nodes.filter(
      (n) => n.layer === name || n.id === name || n.layer.startsWith(`${name}/`),
    );
    if (nodes.length === 0) throw new InputError(`there is no layer "${name}" to freeze`);
    for (const node of nodes) {
      keep(values.get(node.id)!, 'frozen on request');
      for (const id of Object.values(node.params)) keep(trail.params.get(id) ?? [], 'frozen on request');
    }
  }
  return result;
}

/** From tied labels to groups: classes with the same places, in the order in which the network makes them. */
function partition(
  graph: Graph,
  trail: Trail,
  values: ReadonlyMap<string, Axes>,
  reasons: ReadonlyMap<number, string>,
): Dependencies {
  const { labels } = trail;
  const roots = new Int32Array(labels.count);
  for (let i = 0; i < roots.length; i++) roots[i] = labels.find(i);
  const signature = signatures(places(graph, trail, values), roots, reasons);

  const groupOf = new Int32Array(roots.length).fill(-1);
  const channelOf = new Int32Array(roots.length).fill(-1);
  const bySignature = new Map<number, number>();
  const found: { node: Node; size: number; reason?: string }[] = [];
  for (const { node, role, labels: made } of trail.notes) {
    if (role !== 'producer') continue;
    for (let i = 0; i < made.length; i++) {
      const root = made[i] < 0 ? -1 : roots[made[i]];
      if (root < 0 || groupOf[root] >= 0) continue;
      let group = bySignature.get(signature[root]);
      if (group === undefined) {
        group = found.length;
        bySignature.set(signature[root], group);
        found.push({ node, size: 0, reason: reasons.get(root) });
      }
      groupOf[root] = group;
      channelOf[root] = found[group].size++;
    }
  }

  const channels = axisChannels(roots, groupOf, channelOf);
  const params: Record<string, (AxisChannels | null)[]> = Object.create(null);
  for (const param of Object.values(graph.params)) {
    const axes = trail.params.get(param.id);
    params[param.id] = param.shape.map((_, axis) => channels(axes?.[axis] ?? null));
  }
  const ofValues: Record<string, (AxisChannels | null)[]> = Object.create(null);
  for (const [id, axes] of values) ofValues[id] = axes.map(channels);

  const members = membersOf(trail, channels, found.length);
  const ids = new Map<string, number>();
  const groups = found.map(({ node, size, reason }, index): ChannelGroup => {
    const n = (ids.get(node.layer) ?? 0) + 1;
    ids.set(node.layer, n);
    const id = n === 1 ? node.layer : `${node.layer}#${n}`;
    const group = { id, index, size, members: members[index] };
    const frozen = reason ?? (size === 1 ? lonely(members[index], ofValues, index) : undefined);
    return frozen === undefined ? group : { ...group, frozen };
  });
  return { groups, params, values: ofValues };
}

/** All distinct label lists of parameters and values: the places that tell classes apart. */
function places(graph: Graph, trail: Trail, values: ReadonlyMap<string, Axes>): Set<Int32Array> {
  const distinct = new Set<Int32Array>();
  for (const id of Object.keys(graph.params))
    for (const labels of trail.params.get(id) ?? []) if (labels) distinct.add(labels);
  for (const axes of values.values()) for (const labels of axes) if (labels) distinct.add(labels);
  return distinct;
}

/**
 * For each class a number that two classes share exactly if they occur equally often in every place, and are frozen
 * for the same reason or not at all. Refined place by place, each pair (signature so far, count) getting a new number.
 */
function signatures(
  places: Iterable<Int32Array>,
  roots: Int32Array,
  reasons: ReadonlyMap<number, string>,
): Float64Array {
  const signature = new Float64Array(roots.length);
  let next = 1;
  const byReason = new Map<string, number>();
  for (const [root, reason] of reasons) {
    if (!byReason.has(reason)) byReason.set(reason, next++);
    signature[root] = byReason.get(reason)!;
  }
  const count = new Int32Array(roots.length);
  for (const labels of places) {
    const touched: number[] = [];
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] < 0) continue;
      const root = roots[labels[i]];
      if (count[root]++ === 0) touched.push(root);
    }
    const refined = new Map<number, number>();
    for (const root of touched) {
      const key = signature[root] * (labels.length + 1) + count[root];
      let fresh = refined.get(key);
      if (fresh === undefined) refined.set(key, (fresh = next++));
      signature[root] = fresh;
      count[root] = 0;
    }
  }
  return signature;
}

/** Turns label lists into groups and channels; one result a list, shared by all axes that carry it. */
function axisChannels(
  roots: Int32Array,
  groupOf: Int32Array,
  channelOf: Int32Array,
): (labels: AxisLabels) => AxisChannels | null {
  const known = new Map<Int32Array, AxisChannels | null>();
  return (labels) => {
    if (!labels) return null;
    const found = known.get(labels);
    if (found !== undefined) return found;
    const group = new Int32Array(labels.length).fill(-1);
    const channel = new Int32Array(labels.length).fill(-1);
    let any = false;
    for (let i = 0; i < labels.length; i++) {
      const root = labels[i] < 0 ? -1 : roots[labels[i]];
      if (root < 0 || groupOf[root] < 0) continue;
      group[i] = groupOf[root];
      channel[i] = channelOf[root];
      any = true;
    }
    const result = any ? { group, channel } : null;
    known.set(labels, result);
    return result;
  };
}

function membersOf(
  trail: Trail,
  channels: (labels: AxisLabels) => AxisChannels | null,
  groups: number,
): GroupMember[][] {
  const members: GroupMember[][] = Array.from({ length: groups }, () => []);
  const touched = new Map<AxisChannels, number[]>();
  // a node's notes follow one another
  let at: Node | undefined;
  const seen = new Set<string>();
  let total = 0;
  for (const { node, role, labels } of trail.notes) {
    if (node !== at) seen.clear();
    at = node;
    const axis = channels(labels);
    if (!axis) continue;
    let list = touched.get(axis);
    if (!list) touched.set(axis, (list = [...new Set(axis.group)].filter((g) => g >= 0)));
    for (const group of list) {
      const key = `${group} ${role}`;
      if (seen.has(key)) continue;
      seen.add(key);
      if (++total > MAX_MEMBERS)
        throw new InputError(
          `the channels of the layers before "${node.layer}" run through more layers than Espalier follows (${MAX_MEMBERS} steps in all); no network is joined so`,
        );
      members[group].push({ layer: node.layer, node: node.id, role });
    }
  }
  return members;
}

/** Why a group of one channel can't lose it. */
function lonely(
  members: readonly GroupMember[],
  values: Readonly<Record<string, readonly (AxisChannels | null)[]>>,
  index: number,
): string {
  const tied = members.some(
    (m) =>
      m.role === 'producer' &&
      values[m.node].some((axis) => axis && axis.group.indexOf(index) !== axis.group.lastIndexOf(index)),
  );
  return tied ? 'all its channels are tied to one another' : 'a single channel';
}

/** The layers that make a group's channels. */
export function producersOf(group: Dependencies['groups'][number]): string[] {
  return [...new Set(group.members.filter((m) => m.role === 'producer').map((m) => m.layer))];
}
