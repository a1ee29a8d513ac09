import type { ChannelDiff, LayerDiff } from '../../graph/diff.ts';
import type { Params } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';
import type { DiffLayerView, DiffView } from '../../protocol/views.ts';
import { diffMarkdown, diffPage } from '../../report/diff.ts';
import type { Comparison } from '../../run/rebuild/compare.ts';
import { compareWhole } from '../../run/rebuild/facts.ts';
import { carriedBy } from '../../run/rebuild/outline.ts';
import type { Models } from '../../run/result/model-cache.ts';
import { filterNorms } from './filter-norms.ts';

/** Two sides, channel by channel where they are cuts of one network. @throws InputError */
export async function diffView(models: Models, { a, b, roots }: Params<Look, 'diff'>): Promise<DiffView> {
  const { diff, labels, source, facts, warnings } = await compareWhole(a, b, models, { roots });
  const norms = source ? filterNorms(source.model.graph, source.model.weights) : new Map<string, number[]>();
  const groups = groupsByLayer(source);
  return {
    a: { label: labels.a },
    b: { label: labels.b },
    layers: diff.layers.map((layer) => layerView(layer, norms, groups)),
    onlyInA: [...diff.onlyInA],
    onlyInB: [...diff.onlyInB],
    total: diff.total,
    warnings: [...warnings],
    metrics: [...facts.metrics],
    about: [...facts.about],
    costs: [...facts.costs],
    groups: (source?.dependencies.groups ?? []).map(({ id, size, frozen }) => ({
      id,
      channels: size,
      frozen: frozen ?? null,
    })),
  };
}

/** The same as a page of its own, or for a pull request. */
export async function exportDiff(
  models: Models,
  { a, b, format, roots }: Params<Look, 'exportDiff'>,
): Promise<{ text: string }> {
  const { diff, labels, facts, warnings } = await compareWhole(a, b, models, { roots });
  return { text: (format === 'html' ? diffPage : diffMarkdown)(diff, labels, facts, warnings) };
}

function groupsByLayer(source: Comparison['source']): Map<string, number | null> {
  const result = new Map<string, number | null>();
  // the last node of a layer gives its output
  for (const node of source?.model.graph.nodes ?? [])
    result.set(node.layer, carriedBy(source!.dependencies, node.id));
  return result;
}

function layerView(
  { layer, layerType, width, macs, params, channels }: LayerDiff,
  norms: ReadonlyMap<string, number[]>,
  groups: ReadonlyMap<string, number | null>,
): DiffLayerView {
  const letters = channels ? lettersOf(channels) : null;
  const importance = norms.get(layer) ?? null;
  return {
    layer,
    type: layerType,
    width,
    macs,
    params,
    channels: letters,
    importance: importance?.length === letters?.length ? importance : null,
    group: groups.get(layer) ?? null,
  };
}

function lettersOf({ kept, removed, added, absent }: ChannelDiff): string {
  const letters = new Array<string>(kept.length + removed.length + added.length + absent.length);
  for (const i of kept) letters[i] = 'k';
  for (const i of removed) letters[i] = 'r';
  for (const i of added) letters[i] = 'a';
  for (const i of absent) letters[i] = 'x';
  return letters.join('');
}
