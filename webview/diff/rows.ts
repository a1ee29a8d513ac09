import type { DiffLayerView } from '../../src/protocol/views.ts';
import { count } from './strip.ts';

/** What layers can be sorted by; null: the network's order. */
export type LayerSort = {
  readonly key: 'layer' | 'removed' | 'macs' | 'params';
  readonly down: boolean;
} | null;

/** A share of what there was that is gone: 0.25 where 16 became 12; below 0 where it grew. */
export function saved({ a, b }: { readonly a: number; readonly b: number }): number {
  return a > 0 ? 1 - b / a : 0;
}

/** Whether a layer makes channels of its own (convolutions, dense): others pass on what these make. */
export function makesChannels({ macs }: DiffLayerView): boolean {
  return macs.a > 0 || macs.b > 0;
}

/**
 * Layers whose name or type holds every word, sorted; indices into the layers, so that equal names stay apart.
 *
 * @param all also those that pass channels on (normalisation, activation, addition)
 */
export function layerRows(
  layers: readonly DiffLayerView[],
  text: string,
  sort: LayerSort,
  all: boolean,
): number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = layers
    .map((_, i) => i)
    .filter((i) => {
      if (!all && !makesChannels(layers[i])) return false;
      const name = `${layers[i].layer} ${layers[i].type}`.toLowerCase();
      return words.every((word) => name.includes(word));
    });
  if (!sort) return found;
  const value = (i: number): number | string => {
    const layer = layers[i];
    switch (sort.key) {
      case 'layer':
        return layer.layer;
      case 'removed':
        return saved(layer.width);
      case 'macs':
        return layer.macs.a - layer.macs.b;
      case 'params':
        return layer.params.a - layer.params.b;
    }
  };
  const sign = sort.down ? -1 : 1;
  return found.sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    return sign * (x < y ? -1 : x > y ? 1 : 0) || a - b;
  });
}

/** Channels of all layers that make some, by what became of them; what can't be matched counts by its widths alone. */
export function totals(layers: readonly DiffLayerView[]): { kept: number; removed: number; added: number } {
  const sum = { kept: 0, removed: 0, added: 0 };
  for (const { channels, width } of layers.filter(makesChannels)) {
    if (channels === null) {
      sum.kept += Math.min(width.a, width.b);
      sum.removed += Math.max(0, width.a - width.b);
      sum.added += Math.max(0, width.b - width.a);
    } else {
      const counts = count(channels);
      sum.kept += counts.k;
      sum.removed += counts.r;
      sum.added += counts.a;
    }
  }
  return sum;
}
