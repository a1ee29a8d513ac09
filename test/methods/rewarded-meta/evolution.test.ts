import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/graph/random.ts';
import { Evolution } from '../../../src/methods/rewarded-meta/evolution/evolution.ts';
import {
  type EvolutionProblem,
  evolutionSettingsSchema,
} from '../../../src/methods/rewarded-meta/evolution/search-space.ts';
import {
  proposeCrossover,
  proposeMutation,
  repair,
  settleChild,
} from '../../../src/methods/rewarded-meta/evolution/proposals.ts';

const paper = evolutionSettingsSchema.parse({});

/** Cost: the sum of levels with weights. */
function toy(
  weights: number[],
  low: number,
  high: number,
  levels = 31,
): EvolutionProblem & { cost: (g: readonly number[]) => number } {
  const cost = (genes: readonly number[]) => genes.reduce((sum, g, i) => sum + g * weights[i], 0);
  return {
    genes: weights.length,
    levels,
    cost,
    side: (genes) => (cost(genes) > high ? 1 : cost(genes) < low ? -1 : 0),
    key: (genes) => genes.join(),
  };
}

function run(evolution: Evolution, score: (genes: readonly number[]) => number): void {
  while (!evolution.done) evolution.tell(evolution.propose().map((p) => score(p.genes)));
}

describe('the search with the constants of the paper', () => {
  // 20 genes, as of ResNet-50
  const weights = Array.from({ length: 20 }, (_, i) => 1 + (i % 3));
  const problem = toy(weights, 540, 600);
  const value = (genes: readonly number[]) => genes.reduce((sum, g, i) => sum + Math.sqrt(g) * (i + 1), 0);

  it('scores 20 generations of 50, all inside, none twice, mutations and crossovers half and half', () => {
    const evolution = new Evolution(problem, paper, new Random(1));
    const seen = new Set<string>();
    let best = -Infinity;
    while (!evolution.done) {
      const generation = evolution.generation;
      const proposals = evolution.propose();
      expect(proposals).toHaveLength(50);
      const count = (origin: string) => proposals.filter((p) => p.origin === origin).length;
      if (generation === 0) expect(count('random')).toBe(50);
      else {
        expect(count('mutation')).toBeLessThanOrEqual(25);
        expect(count('crossover')).toBeLessThanOrEqual(25);
        // while the parents still differ, nothing is left to draw at random
        if (generation <= 5) expect(count('random')).toBe(0);
      }
      for (const { genes } of proposals) {
        expect(problem.cost(genes)).toBeGreaterThanOrEqual(540);
        expect(problem.cost(genes)).toBeLessThanOrEqual(600);
        expect(seen.has(genes.join())).toBe(false);
        seen.add(genes.join());
      }
      evolution.tell(proposals.map((p) => value(p.genes)));
      expect(evolution.archive[0].score).toBeGreaterThanOrEqual(best);
      best = evolution.archive[0].score;
    }
    expect(seen.size).toBe(1000);
    const scores = [...seen].map((k) => value(k.split(',').map(Number))).sort((a, b) => b - a);
    expect(evolution.archive.map((s) => s.score)).toEqual(scores.slice(0, 50));
  });

  it('is decided by its seed', () => {
    const twice = [7, 7, 8].map((seed) => {
      const evolution = new Evolution(problem, paper, new Random(seed));
      run(evolution, value);
      return JSON.stringify(evolution.state);
    });
    expect(twice[0]).toBe(twice[1]);
    expect(twice[0]).not.toBe(twice[2]);
  });

  it('goes on from its state in JSON as if it had not stopped, also between propose and tell', () => {
    const whole = new Evolution(problem, paper, new Random(3));
    run(whole, value);
    let parts = new Evolution(problem, paper, new Random(3));
    while (!parts.done) {
      parts.propose();
      parts = Evolution.restore(problem, paper, JSON.parse(JSON.stringify(parts.state)));
      parts.tell(parts.propose().map((p) => value(p.genes)));
      parts = Evolution.restore(problem, paper, JSON.parse(JSON.stringify(parts.state)));
    }
    expect(parts.state).toEqual(whole.state);
  });

  it('refuses a damaged state and settings that contradict each other', () => {
    expect(() => Evolution.restore(problem, paper, { generation: 1 })).toThrow(/damaged/);
    expect(() => new Evolution(problem, { ...paper, lowLevel: 9, highLevel: 3 }, new Random(0))).toThrow(
      /9 to 3/,
    );
    expect(() => new Evolution(problem, { ...paper, mutation: 40 }, new Random(0))).toThrow(/population/);
  });

  it('treats a score that is not a number as the worst', () => {
    const evolution = new Evolution(problem, { ...paper, generations: 1 }, new Random(2));
    evolution.tell(evolution.propose().map((_, i) => (i === 0 ? NaN : -i)));
    expect(evolution.archive.at(-1)!.score).toBe(-Number.MAX_VALUE);
    expect(evolution.archive[0].score).toBe(-1);
    expect(() => JSON.parse(JSON.stringify(evolution.state))).not.toThrow();
  });
});

describe('against brute force', () => {
  // 5 groups of 5 levels, each level's value fixed by hand, not monotone, so that the window alone decides nothing
  const values = [
    [0, 4, 5, 6, 6.5],
    [0, 1, 9, 9.5, 9.6],
    [0, 7, 7.2, 7.4, 7.5],
    [0, 2, 3, 8, 8.1],
    [0, 0.5, 1, 1.5, 10],
  ];
  const problem = toy([3, 1, 4, 1, 5], 20, 26, 5);
  const score = (genes: readonly number[]) => genes.reduce((sum, g, i) => sum + values[i][g], 0);

  it('finds the optimum of all 3125 architectures by trying far fewer', () => {
    let optimum = -Infinity;
    for (let n = 0; n < 5 ** 5; n++) {
      const genes = [0, 1, 2, 3, 4].map((i) => Math.floor(n / 5 ** i) % 5);
      if (problem.side(genes) === 0) optimum = Math.max(optimum, score(genes));
    }
    const settings = {
      ...paper,
      population: 20,
      archive: 20,
      parents: 6,
      mutation: 10,
      crossover: 10,
      generations: 12,
      highLevel: 4,
      mutationProbability: 0.3,
    };
    for (const seed of [1, 2, 3]) {
      const evolution = new Evolution(problem, settings, new Random(seed));
      run(evolution, score);
      expect(evolution.archive[0].score).toBe(optimum);
      expect(evolution.state.seen.length).toBeLessThan(300);
    }
  });

  it('ends where the whole space is smaller than what it was asked to try', () => {
    const tiny = toy([1, 1], 2, 3, 3);
    const evolution = new Evolution(tiny, { ...paper, highLevel: 2, generations: 3 }, new Random(5));
    run(evolution, (genes) => genes[0]);
    // sums 2 and 3 of two genes 0..2
    expect(evolution.archive.map((s) => s.genes.join()).sort()).toEqual(['0,2', '1,1', '1,2', '2,0', '2,1']);
  });
});

describe('proposals', () => {
  it('a mutation changes a gene with its probability, to each other level alike', () => {
    const random = new Random(4);
    const counts = new Array(31).fill(0);
    let changed = 0;
    let total = 0;
    proposeMutation(
      [new Array(20).fill(13)],
      { mutation: 4000, mutationProbability: 0.1 },
      31,
      random,
      (genes) => {
        for (const g of genes) {
          total++;
          if (g !== 13) changed++;
          counts[g]++;
        }
        return true;
      },
    );
    expect(changed / total).toBeGreaterThan(0.095);
    expect(changed / total).toBeLessThan(0.105);
    const others = counts.filter((_, level) => level !== 13);
    expect(Math.min(...others)).toBeGreaterThan((changed / 30) * 0.75);
    expect(Math.max(...others)).toBeLessThan((changed / 30) * 1.25);
  });

  it('a crossover takes each gene from one of two distinct parents', () => {
    const parents = [new Array(16).fill(1), new Array(16).fill(2), new Array(16).fill(3)];
    let mixed = 0;
    proposeCrossover(parents, { crossover: 200 }, new Random(6), (genes) => {
      const kinds = new Set(genes).size;
      expect(kinds).toBeLessThanOrEqual(2);
      if (kinds === 2) mixed++;
      return true;
    });
    expect(mixed).toBeGreaterThan(195);
  });

  it('both give up after ten times as many tries as they were asked for', () => {
    let tries = 0;
    const never = () => (tries++, false);
    proposeMutation([[1, 2]], paper, 31, new Random(0), never);
    expect(tries).toBe(250);
    proposeCrossover([[1], [2]], paper, new Random(0), never);
    expect(tries).toBe(500);
    proposeCrossover([[1]], paper, new Random(0), never);
    expect(tries).toBe(500);
  });

  it('a repair ends inside of the window, or below it where levels are too coarse, never above', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0.02, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (weights, share, width, seed) => {
          const all = weights.reduce((a, b) => a + b, 0) * 30;
          const problem = toy(weights, all * share * width, all * share);
          const random = new Random(seed);
          const start = weights.map(() => random.integer(0, 30));
          const genes = repair(problem, start, random)!;
          expect(genes.every((g) => Number.isInteger(g) && g >= 0 && g <= 30)).toBe(true);
          expect(problem.side(genes)).not.toBe(1);
          if (problem.side(genes) === -1)
            for (let i = 0; i < genes.length; i++)
              if (genes[i] < 30) expect(problem.side(genes.map((g, j) => g + Number(i === j)))).toBe(1);
        },
      ),
      { numRuns: 200, seed: 11 },
    );
  });

  it('says so where even the smallest is above', () => {
    const problem: EvolutionProblem = { ...toy([1], 0, 1), side: () => 1 };
    expect(repair(problem, [5], new Random(0))).toBe(null);
    expect(new Evolution(problem, paper, new Random(0)).propose()).toEqual([]);
  });

  it('fills a population under a budget that uniform levels practically never meet', () => {
    const problem = toy(new Array(20).fill(1), 20, 22);
    const evolution = new Evolution(problem, { ...paper, tries: 50 }, new Random(9));
    const first = evolution.propose();
    expect(first).toHaveLength(50);
    expect(first.every((p) => problem.side(p.genes) === 0)).toBe(true);
  });
});

describe('where next to no child is inside by itself', () => {
  // six groups of two to eight widths of 31 levels each, as of a small network in multiples of 8, in a window of 5 %
  const widths = [2, 2, 4, 4, 8, 8];
  const widthOf = (level: number, g: number) => 1 + Math.round((level / 30) * (widths[g] - 1));
  const cost = (genes: readonly number[]) =>
    genes.reduce((sum, level, g) => sum + (widthOf(level, g) / widths[g]) * (g + 1), 0);
  const narrow = (share: number): EvolutionProblem => ({
    genes: 6,
    levels: 31,
    side: (genes) => (cost(genes) > share * 21 ? 1 : cost(genes) < 0.95 * share * 21 ? -1 : 0),
    key: (genes) => genes.map(widthOf).join(),
  });
  const settings = { ...paper, population: 20, parents: 6, mutation: 10, crossover: 10, generations: 6 };
  const worth = (genes: readonly number[]) =>
    genes.reduce((sum, level, g) => sum + Math.sqrt(widthOf(level, g) / widths[g]) * ((g * 5) % 7), 0);

  it('children are brought into the window instead of being replaced by random candidates', () => {
    const refills = (['rejected', 'repaired'] as const).map((offspring) => {
      const evolution = new Evolution(narrow(0.5), { ...settings, offspring }, new Random(1));
      const drawn: string[] = [];
      while (!evolution.done) {
        const proposals = evolution.propose();
        if (evolution.generation > 0) drawn.push(...proposals.map(({ origin }) => origin));
        for (const { genes } of proposals) expect(narrow(0.5).side(genes)).not.toBe(1);
        evolution.tell(proposals.map(({ genes }) => worth(genes)));
      }
      return drawn.filter((origin) => origin === 'random').length / drawn.length;
    });
    expect(refills[0]).toBeGreaterThan(0.4);
    expect(refills[1]).toBeLessThan(0.5 * refills[0]);
  });

  it('a child that is brought in is another network than its parent, its new genes kept where they can be', () => {
    const problem = narrow(0.5);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new Random(seed);
        const draw = () => problem.key.length && Array.from({ length: 6 }, () => random.integer(0, 30));
        const parent = repair(problem, draw() as number[], random)!;
        const child = settleChild(problem, parent, random, parent);
        if (!child) return;
        expect(problem.side(child)).not.toBe(1);
        const given = [...parent];
        given[5] = 30;
        const settled = settleChild(problem, given, random, parent)!;
        if (problem.key(given) !== problem.key(parent) && problem.side(settled) === 0)
          expect([problem.side(given) === 1, settled[5]]).toEqual([problem.side(given) === 1, 30]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('a window that holds no more than would be tried is tried whole, each once', () => {
    const choices = widths.map((count) =>
      Array.from({ length: count }, (_, k) => Math.round((30 * k) / (count - 1))),
    );
    const problem = { ...narrow(0.35), choices };
    const inside: string[] = [];
    for (let n = 0; n < 4096; n++) {
      let rest = n;
      const genes = choices.map((levels) => {
        const level = levels[rest % levels.length];
        rest = Math.floor(rest / levels.length);
        return level;
      });
      if (problem.side(genes) === 0) inside.push(problem.key(genes));
    }
    expect(inside.length).toBeGreaterThan(5);
    expect(inside.length).toBeLessThan(120);
    const evolution = new Evolution(problem, { ...settings, offspring: 'repaired' }, new Random(1));
    const proposals = evolution.propose();
    expect(proposals.map(({ genes }) => problem.key(genes)).sort()).toEqual(inside.sort());
    evolution.tell(proposals.map(({ genes }) => worth(genes)));
    expect(evolution.done).toBe(true);
    const best = proposals.reduce((a, b) => (worth(b.genes) > worth(a.genes) ? b : a));
    expect(evolution.archive[0].genes).toEqual(best.genes);
  });

  it('a surrogate finds better than what is only lucky, and goes on from its state as if it had not stopped', () => {
    const problem = { ...narrow(0.5), point: (genes: readonly number[]) => genes.map(widthOf) };
    const gains: number[] = [];
    for (let seed = 1; seed <= 12; seed++) {
      const score = (genes: readonly number[]) =>
        worth(genes) + 0.5 * new Random(seed).fork(problem.key(genes)).normal();
      const [plain, guided] = (['none', 'gaussian-process'] as const).map((surrogate) => {
        const given = { ...settings, offspring: 'repaired' as const, surrogate };
        let evolution = new Evolution(problem, given, new Random(seed));
        while (!evolution.done) {
          evolution.propose();
          if (seed === 1)
            evolution = Evolution.restore(problem, given, JSON.parse(JSON.stringify(evolution.state)));
          evolution.tell(evolution.propose().map(({ genes }) => score(genes)));
        }
        if (seed === 1) {
          const whole = new Evolution(problem, given, new Random(seed));
          run(whole, score);
          expect(evolution.archive).toEqual(whole.archive);
        }
        return worth(evolution.archive[0].genes);
      });
      gains.push(guided - plain);
    }
    const mean = gains.reduce((a, b) => a + b, 0) / gains.length;
    const error = Math.sqrt(
      gains.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (gains.length - 1) / gains.length,
    );
    expect(mean).toBeGreaterThan(2 * error);
  });
});
