import { InputError } from './errors.ts';
import { leastArchitecture } from './budget.ts';
import { costModel } from './cost.ts';
import type { Dependencies, Graph } from './types.ts';
import type { Architecture, KeptChannels } from '../terms/candidates.ts';
import type { Cost } from '../terms/cost.ts';

/** The network as it is: every group at its full width. */
export function fullArchitecture(dependencies: Dependencies): Architecture {
  return dependencies.groups.map((g) => g.size);
}

/**
 * The widths of a choice of channels.
 * @throws InputError where the choice does not fit the groups: another number of groups, an empty group, channels that
 * are not there, out of order or doubled, or a frozen group that would lose some
 */
export function architectureOf(dependencies: Dependencies, kept: KeptChannels): Architecture {
  const { groups } = dependencies;
  if (kept.length !== groups.length)
    throw new InputError(
      `kept channels are given for ${kept.length} groups, the network has ${groups.length}`,
    );
  return groups.map((group, g) => {
    const channels = kept[g];
    if (channels.length === 0) throw new InputError(`group "${group.id}" would keep no channel`);
    let before = -1;
    for (const c of channels) {
      if (!Number.isInteger(c) || c <= before || c >= group.size)
        throw new InputError(
          `group "${group.id}" has channels 0 to ${group.size - 1}; the kept ones must be ascending, but ${c} follows ${before}`,
        );
      before = c;
    }
    if (group.frozen !== undefined && channels.length !== group.size)
      throw new InputError(`group "${group.id}" can't lose channels: ${group.frozen}`);
    return channels.length;
  });
}

/**
 * The first channels of every group, as many as the architecture says.
 * @throws InputError where a width is not between 1 and the group's size, or would narrow a frozen group
 */
export function leadingChannels(dependencies: Dependencies, architecture: Architecture): KeptChannels {
  const kept = architecture.map((width) => Array.from({ length: width }, (_, c) => c));
  architectureOf(dependencies, kept);
  return kept;
}

/** The cheapest and the dearest cost that any architecture reaches. */
export function bounds(graph: Graph, dependencies: Dependencies, roundTo = 1): { least: Cost; most: Cost } {
  const cost = costModel(graph, dependencies);
  return {
    least: cost(leastArchitecture(dependencies, roundTo)),
    most: cost(fullArchitecture(dependencies)),
  };
}
