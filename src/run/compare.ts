import path from 'node:path';
import { readConfig } from '../config/files.ts';
import { diffGraphs, diffKept } from '../graph/diff.ts';
import type { Diff } from '../graph/diff.ts';
import { fullArchitecture, leadingChannels } from '../graph/architecture.ts';
import { findGroups } from '../graph/channels.ts';
import { narrowGraph } from '../graph/surgery.ts';
import type { Dependencies, Graph, KeptChannels } from '../graph/types.ts';
import type { LoadedModel } from '../formats/types.ts';
import { RunFolder } from './folder.ts';
import type { Models } from './models.ts';
import { keptOf } from './rebuild.ts';
import { findKept } from './log.ts';

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
}

interface Side {
  readonly label: string;
  readonly source: LoadedModel;
  readonly sha256: string;
  /** which of the source's channels stay; null: all */
  readonly cut: { readonly dependencies: Dependencies; readonly kept: KeptChannels } | null;
}

/**
 * Compares models, pruned configs, and candidates of runs: channel by channel where both are cuts of one network, else
 * by the widths of layers of the same name.
 * @throws InputError where a file can't be read, or a config or candidate doesn't fit its model
 */
export async function compare(a: Compared, b: Compared, models: Models): Promise<Comparison> {
  const [one, two] = [await openSide(a, models), await openSide(b, models)];
  const labels = { a: one.label, b: two.label };
  if (one.sha256 !== two.sha256)
    return { diff: diffGraphs(graphOf(one), graphOf(two)), labels, source: null };
  const model = one.source;
  // two cuts may have frozen different layers: here all that matters is which channel is which
  const dependencies = one.cut?.dependencies ?? two.cut?.dependencies ?? findGroups(model.graph);
  if (two.cut && !alike(dependencies, two.cut.dependencies))
    return { diff: diffGraphs(graphOf(one), graphOf(two)), labels, source: null };
  const open = {
    ...dependencies,
    groups: dependencies.groups.map((group) => ({ ...group, frozen: undefined })),
  };
  const full = leadingChannels(open, fullArchitecture(open));
  const diff = diffKept(model.graph, open, one.cut?.kept ?? full, two.cut?.kept ?? full);
  return { diff, labels, source: { model, dependencies } };
}

async function openSide(side: Compared, models: Models): Promise<Side> {
  switch (side.kind) {
    case 'model': {
      const { file, model, sha256 } = await models.open(side.file);
      return { label: side.label ?? nameOf(file), source: model, sha256, cut: null };
    }
    case 'config': {
      const config = await readConfig(side.file);
      const folder = side.at ?? path.dirname(path.resolve(side.file));
      const { model, sha256 } = await models.open(path.resolve(folder, config.source.path));
      const { freeze, interiorOutputs } = config.method;
      const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
      const kept = keptOf(config, dependencies, side.file);
      return {
        label: side.label ?? path.basename(side.file),
        source: model,
        sha256,
        cut: { dependencies, kept },
      };
    }
    case 'original':
    case 'candidate': {
      const { run, plan } = await RunFolder.look(side.run);
      const { file, model, sha256 } = await models.open(run.resolve(plan.model.path));
      if (side.kind === 'original') return { label: nameOf(file), source: model, sha256, cut: null };
      const { freeze, interiorOutputs } = plan;
      const dependencies = findGroups(model.graph, { freeze, interiorOutputs });
      const kept = await findKept(run.folder, side.arm, side.id);
      return { label: `${side.arm} #${side.id}`, source: model, sha256, cut: { dependencies, kept } };
    }
  }
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
