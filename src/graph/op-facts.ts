import { specOf } from './ops/index.ts';
import type { KernelSpec } from './ops/spec.ts';
import type { Graph, Node, Op, OpKind } from './types.ts';
import { sizeOf } from './ops/rules/sizes.ts';

/*
 * What the program asks about ops, answered from their declarations (ops/), so that an op that is new is counted, decayed,
 * folded, ranked and so on without a word here.
 */

/** The weights with which an op multiplies channels; undefined where it has none. */
export function kernelOf(op: Op): KernelSpec | undefined {
  return specOf(op).params.kernel;
}

/** Whether every channel made is of all channels read, and not of one of them (depthwise). */
export function mixes(kernel: KernelSpec): boolean {
  return !kernel.out.includes(kernel.in);
}

/** How many channels a kernel makes, and which of them an element of it, by its place in memory, goes into. */
export function madeChannels(
  kernel: KernelSpec,
  shape: readonly number[],
): { count: number; of: (index: number) => number } {
  const count = sizeOf(kernel.out.map((axis) => shape[axis]));
  const inner = sizeOf(shape.slice(Math.max(...kernel.out) + 1));
  return { count, of: (index) => Math.floor(index / inner) % count };
}

/** How many of a window's numbers a value of the output is the sum of. */
export function fanIn(kernel: KernelSpec, shape: readonly number[]): number {
  return windowSize(kernel, shape) * (mixes(kernel) ? shape[kernel.in] : 1);
}

/** How many of a window's numbers a value of the input goes into. */
export function fanOut(kernel: KernelSpec, shape: readonly number[]): number {
  return (
    windowSize(kernel, shape) * sizeOf(kernel.out.flatMap((axis) => (axis === kernel.in ? [] : shape[axis])))
  );
}

/** An op that normalises by statistics of its own, in the roles mean and variance, which training moves. */
export type StatisticsOp = Extract<Op, { momentum: number }>;

/** Whether an op has statistics that training moves: what recalibration is for. */
export function hasStatistics(op: Op): op is StatisticsOp {
  return Object.values(specOf(op).params).some((param) => param?.kept === 'statistic');
}

/** Whether a network normalises what its layers make: one that doesn't diverges at the rates of one that does. */
export function hasNorms({ nodes }: Graph): boolean {
  const norms: readonly OpKind[] = ['batchNorm', 'layerNorm', 'groupNorm'];
  return nodes.some(({ op }) => norms.includes(op.kind));
}

/** Roles and channel axes of the parameters of an op that are learnt. */
export function learntAxes(op: Op): [role: string, axis: number][] {
  return Object.entries(specOf(op).params).flatMap(([role, param]): [string, number][] =>
    param?.out && !param.kept ? [[role, param.out[0]]] : [],
  );
}

function windowSize(kernel: KernelSpec, shape: readonly number[]): number {
  return sizeOf((kernel.window ?? []).map((axis) => shape[axis]));
}

/**
 * The first nodes that do more to a value than to hand it on: as it is, its pixels or elements, or parts of it that are
 * joined again.
 */
export function firstWorks({ nodes }: Graph, value: string): Node[] {
  const handed = new Set([value]);
  const works: Node[] = [];
  // in topological order, so that one pass is enough
  for (const node of nodes) {
    if (!node.inputs.some((id) => handed.has(id))) continue;
    const { op, inputs } = node;
    const joins = op.kind === 'concat' && inputs.every((id) => handed.has(id));
    if (joins || specOf(op).passes !== undefined) handed.add(node.id);
    else works.push(node);
  }
  return works;
}
