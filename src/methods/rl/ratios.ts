import { roundWidth } from '../../graph/budget.ts';

/**
 * The width of a group of `size` channels at a prune ratio: the allowed width (a multiple of roundTo, or the whole
 * size) nearest to size * (1 - ratio), at least one. Both agents' ratios become widths here; the evolution's levels do in
 * rewarded-meta/levels.ts, as the papers' do.
 */
export function widthAt(ratio: number, size: number, roundTo: number): number {
  const wanted = size * (1 - ratio);
  const above = roundWidth(wanted - 1e-9, size, roundTo);
  const below = widthBelow(above, roundTo);
  return below >= 1 && wanted - below < above - wanted ? below : above;
}

/** The share of a group of `size` channels that goes at a width. */
export function ratioAt(width: number, size: number): number {
  return 1 - width / size;
}

/** The next narrower allowed width; 0 below the narrowest. */
function widthBelow(width: number, roundTo: number): number {
  return (Math.ceil(width / roundTo) - 1) * roundTo;
}

/** All widths that a group may take, ascending: multiples of roundTo that are not below `least`, and its whole size. */
export function widthsOfGroup(size: number, roundTo: number, least = 1): number[] {
  const widths: number[] = [];
  for (let w = roundWidth(least, size, roundTo); w < size; w += roundTo) widths.push(w);
  return [...widths, size];
}
