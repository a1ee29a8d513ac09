import type { GroupView, LayerView, NetworkView } from '../../src/protocol/views.ts';
import type { Sort } from '../components/virtual-list.tsx';

/** One layer as the list shows it. */
export interface NetworkRow {
  readonly index: number;
  readonly layer: LayerView;
  readonly group: GroupView | null;
  /** how many layers make its group's channels */
  readonly makers: number;
  /** of the network's largest, 0..1 */
  readonly macsShare: number;
  readonly paramsShare: number;
  readonly widthShare: number;
}

export type Filter = 'all' | 'prunable' | 'frozen' | 'weights';

export function networkRows(network: NetworkView): NetworkRow[] {
  const largest = (of: (layer: LayerView) => number) => Math.max(1, ...network.layers.map(of));
  const macs = largest((layer) => layer.macs);
  const params = largest((layer) => layer.params);
  const width = largest((layer) => layer.width ?? 0);
  const makers = network.groups.map(
    (group) => group.members.filter((member) => member.role === 'producer').length,
  );
  return network.layers.map((layer, index) => ({
    index,
    layer,
    group: layer.group === null ? null : network.groups[layer.group],
    makers: layer.group === null ? 0 : makers[layer.group],
    macsShare: layer.macs / macs,
    paramsShare: layer.params / params,
    widthShare: (layer.width ?? 0) / width,
  }));
}

/** What a user types into the search field: every word must be in the name, the type or the group. */
export function matching(rows: readonly NetworkRow[], search: string, filter: Filter): NetworkRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ layer, group }) => {
    if (filter === 'prunable' && (!group || group.frozen !== null)) return false;
    if (filter === 'frozen' && (!group || group.frozen === null)) return false;
    if (filter === 'weights' && layer.params === 0) return false;
    const text = `${layer.layer} ${layer.type} ${group?.id ?? ''} ${group?.frozen ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

const value: Readonly<Record<string, (row: NetworkRow) => number | string>> = {
  layer: (row) => row.layer.layer,
  shape: (row) => row.layer.outputShape.reduce((product, size) => product * size, 1),
  width: (row) => row.layer.width ?? 0,
  macs: (row) => row.layer.macs,
  params: (row) => row.layer.params,
  group: (row) => row.layer.group ?? Infinity,
};

/** Sorted by a column; rows that are equal stay in the network's order. Null: the network's order. */
export function sorted(rows: readonly NetworkRow[], sort: Sort | null): readonly NetworkRow[] {
  const of = sort && value[sort.key];
  if (!of) return rows;
  const sign = sort.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = of(a);
    const y = of(b);
    if (typeof x === 'string' && typeof y === 'string')
      return sign * x.localeCompare(y, 'en', { numeric: true }) || a.index - b.index;
    return x === y ? a.index - b.index : x < y ? -sign : sign;
  });
}

/** The layers that a group is frozen by name with: those that make its channels. */
export function producersOf(group: GroupView): string[] {
  return group.members.filter((member) => member.role === 'producer').map((member) => member.layer);
}
