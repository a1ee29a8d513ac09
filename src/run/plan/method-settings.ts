import { thaw } from '../../graph/frozen.ts';
import type { Dependencies, Graph } from '../../graph/types.ts';
import type { SettingsContext } from '../../methods/types.ts';
import type { DataOptions } from '../../terms/choices.ts';

/** What a plan, or a form that becomes one, says that bears on a method's defaults. */
interface Asked {
  readonly keepFrozen?: boolean;
  readonly data?: Pick<DataOptions, 'augment'> | null;
}

/**
 * What a method chooses its defaults by. The run, whatever is written of it later and every forecast of it take this one
 * function's, so that none of them has other settings.
 * @param graph the network's, as its file has it or already as the run trains it
 * @param known images of the training split, and whether the weights are worth nothing
 */
export function settingsContext(
  { graph, dependencies }: { readonly graph: Graph; readonly dependencies: Dependencies },
  { keepFrozen, data }: Asked,
  known: Pick<SettingsContext, 'trainImages' | 'untrained'>,
): SettingsContext {
  return {
    graph: keepFrozen ? graph : thaw(graph),
    dependencies,
    trainImages: known.trainImages,
    untrained: known.untrained,
    augmentation: data?.augment,
  };
}

/** What guessing gets, in percent; without classes, what a network that never changes its answer agrees by. */
export function chanceOf(classes: number): number {
  return classes > 0 ? 100 / classes : 0;
}

/** Whether a network that scores so (percent; undefined: not measured) is hardly better than guessing. */
export function scoresLikeGuessing(accuracy: number | undefined, classes: number): boolean {
  return accuracy !== undefined && accuracy < 1.5 * chanceOf(classes);
}
