import { findGroups } from '../graph/channels.ts';
import { InputError } from '../graph/errors.ts';
import { narrowGraph } from '../graph/surgery.ts';
import type { Dependencies, Graph } from '../graph/types.ts';
import { parseKerasConfig } from './keras-config/parse.ts';
import { updateKerasConfig } from './keras-config/write/update.ts';
import type { LoadedModel } from './types.ts';

/** Why a file can't hold a narrower network; undefined, or an InputError, where it can or can't. */
export type Refusal = (narrow: Graph) => string | undefined;

/**
 * The network with the layers marked that its file can't hold narrower (Graph.fixed), so that this is known when a model
 * is opened and not when a run is to write it. It is found by trying: every group loses a channel, and the configuration
 * that comes of it is read again; where that fails, the groups are tried in halves.
 */
export function withFixed(model: LoadedModel, refusal: Refusal): Graph {
  const { graph } = model;
  let dependencies: Dependencies;
  try {
    dependencies = findGroups(graph);
  } catch {
    // a question for groups is answered by why there are none
    return graph;
  }
  const open = dependencies.groups.filter((group) => group.frozen === undefined && group.size > 1);
  const fixed: Record<string, string> = {};
  const look = (groups: readonly number[]): void => {
    const why = refused(graph, dependencies, new Set(groups), refusal);
    if (why === undefined) return;
    if (groups.length > 1) {
      const half = groups.length >> 1;
      look(groups.slice(0, half));
      look(groups.slice(half));
      return;
    }
    for (const { layer } of dependencies.groups[groups[0]].members) fixed[layer] ??= why;
  };
  look(open.map(({ index }) => index));
  return Object.keys(fixed).length === 0 ? graph : { ...graph, fixed };
}

/** Why the file can't be that of the network whose given groups lack a channel; undefined where it can. */
function refused(
  graph: Graph,
  dependencies: Dependencies,
  groups: ReadonlySet<number>,
  refusal: Refusal,
): string | undefined {
  const kept = dependencies.groups.map(({ size, index }) =>
    Array.from({ length: groups.has(index) ? size - 1 : size }, (_, c) => c),
  );
  try {
    return refusal(narrowGraph(graph, dependencies, kept));
  } catch (error) {
    if (error instanceof InputError) return `its file can't hold it narrower: ${error.message}`;
    throw error;
  }
}

/** The same of a Keras configuration. */
export function kerasRefusal({ container, path }: LoadedModel): Refusal {
  return (narrow) => {
    const { params } = parseKerasConfig(updateKerasConfig(container.kerasConfig, narrow), path).graph;
    const other = Object.values(narrow.params).find(
      ({ id, shape }) => params[id]?.shape.join() !== shape.join(),
    );
    return other && `its file would give "${other.id}" another size than it has`;
  };
}
