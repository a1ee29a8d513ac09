// How well scores rank networks of one budget: see ranks.mjs.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fullArchitecture, leadingChannels } from '../src/graph/architecture.ts';
import { fitToBudget } from '../src/graph/budget.ts';
import { findGroups } from '../src/graph/channels.ts';
import { costModel } from '../src/graph/cost.ts';
import { Random } from '../src/graph/random.ts';
import { prune } from '../src/graph/surgery.ts';
import type { Model, Weights } from '../src/graph/types.ts';
import { loadModel } from '../src/formats/index.ts';
import { importanceOf } from '../src/methods/importance/importance.ts';
import { globalWidths, keepBest } from '../src/methods/importance/widths.ts';
import { costsOf } from '../src/methods/budgets.ts';
import { fineTuneSettings } from '../src/run/plan/fine-tune-settings.ts';
import { raceRounds, roundSettings } from '../src/run/plan/race.ts';
import { openTrainer } from '../src/run/steps/trainer.ts';
import { settle, settlingImages } from '../src/run/steps/settle.ts';
import type { TrainingOptions } from '../src/run/steps/ports.ts';
import { rankCorrelation } from '../src/terms/comparison/rank-correlation.ts';
import type { Architecture, KeptChannels } from '../src/terms/candidates.ts';
import type { Effort } from '../src/terms/choices.ts';
import type { SizeMetric } from '../src/terms/goals.ts';
import type { TrainSettings } from '../src/terms/training.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    limit: { type: 'string' },
    share: { type: 'string', default: '0.5' },
    metric: { type: 'string', default: 'macs' },
    networks: { type: 'string', default: '12' },
    seeds: { type: 'string', default: '1' },
    effort: { type: 'string', default: 'quick' },
    threads: { type: 'string', default: '2' },
    preprocess: { type: 'string', default: 'auto' },
    rows: { type: 'string' },
  },
});

interface Scored {
  readonly name: string;
  /** by proxy, the larger the better */
  readonly proxies: ReadonlyMap<string, number>;
  /** test accuracy, one a seed */
  readonly truth: readonly number[];
}

interface Row {
  readonly name: string;
  readonly proxies: [string, number][];
  readonly truth: number[];
}

/** What an earlier call came to. */
function rowsIn(file: string | undefined): Row[] {
  if (!file || !existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Row);
}

async function main(): Promise<void> {
  const model = await loadModel(values.model!);
  const dependencies = findGroups(model.graph);
  const cost = costModel(model.graph, dependencies);
  const full = fullArchitecture(dependencies);
  const metric = values.metric as SizeMetric;
  const limit = Number(values.share) * cost(full)[metric];
  const budgets = [{ metric, limit, original: cost(full)[metric] }];
  const data = {
    path: values.data!,
    preprocess: values.preprocess,
    ...(values.limit ? { limit: Number(values.limit) } : {}),
  };
  const trainer = await openTrainer(data, model, {
    backend: 'auto',
    threads: Number(values.threads),
    seed: 0,
  });
  const { train, validation } = trainer.images.set;
  const tuning = fineTuneSettings(
    { effort: values.effort as Effort, augment: { flip: true, shift: 4 } },
    { images: train.size, validation: validation.size, macs: cost(full).macs, teaches: true },
  );
  const wanted = Number(values.networks);
  const rounds = raceRounds(12, train.size, tuning);
  const original = { graph: model.graph, weights: model.weights };
  console.log(
    `original ${(await trainer.score(original, 'validation')).accuracy.toFixed(1)} % on ${validation.size} validation images, ${(await trainer.score(original, 'test')).accuracy.toFixed(1)} on test; ${metric} to ${100 * Number(values.share)} %; fine-tuning ${tuning.epochs} epochs of ${train.size} images`,
  );

  const scored: Scored[] = [];
  const known = new Map(rowsIn(values.rows).map((row) => [row.name, row]));
  for (const { name, kept } of contenders().slice(0, wanted)) {
    const earlier = known.get(name);
    if (earlier) {
      scored.push({ ...earlier, proxies: new Map(earlier.proxies) });
      continue;
    }
    const proxies = new Map<string, number>();
    const note = (what: string, { accuracy, loss }: { accuracy: number; loss: number }) => {
      proxies.set(`${what}, accuracy`, accuracy);
      proxies.set(`${what}, loss`, -loss);
    };
    const network = prune(model.graph, model.weights, dependencies, kept);
    const recalibrated = await trainer.recalibrate(network);
    note('cut, recalibrated', await trainer.score({ ...network, weights: recalibrated }, 'validation'));
    for (const [r, round] of rounds.entries()) {
      const weights = await trained(network, roundSettings(tuning, round), { images: round.images, seed: 1 });
      const after = await trainer.recalibrate(
        { ...network, weights },
        undefined,
        settlingImages(round.images, round.epochs),
      );
      note(
        `round ${r + 1}, ${round.images * round.epochs} images`,
        await trainer.score({ ...network, weights: after }, 'validation'),
      );
    }
    const truth: number[] = [];
    for (let seed = 1; seed <= Number(values.seeds); seed++) {
      const weights = await trained(network, tuning, { seed });
      const settled = await settle(trainer, { ...network, weights }, tuning.epochs);
      if (seed === 1) note('fine-tuned, validation', settled.score);
      truth.push((await trainer.score({ ...network, weights: settled.weights }, 'test')).accuracy);
    }
    scored.push({ name, proxies, truth });
    if (values.rows)
      appendFileSync(values.rows, `${JSON.stringify({ name, proxies: [...proxies], truth })}\n`);
    const figures = [...proxies].map(([, value]) => value.toFixed(2)).join(' ');
    console.log(`${name.padEnd(24)} ${figures} | test ${truth.map((one) => one.toFixed(2)).join(' ')}`);
  }

  const means = scored.map(({ truth }) => truth.reduce((a, b) => a + b, 0) / truth.length);
  const best = Math.max(...means);
  const spread = means.reduce((a, b) => a + b, 0) / means.length;
  console.log(
    `\ntest: best ${best.toFixed(2)}, mean ${spread.toFixed(2)}, worst ${Math.min(...means).toFixed(2)}`,
  );
  if (Number(values.seeds) > 1)
    report(
      'the first seed alone',
      scored.map(({ truth }) => truth[0]),
      scored.map(({ truth }) => truth[1]),
    );
  for (const proxy of scored[0].proxies.keys())
    report(
      proxy,
      scored.map(({ proxies }) => proxies.get(proxy)!),
      means,
    );
  await trainer.close();

  function report(name: string, by: readonly number[], truth: readonly number[]): void {
    const found = rankCorrelation(by, truth);
    const pick = by.indexOf(Math.max(...by));
    console.log(
      `${name.padEnd(36)} tau ${found ? `${found.tau.toFixed(2)} ± ${found.error.toFixed(2)}` : 'none'}, regret ${(Math.max(...truth) - truth[pick]).toFixed(2)} (${scored[pick].name})`,
    );
  }

  async function trained(
    network: Model,
    settings: TrainSettings,
    given: Partial<TrainingOptions>,
  ): Promise<Weights> {
    const events = trainer.train(network, settings, { stage: 'race', seed: 1, ...given });
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value.weights;
    }
  }

  /** Plain rules, then widths at random, all fitted to the budget. */
  function contenders(): { name: string; kept: KeptChannels }[] {
    const fit = (widths: Architecture) =>
      fitToBudget(widths, (a) => cost(a)[metric], limit, dependencies, { roundTo: 1 });
    const by = (criterion: 'l1' | 'geometric-median') =>
      importanceOf(model.graph, dependencies, model.weights, criterion).importance;
    const l1 = by('l1');
    const uniform = fit(full);
    const context = {
      graph: model.graph,
      weights: model.weights,
      dependencies,
      budgets,
      random: new Random(0),
      settings: {},
      roundTo: 1,
    };
    const found = [
      { name: 'uniform', kept: leadingChannels(dependencies, uniform) },
      { name: 'l1', kept: keepBest(l1, uniform) },
      { name: 'geometric-median', kept: keepBest(by('geometric-median'), uniform) },
      {
        name: 'l1, global widths',
        kept: keepBest(l1, globalWidths(context, costsOf(model.graph, dependencies, budgets), l1, 0.1)),
      },
    ];
    const random = new Random(7);
    while (found.length < wanted) {
      const widths = fit(
        dependencies.groups.map(({ size, frozen }) =>
          frozen !== undefined ? size : Math.max(1, Math.round(size * (0.3 + 0.7 * random.uniform()))),
        ),
      );
      if (cost(widths)[metric] < 0.95 * limit) continue;
      found.push({
        name: `random ${found.length - 3}: ${widths.join(' ')}`.slice(0, 40),
        kept: keepBest(l1, widths),
      });
    }
    return found;
  }
}

void main();
