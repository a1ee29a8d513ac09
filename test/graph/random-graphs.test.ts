import fc from 'fast-check';
import { describe, it } from 'vitest';
import { findGroups } from '../../src/graph/channels.ts';
import { Random } from '../../src/graph/random.ts';
import {
  costsAgree,
  permutationLeavesOutputs,
  prunedEqualsZeroed,
  randomInputs,
  randomKept,
} from './checks.ts';
import { randomNetwork } from './random-network.ts';

describe('random networks', () => {
  it('pruned equals zeroed, permutations change nothing, costs agree', () => {
    const runs = Number(process.env.ESPALIER_PROPERTY_RUNS ?? 60);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 2, max: 14 }), (seed, steps) => {
        const { graph, weights } = randomNetwork(seed, steps);
        const dependencies = findGroups(graph);
        const random = new Random(seed);
        const inputs = randomInputs(graph, random);
        const kept = randomKept(dependencies, random, random.uniform());
        costsAgree(graph, dependencies, kept);
        prunedEqualsZeroed(graph, weights, dependencies, kept, inputs);
        permutationLeavesOutputs(graph, weights, dependencies, random, inputs);
      }),
      { seed: 20, numRuns: runs },
    );
  });
});
