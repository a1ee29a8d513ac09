import type * as tfc from '@tensorflow/tfjs-core';
import * as z from 'zod';
import { InputError } from '../../graph/errors.ts';
import { Random, type RandomState } from '../../graph/random.ts';
import { inferShapes, onlyInputShape } from '../../graph/shapes.ts';
import { narrowGraph } from '../../graph/surgery.ts';
import type { Dependencies, Graph, Weights } from '../../graph/types.ts';
import { clipByGlobalNorm } from '../../runtime/training/clip.ts';
import { dropoutMasks } from '../../runtime/training/dropout.ts';
import { forward } from '../../runtime/forward.ts';
import { aimedGraph, aimsOf, lossOf, targetsOf } from '../../runtime/training/losses.ts';
import type { Aim } from '../../runtime/training/losses.ts';
import type { StepOptions } from '../../runtime/training/network.ts';
import { Optimizer } from '../../runtime/training/optimizer.ts';
import type { Backend, Batch, Snapshot } from '../../runtime/types.ts';
import { cropper } from './generators/crop.ts';
import type { WeightGenerator } from './generators/generator.ts';
import type { GeneMap, Genes } from './levels.ts';
import { widthsOf } from './levels.ts';
import type { Architecture, KeptChannels } from '../../terms/candidates.ts';
import { generatorKinds } from './generators/generator.ts';

const snapshotSchema = z.object({
  kind: z.literal('supernet'),
  generator: z.enum(generatorKinds),
  step: z.number().int().nonnegative(),
});

/** A network at no fixed width: its weights come from a generator, for any genes. Trains the generator. Dispose it. */
export class Supernet {
  private steps = 0;
  private readonly optimizer: Optimizer;

  /**
   * @param weights the source's, for what no generator makes (moving statistics, frozen layers)
   * @param sample the encoding vector of a training step, from that step's own random numbers
   */
  constructor(
    private readonly backend: Backend,
    private readonly graph: Graph,
    private readonly weights: Weights,
    private readonly dependencies: Dependencies,
    private readonly geneMap: GeneMap,
    readonly generator: WeightGenerator,
    private readonly sample: (random: Random) => Genes,
    private readonly random: RandomState,
  ) {
    this.optimizer = new Optimizer(backend);
  }

  /** Number of training steps taken. */
  get step(): number {
    return this.steps;
  }

  /** Channels kept at these genes, ascending: the first of each group's order. */
  kept(genes: Genes): KeptChannels {
    return this.keptAt(widthsOf(this.geneMap, genes));
  }

  private keptAt(architecture: Architecture): KeptChannels {
    return architecture.map((width, g) => this.generator.order[g].slice(0, width).sort((a, b) => a - b));
  }

  /** The network at these genes: its graph, and its generated weights (moving statistics are still the source's). */
  narrow(genes: Genes): { graph: Graph; weights: Weights; kept: KeptChannels } {
    const { tf } = this.backend;
    const kept = this.kept(genes);
    const graph = narrowGraph(this.graph, this.dependencies, kept);
    const weights = new Map<string, Float32Array>();
    tf.tidy(() => {
      const param = this.params(genes, kept);
      for (const id of Object.keys(graph.params)) weights.set(id, param(id).dataSync<'float32'>().slice());
    });
    return { graph, weights, kept };
  }

  /** Every parameter at these genes, each made once; inside a tidy. */
  private params(genes: Genes, kept: KeptChannels): (id: string) => tfc.Tensor {
    const { tf } = this.backend;
    const crop = cropper(tf, this.dependencies, kept);
    const full = this.generator.at(genes);
    const made = new Map<string, tfc.Tensor>();
    return (id) => {
      let tensor = made.get(id);
      if (!tensor) made.set(id, (tensor = crop(id, full(id) ?? this.constant(id))));
      return tensor;
    };
  }

  private constant(id: string): tfc.Tensor {
    const values = this.weights.get(id);
    if (!values) throw new InputError(`weight ${id} is missing`);
    return this.backend.tf.tensor(values.slice(), [...this.graph.params[id].shape]);
  }

  /** What each aim's output is before its activation, with gradients' path to the generator; inside a tidy. */
  private values(batch: Batch, aims: readonly Aim[], genes: Genes, dropoutSeed: number): tfc.Tensor[] {
    const { backend } = this;
    const kept = this.kept(genes);
    const graph = aimedGraph(narrowGraph(this.graph, this.dependencies, kept), aims);
    const x = backend.tf.tensor(batch.x, [batch.n, ...onlyInputShape(graph)]);
    const masks = dropoutMasks(backend.tf, graph, inferShapes(graph), batch.n, dropoutSeed);
    return forward(backend, graph, this.params(genes, kept), [x], {
      training: true,
      thawBatchNorm: true,
      dropoutMasks: masks,
    });
  }

  /**
   * One mini-batch at one random architecture: the loss (losses.ts), gradients to the generator, an update.
   * @returns the loss before the update (with label smoothing)
   */
  trainStep(batch: Batch, { rate, settings, seed }: StepOptions): number {
    const { tf } = this.backend;
    const aims = aimsOf(this.graph, batch.answers !== undefined);
    const { rows, weights, reported } = targetsOf(aims, batch, { labelSmoothing: settings.labelSmoothing });
    const genes = this.sample(new Random(this.random).fork(`architecture ${this.steps}`));
    const dropoutSeed = ((seed ?? 0) + Math.imul(this.steps, 0x9e3779b1)) >>> 0;
    return tf.tidy(() => {
      const trained = [...this.generator.variables];
      const list = trained.map(([, t]) => t.variable);
      const { value, grads } = tf.variableGrads(() => {
        const values = this.values(batch, aims, genes, dropoutSeed);
        const targets = rows.map(({ values, shape }) => tf.tensor2d(values, shape));
        return lossOf(this.backend, aims, values, targets, weights);
      }, list);
      this.steps++;
      const gradients: Record<string, tfc.Tensor | null> = settings.clipNorm
        ? clipByGlobalNorm(this.backend, grads, settings.clipNorm)
        : grads;
      for (const [name, { variable, decays, rate: factor }] of trained) {
        const gradient = gradients[variable.name];
        if (!gradient) continue;
        const update = { rate: rate * factor, settings, step: this.steps };
        this.optimizer.apply(name, variable, gradient, decays, update);
      }
      return reported(value.dataSync()[0]);
    });
  }

  /** Everything that further steps depend on; without `momenta`, what the weights depend on. */
  snapshot(momenta = true): Snapshot {
    const arrays = new Map<string, Float32Array>();
    for (const [name, { variable }] of this.generator.variables)
      arrays.set(`variable/${name}`, variable.dataSync<'float32'>().slice());
    if (momenta) for (const [name, values] of this.optimizer.save()) arrays.set(name, values);
    return { json: { kind: 'supernet', generator: this.generator.kind, step: this.steps }, arrays };
  }

  /** Back to a snapshot, bit for bit. @throws InputError where it is of another network or generator */
  restore(snapshot: Snapshot): void {
    const { tf } = this.backend;
    const state = snapshotSchema.safeParse(snapshot.json);
    if (!state.success || state.data.generator !== this.generator.kind)
      throw new InputError(`the checkpoint is not one of the ${this.generator.kind} generator`);
    const slots = new Map([...snapshot.arrays].filter(([name]) => !name.startsWith('variable/')));
    for (const [name, { variable }] of this.generator.variables) {
      const values = snapshot.arrays.get(`variable/${name}`);
      if (values?.length !== variable.size)
        throw new InputError(
          `the checkpoint does not fit the network: ${name} has ${values?.length ?? 'no'} values`,
        );
      tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape)));
    }
    this.optimizer.restore(slots, (name) => this.generator.variables.get(name)!.variable.shape);
    this.steps = state.data.step;
  }

  dispose(): void {
    this.generator.dispose();
    this.optimizer.dispose();
  }
}
