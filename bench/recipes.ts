// What each way of fine-tuning brings a network that was just cut: see recipes.mjs.
import { parseArgs } from 'node:util';
import { costModel } from '../src/graph/cost.ts';
import { fullArchitecture } from '../src/graph/architecture.ts';
import { findGroups } from '../src/graph/channels.ts';
import { thaw } from '../src/graph/frozen.ts';
import { fitToBudget } from '../src/graph/budget.ts';
import { prune } from '../src/graph/surgery.ts';
import type { Model } from '../src/graph/types.ts';
import { loadModel } from '../src/formats/index.ts';
import { importanceOf } from '../src/methods/importance/importance.ts';
import { keepBest } from '../src/methods/importance/widths.ts';
import { openTrainer } from '../src/run/steps/trainer.ts';
import { defaultTrainSettings } from '../src/runtime/training/schedule.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    limit: { type: 'string' },
    share: { type: 'string', default: '0.5' },
    seeds: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    curve: { type: 'boolean', default: false },
    preprocess: { type: 'string', default: 'auto' },
  },
});

/** "rate=0.05 steps=800 flip shift=4 kd=0.7 smooth=0.1 adam batch=64" */
function recipe(text: string, images: number) {
  const has = (name: string) => text.split(' ').includes(name);
  const number = (name: string) => {
    const found = new RegExp(`(?:^| )${name}=([\\d.e-]+)`).exec(text);
    return found ? Number(found[1]) : undefined;
  };
  const base = defaultTrainSettings('fine-tune', { images });
  const batchSize = number('batch') ?? base.batchSize;
  const perEpoch = Math.floor(images / Math.min(batchSize, images));
  const epochs = number('epochs') ?? Math.max(1, Math.round((number('steps') ?? 800) / perEpoch));
  const rate = number('rate') ?? base.schedule.rate;
  return {
    ...base,
    batchSize,
    optimizer: has('adam') ? ('adam' as const) : ('sgd' as const),
    epochs,
    schedule: { ...base.schedule, rate, warmupSteps: number('warm') ?? 0 },
    augmentation: { flip: has('flip'), shift: number('shift') ?? 0 },
    labelSmoothing: number('smooth') ?? 0,
    weightDecay: number('decay') ?? base.weightDecay,
    ...(number('clip') ? { clipNorm: number('clip') } : {}),
    ...(number('kd') ? { distillation: number('kd') } : {}),
  };
}

async function main(): Promise<void> {
  const model = await loadModel(values.model!);
  const data = {
    path: values.data!,
    preprocess: values.preprocess,
    ...(values.limit ? { limit: Number(values.limit) } : {}),
  };
  const trainer = await openTrainer(data, model, {
    backend: 'auto',
    threads: Number(values.threads),
    seed: 1,
  });
  const dependencies = findGroups(model.graph, { freeze: [], interiorOutputs: false });
  const cost = costModel(model.graph, dependencies);
  const full = fullArchitecture(dependencies);
  const whole = cost(full).macs;
  const share = Number(values.share);
  const widths = fitToBudget(full, (w) => cost(w).macs / whole / share, 1, dependencies, { roundTo: 1 });
  const { importance } = importanceOf(model.graph, dependencies, model.weights, 'l1');
  const narrow = prune(model.graph, model.weights, dependencies, keepBest(importance, widths));
  const cut: Model = { graph: thaw(narrow.graph), weights: await trainer.recalibrate(narrow) };
  const { set } = trainer.images;
  const score = async (network: Model) => {
    const [v, t] = [await trainer.score(network, 'validation'), await trainer.score(network, 'test')];
    return `val ${v.accuracy.toFixed(2)} ${v.loss.toFixed(3)}  test ${t.accuracy.toFixed(2)}`;
  };
  console.log(`${set.train.size}/${set.validation.size}/${set.test?.size} images; ${trainer.found}`);
  console.log(`original: ${await score(model)}; recalibrated: ${await score(cut)}`);
  for (const text of positionals) {
    const settings = recipe(text, set.train.size);
    for (let seed = 1; seed <= Number(values.seeds); seed++) {
      const began = performance.now();
      const kept: { best?: Model['weights']; right?: Model['weights'] } = {};
      let loss = Infinity;
      let accuracy = -1;

      const at = { loss: 0, accuracy: 0, epoch: 0 };
      const curve: string[] = [];
      const events = trainer.train(cut, settings, { stage: 'fine-tune', seed });
      let weights: Model['weights'];
      let noted = 0;
      try {
        for (;;) {
          const next = await events.next();
          if (next.done) {
            weights = next.value.weights;
            break;
          }
          const event = next.value;
          if (event.type === 'loss') {
            at.epoch = event.epoch;
            curve.push(`${event.accuracy!.toFixed(0)}`);
            noted = 0;
            if (event.validationLoss! < loss) {
              loss = event.validationLoss!;
              at.loss = event.epoch;
              noted |= 1;
            }
            if (event.accuracy! >= accuracy) {
              accuracy = event.accuracy!;
              at.accuracy = event.epoch;
              noted |= 2;
            }
          }
          if (event.type === 'checkpoint' && noted) {
            const now = new Map(
              [...event.take().arrays]
                .filter(([name]) => name.startsWith('weight/'))
                .map(([name, array]) => [name.slice('weight/'.length), array] as const),
            );
            if (noted & 1) kept.best = now;
            if (noted & 2) kept.right = now;
            noted = 0;
          }
        }
      } catch (error) {
        console.log(`${text} seed ${seed}: ${(error as Error).message}`);
        continue;
      }
      const seconds = (performance.now() - began) / 1000;
      console.log(
        `${text} | seed ${seed} ${settings.epochs} epochs ${seconds.toFixed(0)} s | last ${await score({ graph: cut.graph, weights })} | by loss @${at.loss} ${await score({ graph: cut.graph, weights: kept.best! })} | by accuracy @${at.accuracy} ${await score({ graph: cut.graph, weights: kept.right! })}`,
      );
      if (values.curve) console.log(`   ${curve.join(' ')}`);
    }
  }
  await trainer.close();
}

void main();
