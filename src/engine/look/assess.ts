import { bounds } from '../../graph/architecture.ts';
import { findGroups } from '../../graph/channels.ts';
import { InputError } from '../../graph/errors.ts';
import type { Dependencies } from '../../graph/types.ts';
import { costBy, isStatic } from '../../methods/budgets.ts';
import { methodNamed } from '../../methods/index.ts';
import type { Method } from '../../methods/types.ts';
import type { Assessment, Draft } from '../../protocol/plan.ts';
import { controlArms } from '../../run/draft.ts';
import { judge, nothingPrunable } from '../../run/feasibility.ts';
import type { Models, Opened } from '../../run/models.ts';
import { mismatches } from './open-data.ts';
import { survey } from './survey.ts';
import type { Survey } from './survey.ts';

/** What can be said of a draft before anything runs. @throws InputError only where the model can't be read */
export async function assess(
  models: Models,
  draft: Draft,
  measure: boolean,
  signal: AbortSignal,
): Promise<Assessment> {
  void measure;
  void signal;
  const opened = await models.open(draft.model);
  const { freeze, interiorOutputs } = draft;
  const dependencies = findGroups(opened.model.graph, { freeze, interiorOutputs });
  const problems: string[] = [];
  const notes: string[] = [];
  const nothing = nothingPrunable(dependencies);
  if (nothing) problems.push(nothing);
  const method = tried(problems, () => methodNamed(draft.method));
  tried(problems, () => controlArms(draft.controls, draft.method, draft.data !== null));
  const images = await imagesOf(opened, draft, problems);
  if (method?.needsImages && !draft.data)
    problems.push(
      `the method ${method.name} learns from images: choose some, or a method that reads the weights alone`,
    );
  if (!draft.targets.length) problems.push('there is no goal yet: say what the result may cost at most');
  if (method) settingsOf(method, draft, opened, dependencies, images, problems);
  return {
    targets: targetsOf(draft, opened, dependencies),
    problems,
    notes,
    seconds: null,
    basis: 'nothing was measured yet',
  };
}

function targetsOf(draft: Draft, { model }: Opened, dependencies: Dependencies): Assessment['targets'] {
  const { least, most } = bounds(model.graph, dependencies, draft.roundTo);
  return draft.targets.map((target) => {
    if (!isStatic(target.metric))
      return {
        reachable: true,
        message: `${target.metric === 'script' ? 'what the script prints' : 'latency'} is measured when the run starts; a goal that can't be reached is refused then`,
        limit: null,
        original: null,
        least: null,
      };
    const [original, lowest] = [costBy(most, target.metric), costBy(least, target.metric)];
    return { ...judge(target, original, lowest), original, least: lowest };
  });
}

async function imagesOf({ model }: Opened, draft: Draft, problems: string[]): Promise<Survey | null> {
  if (!draft.data) return null;
  const { path, limit, validationImages } = draft.data;
  try {
    const found = await survey(path, { limit, validationImages });
    problems.push(...mismatches(model, found));
    return found;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(error.message);
    return null;
  }
}

/** The method's settings, complete; null where they are wrong, which is a problem then. */
function settingsOf(
  method: Method,
  draft: Draft,
  { model }: Opened,
  dependencies: Dependencies,
  images: Survey | null,
  problems: string[],
): unknown {
  const context = { graph: model.graph, dependencies, trainImages: images?.train ?? 1, untrained: false };
  return tried(problems, () => method.settings(draft.settings, draft.effort, context));
}

/** What is refused in words becomes a problem. */
function tried<T>(problems: string[], work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(error.message);
    return null;
  }
}
