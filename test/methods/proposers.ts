import { fullArchitecture } from '../../src/graph/architecture.ts';
import { findGroups } from '../../src/graph/channels.ts';
import { costModel } from '../../src/graph/cost.ts';
import { Random } from '../../src/graph/random.ts';
import type { Graph, Weights } from '../../src/graph/types.ts';
import type { ImageSet, Split } from '../../src/data/types.ts';
import type { Method, MethodContext, MethodEvent, Outcome } from '../../src/methods/types.ts';
import type { Backend, Snapshot } from '../../src/runtime/types.ts';
import { costBy } from '../../src/terms/cost.ts';
import { isStatic } from '../../src/terms/goals.ts';
import type { Budget, Metric } from '../../src/terms/goals.ts';
import { imageSet, smallNet, unit } from './nets.ts';

/** Contexts and runs of the methods that score widths by the source's weights. */
export interface ContextOptions {
  readonly network?: { graph: Graph; weights: Weights };
  readonly given?: Record<string, unknown>;
  /** percent of the original */
  readonly budgets?: readonly (readonly [Metric, number])[];
  readonly resume?: Snapshot;
  readonly roundTo?: number;
  readonly images?: ImageSet;
  readonly seed?: number;
}

const small = { recalibrationBatches: 1, recalibrationBatchSize: 32, validationImages: 40 };

export function contextFor(method: Method, backend: Backend, options: ContextOptions): MethodContext {
  const { graph, weights } = options.network ?? smallNet();
  const dependencies = findGroups(graph);
  const original = costModel(graph, dependencies)(fullArchitecture(dependencies));
  const budgets = (options.budgets ?? [['macs', 50]]).map(([metric, percent]): Budget => {
    const whole = isStatic(metric) ? costBy(original, metric) : 100;
    return { metric, original: whole, limit: (whole * percent) / 100 };
  });
  const about = { graph, dependencies, trainImages: 64, untrained: false };
  return {
    graph,
    weights,
    dependencies,
    budgets,
    random: new Random(options.seed ?? 7),
    settings: method.settings({ ...small, ...options.given }, 'thorough', about),
    images: { set: options.images ?? imageSet(64, 40), preprocess: unit, backend },
    roundTo: options.roundTo ?? 1,
    resume: options.resume,
  };
}

export type Told = Exclude<MethodEvent, { type: 'checkpoint' }>;

/** A whole run; `at`: how many events were told before each checkpoint. Checkpoints as they come back from a file. */
export async function toEnd(
  method: Method,
  context: MethodContext,
): Promise<{ events: Told[]; checkpoints: Snapshot[]; outcome: Outcome; at: number[] }> {
  const events: Told[] = [];
  const checkpoints: Snapshot[] = [];
  const at: number[] = [];
  const generator = method.run(context);
  for (;;) {
    const next = await generator.next();
    if (next.done) return { events, checkpoints, at, outcome: next.value };
    if (next.value.type === 'checkpoint') {
      const { json, arrays } = await next.value.take();
      checkpoints.push({ json: JSON.parse(JSON.stringify(json)), arrays });
      at.push(events.length);
    } else events.push(next.value);
  }
}

/** Images of random networks: noise, whose classes mean nothing. */
export function noise(classes: number): ImageSet {
  const split = (name: Split['name'], size: number): Split => ({
    name,
    size,
    labels: Int32Array.from({ length: size }, (_, i) => i % classes),
    height: 4,
    width: 4,
    channels: 2,
    read: async (indices, out) => {
      for (let k = 0; k < indices.length; k++) {
        const random = new Random(indices[k]);
        for (let i = 0; i < 32; i++) out[k * 32 + i] = random.integer(0, 255);
      }
    },
  });
  return {
    ...imageSet(1, 1),
    train: split('train', 24),
    validation: split('validation', 12),
    height: 4,
    width: 4,
    channels: 2,
  };
}
