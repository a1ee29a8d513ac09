import { fullArchitecture } from '../../graph/architecture.ts';
import { roundWidth } from '../../graph/budget.ts';
import type { ChannelGroup, Dependencies } from '../../graph/types.ts';
import type { Architecture } from '../../terms/candidates.ts';

/** One group narrowed, everything else whole. */
export interface Cut {
  readonly group: number;
  readonly width: number;
}

/** Groups that may lose channels. */
export function openGroups({ groups }: Dependencies): ChannelGroup[] {
  return groups.filter(({ frozen, size }) => frozen === undefined && size > 1);
}

/**
 * Widths below a group's size at equal distances, widest first, as rounding allows: (parts - 1)/parts of it down to
 * 1/parts. Fewer where the group is too small to have so many.
 * @param least also the narrowest that there is
 */
export function levelsOf(size: number, parts: number, roundTo: number, least = false): number[] {
  const shares = Array.from({ length: parts - 1 }, (_, i) => ((parts - 1 - i) * size) / parts);
  const widths = [...shares, ...(least ? [1] : [])].map((width) => roundWidth(width, size, roundTo));
  return [...new Set(widths)].filter((width) => width < size);
}

/** Every group at each of its levels. */
export function cutsOf(dependencies: Dependencies, parts: number, roundTo: number, least = false): Cut[] {
  return openGroups(dependencies).flatMap(({ index, size }) =>
    levelsOf(size, parts, roundTo, least).map((width) => ({ group: index, width })),
  );
}

/** The whole network but for one group. */
export function architectureAt(dependencies: Dependencies, { group, width }: Cut): Architecture {
  return fullArchitecture(dependencies).map((size, g) => (g === group ? width : size));
}
