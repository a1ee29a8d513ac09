import { expect, it } from 'vitest';
import { openImages } from '../../src/data/open.ts';
import { fullArchitecture } from '../../src/graph/architecture.ts';
import { costModel } from '../../src/graph/cost.ts';
import { GraphBuilder } from '../support/builder.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { Random } from '../../src/graph/random.ts';
import { narrowGraph } from '../../src/graph/surgery.ts';
import { FixedBatches, epochBatches } from '../../src/methods/images.ts';
import { methodNamed } from '../../src/methods/index.ts';
import type { MethodContext, Outcome } from '../../src/methods/types.ts';
import { openBackend } from '../../src/runtime/backend/open.ts';
import { Network } from '../../src/runtime/training/network.ts';
import { defaultTrainSettings } from '../../src/runtime/training/schedule.ts';
import { evaluate } from '../../src/runtime/scoring/score.ts';
import { trainToEnd } from '../support/train-to-end.ts';
import { needs, shared, sharedPath } from '../support/needs.ts';

const folder = sharedPath('data/fashion-mnist');
const need = needs(shared('data/fashion-mnist'));
const unit = { name: 'unit', scale: [1 / 255], offset: [0], bgr: false };

function network() {
  const b = new GraphBuilder({ seed: 5 });
  const x = b.input([28, 28, 1]);
  let h = b.relu(b.batchNorm(b.conv(x, 12, 3, { stride: 2, bias: false })));
  for (const width of [16, 24]) {
    const short = b.batchNorm(b.conv(h, width, 1, { stride: 2, bias: false }));
    h = b.relu(b.batchNorm(b.conv(h, width, 3, { stride: 2, bias: false })));
    h = b.relu(b.merge('add', [short, b.batchNorm(b.conv(h, width, 3, { bias: false }))]));
  }
  return b.build(b.softmax(b.dense(b.globalPool(h), 10)));
}

it.skipIf(need.skip)(
  need.name(
    "halves a network trained on 2,000 Fashion-MNIST images, to the accuracy that it says, near the original's",
  ),
  async () => {
    const backend = await openBackend();
    const set = await openImages(folder, { limit: 2000, validationImages: 500 });
    const images = { set, preprocess: unit, backend };
    const { graph, weights: start } = network();
    const source = new Network(backend, graph, start);
    const settings = defaultTrainSettings('scratch', { images: set.train.size, epochs: 3 });
    await trainToEnd(source, {
      batches: epochBatches(images, new Random(1).state, settings),
      stepsPerEpoch: Math.ceil(set.train.size / settings.batchSize),
      settings,
    });
    const weights = source.weights();
    source.dispose();
    const dependencies = findGroups(graph);
    const cost = costModel(graph, dependencies);
    const original = cost(fullArchitecture(dependencies));
    const validation = FixedBatches.draw(set.validation, unit, new Random(0), 500, 250);

    const run = async (name: string, given: Record<string, unknown>): Promise<Outcome> => {
      const method = methodNamed(name);
      const about = { graph, dependencies, trainImages: set.train.size, untrained: false };
      const context: MethodContext = {
        graph,
        weights,
        dependencies,
        budgets: [{ metric: 'macs', limit: original.macs / 2, original: original.macs }],
        random: new Random(2),
        settings: method.settings(given, 'quick', about),
        images,
        roundTo: 1,
      };
      const events = method.run(context);
      for (;;) {
        const next = await events.next();
        if (next.done) return next.value;
      }
    };
    const searched = await run('rewarded-meta', {
      epochs: 2,
      population: 8,
      generations: 3,
      validationImages: 500,
    });
    const { chosen } = searched;
    expect(chosen.cost.macs).toBeLessThanOrEqual(original.macs / 2);
    const narrow = narrowGraph(graph, dependencies, chosen.kept);
    const found = await evaluate({ graph: narrow, weights: searched.weights! }, validation, { backend });
    const whole = await evaluate({ graph, weights }, validation, { backend });
    await set.close();
    expect(found.accuracy).toBeCloseTo(chosen.accuracies.recalibrated!, 6);
    expect(found.accuracy).toBeGreaterThan(whole.accuracy - 25);
    if (process.env.ESPALIER_VERBOSE) console.log({ whole: whole.accuracy, found: found.accuracy });
  },
);
