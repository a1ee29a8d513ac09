import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Random } from '../src/graph/random.ts';
import { Evolution } from '../src/methods/rewarded-meta/evolution.ts';
import { choicesOf, LEVELS, widthsOf } from '../src/methods/rewarded-meta/levels.ts';
import type { GeneMap } from '../src/methods/rewarded-meta/levels.ts';
import { proposeRandom } from '../src/methods/rewarded-meta/proposals.ts';
import { evolutionSettingsSchema, wholeSpace } from '../src/methods/rewarded-meta/search-space.ts';
import type { EvolutionProblem, EvolutionSettings } from '../src/methods/rewarded-meta/search-space.ts';

/** Architectures whose worth is known, as a searcher meets them. */
interface Landscape {
  readonly problem: EvolutionProblem;
  /** what a searcher is told, by key: noisy */
  readonly score: (key: string) => number;
  /** what it is judged by, of which the score's noise says nothing */
  readonly truth: (key: string) => number;
  /** everything inside of the window */
  readonly keys: readonly string[];
}

/** Trainings of four widths a group (quarters): the first is told, the mean of the others is the truth. */
type Table = Record<string, { readonly acc: readonly number[]; readonly flops: number }>;

const WINDOW = [0.95, 1] as const;

/** As a network of groups of 4 channels, so that levels, widths and cost work as in a run. */
function space(
  count: number,
  flops: (key: string) => number | undefined,
  budget: number,
): Omit<Landscape, 'score' | 'truth'> {
  const plan: GeneMap = {
    groups: Array.from({ length: count }, (_, g) => g),
    geneOf: Array.from({ length: count }, (_, g) => g),
    sizes: new Array<number>(count).fill(4),
    roundTo: 1,
  };
  const key = (genes: readonly number[]) => widthsOf(plan, genes).join('');
  const sideOf = (of: string) => {
    const used = (flops(of) ?? Infinity) / budget;
    return used > WINDOW[1] ? 1 : used < WINDOW[0] ? -1 : 0;
  };
  const problem = {
    genes: count,
    levels: LEVELS,
    side: (genes: readonly number[]) => sideOf(key(genes)) as -1 | 0 | 1,
    key,
    choices: choicesOf(plan),
    point: (genes: readonly number[]) => widthsOf(plan, genes).map((width) => Math.log2(width)),
  };
  return { problem, keys: wholeSpace(problem, Infinity)!.map(key) };
}

function tableLandscape(file: string, share: number): Landscape {
  const table = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Table;
  const count = Object.keys(table)[0].length;
  const full = table['4'.repeat(count)].flops;
  return {
    ...space(count, (key) => table[key]?.flops, share * full),
    score: (key) => table[key].acc[0],
    truth: (key) => (table[key].acc[1] + table[key].acc[2]) / 2,
  };
}

/**
 * Where there is no table: each width of a group has a worth of its own that falls off, neighbours share a little, and
 * a score has the noise of one training. Figures chosen so that its spread is that of the ResNets' table.
 */
function madeLandscape(seed: number, share: number): Landscape {
  const count = 7;
  const random = new Random(seed);
  const worth = Array.from({ length: count }, () => 0.1 + 0.5 * random.uniform());
  const pair = Array.from({ length: count - 1 }, () => 0.3 * (random.uniform() - 0.5));
  const cost = Array.from({ length: count }, () => 0.5 + random.uniform());
  const widths = (key: string) => [...key].map((digit) => Number(digit) / 4);
  const truth = (key: string) => {
    const w = widths(key);
    const own = w.reduce((sum, x, g) => sum + worth[g] * Math.sqrt(x), 0);
    return 90 + own + w.slice(1).reduce((sum, x, g) => sum + pair[g] * x * w[g], 0);
  };
  const flops = (key: string) => {
    const w = widths(key);
    return w.reduce((sum, x, g) => sum + cost[g] * x * (w[g - 1] ?? 1), 0);
  };
  const noise = new Map<string, number>();
  const score = (key: string) => {
    let off = noise.get(key);
    if (off === undefined) noise.set(key, (off = 0.14 * new Random(seed).fork(key).normal()));
    return truth(key) + off;
  };
  return { ...space(count, flops, share * flops('4'.repeat(count))), score, truth };
}

type Searcher = (landscape: Landscape, evaluations: number, random: Random) => string;

const random: Searcher = ({ problem, score }, evaluations, draws) => {
  const seen = new Set<string>();
  let best = '';
  while (seen.size < evaluations) {
    const genes = proposeRandom(problem, evolutionSettingsSchema.parse({}), draws, (g) =>
      seen.has(problem.key(g)),
    );
    if (!genes) break;
    const key = problem.key(genes);
    seen.add(key);
    if (!best || score(key) > score(best)) best = key;
  }
  return best;
};

/** By evaluations; populations as the efforts have them, the least that a surrogate can learn from first. */
const populations: Readonly<Record<number, Partial<EvolutionSettings>>> = {
  60: { population: 10, archive: 10, parents: 4, mutation: 5, crossover: 5, generations: 6 },
  120: { population: 20, archive: 20, parents: 6, mutation: 10, crossover: 10, generations: 6 },
  480: { population: 40, archive: 40, parents: 8, mutation: 20, crossover: 20, generations: 12 },
};

const evolution =
  (given: Partial<EvolutionSettings>): Searcher =>
  ({ problem, score }, evaluations, draws) => {
    const settings = evolutionSettingsSchema.parse({ ...populations[evaluations], ...given });
    const search = new Evolution(problem, settings, draws);
    while (!search.done) {
      const proposals = search.propose();
      search.tell(proposals.map(({ genes }) => score(problem.key(genes))));
    }
    return problem.key(search.archive[0].genes);
  };

const searchers: Readonly<Record<string, Searcher>> = {
  random,
  'evolution as in the paper': evolution({}),
  'its children repaired': evolution({ offspring: 'repaired' }),
  'and a surrogate': evolution({ offspring: 'repaired', surrogate: 'gaussian-process' }),
};

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
/** Standard error of the mean. */
function error(values: readonly number[]): number {
  const m = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1) / values.length);
}
const shown = (values: readonly number[], sign = false) =>
  `${sign && mean(values) > 0 ? '+' : ''}${mean(values).toFixed(3)} ± ${error(values).toFixed(3)}`;

/** Arguments: TABLE or `made`, SHARE of the FLOPs, SEEDS, numbers of EVALUATIONS. */
function main([table, share, seeds, ...evaluated]: string[]): void {
  const made = table === 'made';
  const all = Array.from({ length: Number(seeds) }, (_, i) => i + 1);
  const landscapes = made
    ? all.map((seed) => madeLandscape(seed, Number(share)))
    : new Array<Landscape>(all.length).fill(tableLandscape(table, Number(share)));
  const at = (seed: number) => landscapes[seed - 1];
  const inside = all.map((seed) => at(seed).keys.length);
  const bests = all.map((seed) => {
    const { keys, truth } = at(seed);
    return Math.max(...keys.map(truth));
  });
  const exhaustive = all.map((seed) => {
    const { keys, score, truth } = at(seed);
    return truth(keys.reduce((best, key) => (score(key) > score(best) ? key : best)));
  });
  const average = all.map((seed) => mean(at(seed).keys.map(at(seed).truth)));
  console.log(
    `${made ? 'made landscapes' : 'table'}, ${share} of the FLOPs, ${mean(inside).toFixed(0)} architectures in the window of ${WINDOW.join(' to ')}; ` +
      `truth: mean ${mean(average).toFixed(3)}, best ${mean(bests).toFixed(3)}, chosen by all scores ${mean(exhaustive).toFixed(3)}\n`,
  );
  console.log('| searcher | evaluations | truth of what is chosen | against random, paired |');
  console.log('|---|---:|---:|---:|');
  for (const evaluations of evaluated.map(Number)) {
    const found = Object.entries(searchers).map(([name, search]) => {
      const truths = all.map((seed) => {
        const landscape = at(seed);
        return landscape.truth(search(landscape, evaluations, new Random(seed).fork(`${name}`)));
      });
      return [name, truths] as const;
    });
    const chance = found[0][1];
    for (const [name, truths] of found) {
      const gains = truths.map((t, i) => t - chance[i]);
      const beats =
        name === 'random' ? '' : `${shown(gains, true)} (${(mean(gains) / error(gains)).toFixed(1)} s.e.)`;
      console.log(`| ${name} | ${evaluations} | ${shown(truths)} | ${beats} |`);
    }
  }
}

main(process.argv.slice(2));
