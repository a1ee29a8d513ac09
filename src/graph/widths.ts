import { inferShapes } from './shapes.ts';
import type { AxisChannels, Dependencies, Graph, Shape } from './types.ts';
import type { Architecture } from '../terms/candidates.ts';

/** The length of an axis as a function of an architecture: fixed positions, and some for every channel of a group. */
interface Width {
  readonly fixed: number;
  readonly groups: readonly number[];
  /** positions along the axis for each channel of the group (H * W behind a Flatten, 2 in concat of x with itself) */
  readonly counts: readonly number[];
}

/**
 * All axis lengths of a network as linear functions of an architecture, each distinct one kept once. `values` and
 * `params` hold per axis the index of its width.
 */
export interface NetworkWidths {
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly values: Readonly<Record<string, readonly number[]>>;
  readonly params: Readonly<Record<string, readonly number[]>>;
  /** the length of a width that no architecture changes, else null */
  constant(width: number): number | null;
  /** every width at an architecture; the array is reused by the next call */
  at(architecture: Architecture): Float64Array;
}

/** Reads off all axis lengths; once a network, before any number of architectures. */
export function networkWidths(graph: Graph, dependencies: Dependencies): NetworkWidths {
  const shapes = inferShapes(graph);
  const widths: Width[] = [];
  const byAxis = new Map<AxisChannels, number>();
  const bySize = new Map<number, number>();
  const byKey = new Map<string, number>();

  const index = (axis: AxisChannels | null | undefined, size: number): number => {
    const found = axis ? byAxis.get(axis) : bySize.get(size);
    if (found !== undefined) return found;
    const width = axis ? count(axis) : { fixed: size, groups: [], counts: [] };
    const key = `${width.fixed}|${width.groups.join()}|${width.counts.join()}`;
    let at = byKey.get(key);
    if (at === undefined) {
      at = widths.push(width) - 1;
      byKey.set(key, at);
    }
    if (axis) byAxis.set(axis, at);
    else bySize.set(size, at);
    return at;
  };

  const values: Record<string, number[]> = Object.create(null);
  for (const node of graph.nodes) {
    const axes = dependencies.values[node.id];
    values[node.id] = shapes[node.id].map((size, a) => index(axes?.[a], size));
  }
  const params: Record<string, number[]> = Object.create(null);
  for (const param of Object.values(graph.params)) {
    const axes = dependencies.params[param.id];
    params[param.id] = param.shape.map((size, a) => index(axes?.[a], size));
  }

  const lengths = new Float64Array(widths.length);
  return {
    shapes,
    values,
    params,
    constant: (width) => (widths[width].groups.length === 0 ? widths[width].fixed : null),
    at: (architecture) => {
      for (let i = 0; i < widths.length; i++) {
        const { fixed, groups, counts } = widths[i];
        let length = fixed;
        for (let k = 0; k < groups.length; k++) length += counts[k] * architecture[groups[k]];
        lengths[i] = length;
      }
      return lengths;
    },
  };
}

/** Counts the positions of each group along an axis. All channels of a group have equally many, by its definition. */
function count(axis: AxisChannels): Width {
  let fixed = 0;
  const positions = new Map<number, number>();
  const channels = new Map<number, number>();
  for (let i = 0; i < axis.group.length; i++) {
    const g = axis.group[i];
    if (g < 0) {
      fixed++;
      continue;
    }
    positions.set(g, (positions.get(g) ?? 0) + 1);
    if (axis.channel[i] + 1 > (channels.get(g) ?? 0)) channels.set(g, axis.channel[i] + 1);
  }
  const groups = [...positions.keys()].sort((a, b) => a - b);
  return { fixed, groups, counts: groups.map((g) => positions.get(g)! / channels.get(g)!) };
}

/** A sum of products of widths, like terms merged: what a cost is. */
export class Terms {
  private readonly byKey = new Map<string, { factor: number; widths: number[] }>();
  private compiled: { factor: number; widths: number[] }[] | undefined;

  constructor(private readonly network: NetworkWidths) {}

  /** Adds factor * the product of the widths. */
  add(factor: number, widths: readonly number[]): void {
    const open: number[] = [];
    for (const w of widths) {
      const constant = this.network.constant(w);
      if (constant === null) open.push(w);
      else factor *= constant;
    }
    open.sort((a, b) => a - b);
    const key = open.join();
    const known = this.byKey.get(key);
    if (known) known.factor += factor;
    else this.byKey.set(key, { factor, widths: open });
    this.compiled = undefined;
  }

  /** The sum, given all widths at an architecture. */
  evaluate(lengths: Float64Array): number {
    const terms = (this.compiled ??= [...this.byKey.values()]);
    let sum = 0;
    for (let i = 0; i < terms.length; i++) {
      const { factor, widths } = terms[i];
      let product = factor;
      for (let k = 0; k < widths.length; k++) product *= lengths[widths[k]];
      sum += product;
    }
    return sum;
  }
}
