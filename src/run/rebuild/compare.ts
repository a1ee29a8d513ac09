import path from 'node:path';
import { readConfig } from '../../config/files.ts';
import { sourceFile } from '../../config/paths.ts';
import type { Bounds } from '../../config/paths.ts';
import type { PrunedConfig } from '../../config/schema.ts';
import { diffGraphs, diffKept } from '../../graph/diff.ts';
import type { Diff } from '../../graph/diff.ts';
import { architectureOf, fullArchitecture, leadingChannels } from '../../graph/architecture.ts';
import { costModel } from '../../graph/cost.ts';
import { findGroups } from '../../graph/channels.ts';
import { narrowGraph } from '../../graph/surgery.ts';
import type { Dependencies, Graph } from '../../graph/types.ts';
import type { LoadedModel } from '../../formats/types.ts';
import { RunFolder } from '../store/folder.ts';
import type { Models } from '../result/model-cache.ts';
import { keptOf } from './rebuild.ts';
import { findKept } from '../store/event-log.ts';
import type { KeptChannels } from '../../terms/candidates.ts';
import { costKeys } from '../../terms/cost.ts';

/** One side of a comparison: a model, or a choice of channels of one. Files are absolute paths. */
export type Compared =
  | { readonly kind: 'model'; readonly file: string; readonly label?: string }
  /** `at`: where its relative paths start, if not where it lies */
  | { readonly kind: 'config'; readonly file: string; readonly at?: string; readonly label?: string }
  | { readonly kind: 'candidate'; readonly run: string; readonly arm: string; readonly id: number }
  | { readonly kind: 'original'; readonly run: string };

/** Two sides compared. */
export interface Comparison {
  readonly diff: Diff;
  readonly labels: { readonly a: string; readonly b: string };
  /** the network that both are cuts of; null where they are not */
  readonly source: { readonly model: LoadedModel; readonly dependencies: Dependencies } | null;
  /** what a side says that isn't so (another source, other costs), one sentence each */
  readonly warnings: readonly string[];
}

interface Side {
  readonly label: string;
  readonly source: LoadedModel;
  readonly sha256: string;
  /** which of the source's channels stay; null: all */
  readonly cut: { readonly dependencies: Dependencies; readonly kept: KeptChannels } | null;
  readonly warnings: readonly string[];
}

/**
 * Compares models, pruned configs, and candidates of runs: channel by channel where both are cuts of one network, else
 * by the widths of layers of the same name.
 * @param bounds where the sources of configs may lie
 * @throws InputError where a file can't be read, or a config or candidate doesn't fit its model
 */
export async function compare(
  a: Compared,
  b: Compared,
  models: Models,
  bounds: Bounds = {},
): Promise<Comparison> {
  const [one, two] = [await openSide(a, models, bounds), await openSide(b, models, bounds)];
  const labels = { a: one.label, b: two.label };
  const warnings = [...new Set([...one.warnings, ...two.warnings])];
  if (one.sha256 !== two.sha256)
    return { diff: diffGraphs(graphOf(one), graphOf(two)), labels, source: null, warnings };
  const model = one.source;
  // two cuts may have frozen different layers: here all that matters is which channel is which
  const dependencies = one.cut?.dependencies ?? two.cut?.dependencies ?? findGroups(model.graph);
  if (two.cut && !alike(dependencies, two.cut.dependencies))
    return { diff: diffGraphs(graphOf(one), graphOf(two)), labels, source: null, warnings };
  const open = {
    ...dependencies,
    groups: dependencies.groups.map((group) => ({ ...group, frozen: undefined })),
  };
  const full = leadingChannels(open, fullArchitecture(open));
  const diff = diffKept(model.graph, open, one.cut?.kept ?? full, two.cut?.kept ?? full);
  return { diff, labels, source: { model, dependencies }, warnings };
}

async function openSide(side: Compared, models: Models, bounds: Bounds): Promise<Side> {
  switch (side.kind) {
    case 'model': {
      const { file, model, sha256 } = await models.open(side.file);
      return { label: side.label ?? nameOf(file), source: model, sha256, cut: null, warnings: [] };
    }
    case 'config': {
      const config = await readConfig(side.file);
      const folder = side.at ?? path.dirname(path.resolve(side.file));
      const source = await sourceFile(folder, config.source.path, side.file, bounds);
      const { file, model, sha256 } = await models.open(source);
      const { freeze, interiorOutputs } = config.method;
      const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
      const kept = keptOf(config, dependencies, side.file);
      const label = side.label ?? path.basename(side.file);
      const warnings = [];
      if (sha256 !== config.source.sha256) warnings.push(otherSource(label, file));
      const claims = wrongCosts(config, model, dependencies, kept);
      if (claims) warnings.push(`${label} says ${claims}`);
      return { label, source: model, sha256, cut: { dependencies, kept }, warnings };
    }
    case 'original':
    case 'candidate': {
      const { run, plan } = await RunFolder.look(side.run);
      const { file, model, sha256 } = await models.open(run.resolve(plan.model.path));
      const changed = sha256 === plan.model.sha256 ? [] : [otherSource(`the run ${run.id}`, file)];
      if (side.kind === 'original')
        return { label: nameOf(file), source: model, sha256, cut: null, warnings: changed };
      const { freeze, interiorOutputs } = plan;
      const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
      const kept = await findKept(run.folder, side.arm, side.id);
      const label = `${side.arm} #${side.id}`;
      return { label, source: model, sha256, cut: { dependencies, kept }, warnings: changed };
    }
  }
}

function otherSource(label: string, file: string): string {
  return `${nameOf(file)} is not the model that ${label} was made from (its SHA-256 differs): what is shown may be of another network`;
}

/** Costs that a config states and its channels don't have; null where all is well. */
function wrongCosts(
  config: PrunedConfig,
  { graph }: LoadedModel,
  dependencies: Dependencies,
  kept: KeptChannels,
): string | null {
  const cost = costModel(graph, dependencies);
  const found = {
    before: cost(fullArchitecture(dependencies)),
    after: cost(architectureOf(dependencies, kept)),
  };
  const wrong = (['before', 'after'] as const).flatMap((when) =>
    costKeys
      .filter((metric) => config.cost[when][metric] !== found[when][metric])
      .map(
        (metric) =>
          `${config.cost[when][metric]} ${metric} ${when} pruning, but its channels give ${found[when][metric]}`,
      ),
  );
  return wrong.length ? wrong.join('; ') : null;
}

function alike(a: Dependencies, b: Dependencies): boolean {
  const same = (group: Dependencies['groups'][number], g: number) =>
    group.id === b.groups[g].id && group.size === b.groups[g].size;
  return a.groups.length === b.groups.length && a.groups.every(same);
}

function graphOf({ source, cut }: Side): Graph {
  return cut ? narrowGraph(source.graph, cut.dependencies, cut.kept) : source.graph;
}

/** A model as people call it: by its file, or by the folder of a model.json. */
export function nameOf(file: string): string {
  const base = path.basename(file);
  return base === 'model.json' ? `${path.basename(path.dirname(path.resolve(file)))}/${base}` : base;
}
