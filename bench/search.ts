import { parseArgs } from 'node:util';
import { Random } from '../src/graph/random.ts';
import { wholeSpace } from '../src/methods/rewarded-meta/evolution/search-space.ts';
import { curveSearchers, LOW, searchers, spaceOf } from './searchers.ts';
import { madeWorld, tableWorld } from './search-world.ts';
import type { World } from './search-world.ts';

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
/** Standard error of the mean. */
function error(values: readonly number[]): number {
  const m = mean(values);
  return Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / (values.length - 1) / values.length);
}
const shown = (values: readonly number[], sign = false) =>
  `${sign && mean(values) > 0 ? '+' : ''}${mean(values).toFixed(3)} ± ${error(values).toFixed(3)}`;

/** The world, and how often each architecture was asked for: a searcher is held to what it was allowed. */
function counted(world: World): { world: World; asked: Set<string> } {
  const asked = new Set<string>();
  const score = (key: string) => {
    asked.add(key);
    return world.score(key);
  };
  return { world: { ...world, score }, asked };
}

/** The points of a run, as shares of its goal: --points 5. */
const POINTS = [1, 2, 3, 4].map((k) => 0.25 ** (k / 4));

/** Networks at five budgets: each searched for by itself, or all by one policy that sees its budget. */
async function curves(
  worldOf: (seed: number, share: number) => World,
  share: number,
  seeds: readonly number[],
  evaluations: readonly number[],
  wanted: readonly string[],
): Promise<void> {
  console.log('| searcher | evaluations asked for | mean truth | its points | scored in all |');
  console.log('|---|---:|---:|---|---:|');
  for (const asked of evaluations)
    for (const [name, search] of Object.entries(curveSearchers)) {
      if (!wanted.some((part) => name.toLowerCase().includes(part.toLowerCase()))) continue;
      const found: number[][] = [];
      let scored = 0;
      for (const seed of seeds) {
        const worlds = [1, ...POINTS].map((point) => counted(worldOf(seed, point * share)));
        const random = new Random(seed).fork(name);
        const keys = await search(
          worlds.map(({ world }) => world),
          POINTS,
          asked,
          random,
        );
        found.push(keys.map((key, i) => worlds[i].world.truth(key)));
        const together = /one (policy|search)/.test(name);
        const all = worlds.flatMap((one) => [...one.asked]);
        scored += (together ? new Set(all).size : all.length) / seeds.length;
      }
      const points = found[0].map((_, i) => mean(found.map((one) => one[i])).toFixed(3)).join(', ');
      console.log(`| ${name} | ${asked} | ${shown(found.map(mean))} | ${points} | ${scored.toFixed(0)} |`);
    }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      table: { type: 'string', default: 'made' },
      share: { type: 'string', default: '0.5' },
      seeds: { type: 'string', default: '20' },
      evaluations: { type: 'string', default: '60,120,480' },
      searcher: { type: 'string', default: '' },
      first: { type: 'string', default: '1' },
      curve: { type: 'boolean', default: false },
    },
  });
  const made = values.table === 'made';
  const share = Number(values.share);
  const all = Array.from({ length: Number(values.seeds) }, (_, i) => i + Number(values.first));
  if (values.curve) {
    const tables = new Map<number, World>();
    const tableOf = (at: number) => {
      if (!tables.has(at)) tables.set(at, tableWorld(values.table, at));
      return tables.get(at)!;
    };
    const worldAt = (seed: number, at: number) => (made ? madeWorld(seed, at) : tableOf(at));
    const wanted = values.searcher.split(',');
    await curves(worldAt, share, all, values.evaluations.split(',').map(Number), wanted);
    return;
  }
  const worlds = made
    ? all.map((seed) => madeWorld(seed, share))
    : new Array<World>(all.length).fill(tableWorld(values.table, share));
  const worldOf = (seed: number) => worlds[all.indexOf(seed)];
  const known = all.map((seed, i) => {
    if (!made && i > 0) return null;
    const world = worldOf(seed);
    const { problem, key } = spaceOf(world);
    const keys = wholeSpace(problem, Infinity)!.map(key);
    return {
      inside: keys.length,
      best: Math.max(...keys.map(world.truth)),
      exhaustive: world.truth(
        keys.reduce((best, one) => (world.score(one) > world.score(best) ? one : best)),
      ),
      average: mean(keys.map(world.truth)),
    };
  });
  const over = (of: (one: NonNullable<(typeof known)[number]>) => number) =>
    mean(known.flatMap((one) => (one ? [of(one)] : [])));
  console.log(
    `${made ? 'made landscapes' : 'table'}, ${values.share} of the FLOPs, ${over((k) => k.inside).toFixed(0)} architectures in the window of ${LOW} to 1; ` +
      `truth: mean ${over((k) => k.average).toFixed(3)}, best ${over((k) => k.best).toFixed(3)}, chosen by all scores ${over((k) => k.exhaustive).toFixed(3)}\n`,
  );
  const wanted = values.searcher.split(',');
  const taken = Object.entries(searchers).filter(
    ([name]) => name === 'random' || wanted.some((part) => name.toLowerCase().includes(part.toLowerCase())),
  );
  console.log('| searcher | evaluations | truth of what is chosen | against random, paired | scored |');
  console.log('|---|---:|---:|---:|---:|');
  for (const evaluations of values.evaluations.split(',').map(Number)) {
    let chance: readonly number[] = [];
    for (const [name, search] of taken) {
      // hours: only where it is asked for by name
      if (name === 'SAC' && evaluations > 120 && !values.searcher) continue;
      const truths: number[] = [];
      const scored: number[] = [];
      for (const seed of all) {
        const { world, asked } = counted(worldOf(seed));
        truths.push(world.truth(await search(world, evaluations, new Random(seed).fork(name))));
        scored.push(asked.size);
      }
      if (name === 'random') chance = truths;
      const gains = truths.map((t, i) => t - chance[i]);
      const beats =
        name === 'random' ? '' : `${shown(gains, true)} (${(mean(gains) / error(gains)).toFixed(1)} s.e.)`;
      console.log(`| ${name} | ${evaluations} | ${shown(truths)} | ${beats} | ${mean(scored).toFixed(0)} |`);
    }
  }
}

void main();
