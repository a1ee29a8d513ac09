import { InputError } from '../graph/errors.ts';
import type { Graph } from '../graph/types.ts';
import { headsOf, labelledHead } from './heads.ts';

/** Numbers of classes that the network's outputs tell apart; empty where none is a row of scores. */
export function classCounts(graph: Graph): readonly number[] {
  try {
    return [...new Set(headsOf(graph).flatMap(({ classes }) => classes ?? []))];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

/** Why a network whose classes would be read from one unit tells none apart, in a clause; null for any other. */
export function oneUnitProblem(graph: Graph): string | null {
  const { size, kind, last } = labelledHead(graph);
  if (size !== 1) return null;
  if (kind === 'softmax')
    return 'the network ends in a softmax over one unit, which says 1 whatever it sees: train it with a sigmoid, or with two units';
  if (last !== undefined)
    return `the network ends in one unit behind ${last}, so it tells no classes apart: Espalier takes one with a sigmoid, or without activation`;
  return null;
}
