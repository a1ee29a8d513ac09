import type { RandomState } from '../../graph/random.ts';
import type { Graph } from '../../graph/types.ts';
import type { ImageWork, MethodContext, MethodImages } from '../types.ts';
import { importanceOf } from './importance.ts';
import type { Importance, SearchCriterion } from './importance.ts';
import { gradientImages, taylorByImages } from './taylor.ts';

/** Images of the gradients that Taylor importance is taken from. */
const taylorBatches = { count: 10, size: 128 };

/** What a search ranks channels by. @param root decides the images of gradients */
export async function searchImportance(
  context: Pick<MethodContext, 'graph' | 'weights' | 'dependencies'>,
  images: MethodImages,
  criterion: SearchCriterion,
  root: RandomState,
): Promise<Importance> {
  const { graph, weights, dependencies } = context;
  if (criterion !== 'taylor') return importanceOf(graph, dependencies, weights, criterion).importance;
  const { count, size } = taylorBatches;
  return (await taylorByImages(context, images, root, count * size, size)).importance;
}

/** The gradients that it takes, for a forecast. @param train images of the training split */
export function searchImportanceWork(graph: Graph, criterion: SearchCriterion, train: number): ImageWork[] {
  if (criterion !== 'taylor') return [];
  const { count, size } = taylorBatches;
  return [{ images: gradientImages(graph, Math.min(train, count * size)), share: 1, opByOp: true }];
}
